/** What it is worth to know what an iteration touches. */
@NullMarked
package orrery.bench.informed;

import org.jspecify.annotations.NullMarked;
