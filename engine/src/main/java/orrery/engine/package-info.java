/**
 * Runs jobs over the tables: who works on what, when all pause, and what happens if somebody fails.
 *
 * <p>A {@link orrery.engine.Job} is a sequence of {@link orrery.engine.Stage}s over a set of tables. Each stage has k
 * {@link orrery.engine.Worker}s, started by a {@link orrery.engine.Launcher}; the engine calls the
 * {@link orrery.engine.Step} of each, clock after clock, and ticks. At a <i>cut</i> all workers have completed the same
 * clock and nothing is in flight: there the engine measures, checkpoints and stops. {@link orrery.engine.Run} says how a
 * job is run; what happens is told as {@link orrery.engine.RunEvent}s.
 */
@NullMarked
package orrery.engine;

import org.jspecify.annotations.NullMarked;
