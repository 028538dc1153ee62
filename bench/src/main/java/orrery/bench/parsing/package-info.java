/** How fast files are parsed. */
@NullMarked
package orrery.bench.parsing;

import org.jspecify.annotations.NullMarked;
