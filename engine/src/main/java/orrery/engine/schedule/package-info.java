/**
 * Which task gets which slots of a shared cluster. A {@link orrery.engine.schedule.Scheduler} is a pure function of what
 * there is, so that the same object drives a {@link orrery.engine.schedule.Simulation} in virtual time and a {@link
 * orrery.engine.schedule.Pool} of real jobs, and what it has decided can be looked at again.
 */
@NullMarked
package orrery.engine.schedule;

import org.jspecify.annotations.NullMarked;
