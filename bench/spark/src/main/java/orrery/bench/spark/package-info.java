/** Claims about Spark: against its own learners, and against averaging through its driver. */
@NullMarked
package orrery.bench.spark;

import org.jspecify.annotations.NullMarked;
