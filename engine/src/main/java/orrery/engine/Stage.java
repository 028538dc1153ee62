package orrery.engine;

import java.util.Map;
import orrery.table.Node;

/**
 * One step, run by some workers, clock after clock.
 *
 * @param name names the stage in messages and checkpoints
 * @param clocks how many clocks each worker does; 0 or more
 * @param cutEvery all workers pause together after so many clocks, and at the end; at least 1
 * @param body makes a worker's step, on the worker's own thread
 * @param measure what is measured at each cut, beside what the workers have tallied
 * @param parallelism how many workers, and on which members
 */
public record Stage(String name, long clocks, long cutEvery, Body body, Measure measure, Parallelism parallelism) {
    public Stage {
        if (clocks < 0) {
            throw new IllegalArgumentException("stage '" + name + "' must have 0 clocks or more, got " + clocks);
        }
        if (cutEvery < 1) {
            throw new IllegalArgumentException(
                    "stage '" + name + "' must have 1 clock or more between cuts, got " + cutEvery);
        }
    }

    /** A stage of all workers of the run. */
    public Stage(String name, long clocks, long cutEvery, Body body, Measure measure) {
        this(name, clocks, cutEvery, body, measure, Parallelism.OF_RUN);
    }

    /** A stage of all workers of the run, without cuts but the last, and without measurements. */
    public Stage(String name, long clocks, Body body) {
        this(name, clocks, Math.max(1, clocks), body, (node, clock) -> Map.of());
    }

    /** The same with other workers. */
    public Stage with(Parallelism other) {
        return new Stage(name, clocks, cutEvery, body, measure, other);
    }

    /** The same, over after so many clocks. */
    Stage upTo(long end) {
        return new Stage(name, Math.min(end, clocks), cutEvery, body, measure, parallelism);
    }

    /** The same under another name. */
    public Stage named(String other) {
        return new Stage(other, clocks, cutEvery, body, measure, parallelism);
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
