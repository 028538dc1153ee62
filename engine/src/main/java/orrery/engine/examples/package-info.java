/** Which examples a worker takes at a clock: a {@link Partition}, a pure function of seed, stage, clock and worker. */
@NullMarked
package orrery.engine.examples;

import org.jspecify.annotations.NullMarked;
