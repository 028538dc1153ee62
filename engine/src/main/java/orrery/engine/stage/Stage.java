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
 * @param stopEvery a job is stopped after a multiple of so many clocks: of a step that has something of its own in between,
 *     which neither the tables nor {@link orrery.table.worker.Session#localFloats} have
 */
public record Stage(
        String name, long clocks, long cutEvery, Body body, AtCut atCut, Parallelism parallelism, long stopEvery) {
    public Stage {
        if (clocks < 0) {
            throw new IllegalArgumentException("stage '" + name + "' must have 0 clocks or more, got " + clocks);
        }
        if (cutEvery < 1) {
            throw new IllegalArgumentException(
                    "stage '" + name + "' must have 1 clock or more between cuts, got " + cutEvery);
        }
        if (stopEvery < 1 || cutEvery % stopEvery != 0) {
            throw new IllegalArgumentException("stage '" + name + "' can be stopped every " + stopEvery
                    + " clocks, which must be 1 or more and go into the " + cutEvery + " clocks between cuts");
        }
    }

    /** A stage of all workers of the run. */
    public Stage(String name, long clocks, long cutEvery, Body body, AtCut atCut) {
        this(name, clocks, cutEvery, body, atCut, Parallelism.OF_RUN, 1);
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
        return new Stage(name, clocks, cutEvery, body, atCut, other, stopEvery);
    }

    /** The same, stopped only after a multiple of so many clocks. */
    public Stage stoppedEvery(long every) {
        return new Stage(name, clocks, cutEvery, body, atCut, parallelism, every);
    }

    /** The same, over after so many clocks. */
    public Stage upTo(long end) {
        return new Stage(name, Math.min(end, clocks), cutEvery, body, atCut, parallelism, stopEvery);
    }

    /** The same under another name. */
    public Stage named(String other) {
        return new Stage(other, clocks, cutEvery, body, atCut, parallelism, stopEvery);
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
