package orrery.engine;

import java.util.Map;
import orrery.table.Node;

/**
 * One step, run by all workers of a job, clock after clock.
 *
 * @param name names the stage in messages and checkpoints
 * @param clocks how many clocks each worker does; 0 or more
 * @param cutEvery all workers pause together after so many clocks, and at the end; at least 1
 * @param body makes a worker's step, on the worker's own thread
 * @param measure what is measured at each cut, beside what the workers have tallied
 */
public record Stage(String name, long clocks, long cutEvery, Body body, Measure measure) {
    public Stage {
        if (clocks < 0) {
            throw new IllegalArgumentException("stage '" + name + "' must have 0 clocks or more, got " + clocks);
        }
        if (cutEvery < 1) {
            throw new IllegalArgumentException(
                    "stage '" + name + "' must have 1 clock or more between cuts, got " + cutEvery);
        }
    }

    /** A stage without cuts but the last, and without measurements. */
    public Stage(String name, long clocks, Body body) {
        this(name, clocks, Math.max(1, clocks), body, (node, clock) -> Map.of());
    }

    /** Makes the step of a worker. */
    @FunctionalInterface
    public interface Body {
        Step open(Worker worker) throws Exception;
    }

    /** Measures at a cut, while no worker is at work. */
    @FunctionalInterface
    public interface Measure {
        /** Metric to value; {@code clock} clocks have been completed. */
        Map<String, Double> at(Node node, long clock) throws Exception;
    }
}
