/** How stale reads are, and how long they wait, under pulling and under pushing. */
@NullMarked
package orrery.bench.staleness;

import org.jspecify.annotations.NullMarked;
