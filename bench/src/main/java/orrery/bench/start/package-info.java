/** What a command costs besides its work. */
@NullMarked
package orrery.bench.start;

import org.jspecify.annotations.NullMarked;
