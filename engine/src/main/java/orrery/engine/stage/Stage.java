package orrery.engine.stage;

/**
 * One step, run by some workers, clock after clock.
 *
 * @param name names the stage in messages and checkpoints
 * @param clocks how many clocks each worker does; 0 or more
 * @param cutEvery all workers pause together after so many clocks, and at the end; at least 1
 * @param body makes a worker's step, on the worker's own thread
 * @param atCut decides at each cut
 * @param parallelism how many workers, and on which members
 */
public record Stage(String name, long clocks, long cutEvery, Body body, AtCut atCut, Parallelism parallelism) {
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
    public Stage(String name, long clocks, long cutEvery, Body body, AtCut atCut) {
        this(name, clocks, cutEvery, body, atCut, Parallelism.OF_RUN);
    }

    /** A stage of all workers of the run that does all its clocks. */
    public Stage(String name, long clocks, long cutEvery, Body body) {
        this(name, clocks, cutEvery, body, cut -> Verdict.GO_ON);
    }

    /** A stage of all workers of the run, without cuts but the last. */
    public Stage(String name, long clocks, Body body) {
        this(name, clocks, Math.max(1, clocks), body);
    }

    /** The same with other workers. */
    public Stage with(Parallelism other) {
        return new Stage(name, clocks, cutEvery, body, atCut, other);
    }

    /** The same, over after so many clocks. */
    public Stage upTo(long end) {
        return new Stage(name, Math.min(end, clocks), cutEvery, body, atCut, parallelism);
    }

    /** The same under another name. */
    public Stage named(String other) {
        return new Stage(other, clocks, cutEvery, body, atCut, parallelism);
    }

    /** Makes the step of a worker. */
    @FunctionalInterface
    public interface Body {
        Step open(Worker worker) throws Exception;
    }

    /**
     * Decides at a cut, while no worker is at work. A pure function: what it has to remember is in the history of cuts or in
     * tables, never in its own fields, since a run that has lost a member goes back and comes to the same cut again.
     */
    @FunctionalInterface
    public interface AtCut {
        Verdict at(Cut cut) throws Exception;
    }
}
