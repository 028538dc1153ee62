/** Nets that many members train over slow links: computation is emulated, tables, messages and their order are real. */
@NullMarked
package orrery.bench.poseidon;

import org.jspecify.annotations.NullMarked;
