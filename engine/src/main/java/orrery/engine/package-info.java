/**
 * Runs jobs over the tables: who works on what, when all pause, and what happens if somebody fails.
 *
 * <p>A {@link orrery.engine.Job} is a course of {@link orrery.engine.stage.Stage}s over a set of tables. Each stage has k
 * {@link orrery.engine.stage.Worker}s, started by a {@link orrery.engine.launch.Launcher}; the engine calls the
 * {@link orrery.engine.stage.Step} of each, clock after clock, and ticks. At a <i>cut</i> all workers have completed the same
 * clock and nothing is in flight: there the engine measures, decides, checkpoints and stops. {@link orrery.engine.stage.Run}
 * says how a job is run; what happens is reported as {@link orrery.engine.event.RunEvent}s.
 *
 * <p>Packages below this one, bottom up: {@code event}, {@code examples}, {@code keep} (checkpoints), {@code launch},
 * {@code stage}, {@code team} (the workers of a stage), {@code members} (those elsewhere). None uses one above it. Beside
 * them {@code schedule}: jobs that share machines.
 */
@NullMarked
package orrery.engine;

import org.jspecify.annotations.NullMarked;
