package orrery.engine;

/**
 * Which examples a worker takes at a clock: a pure function of (seed, stage, clock, worker, k), so that whoever repeats
 * a clock repeats it exactly. Each pass takes every example once, in an order of its own; the batches of a clock lie
 * side by side in that order.
 *
 * @param examples how many there are
 * @param batch examples per worker and clock
 * @param seed the run's seed
 * @param stage the stage's number
 */
public record Partition(long examples, int batch, long seed, int stage) {
    public Partition {
        if (examples < 0) {
            throw new IllegalArgumentException("examples must be 0 or more, got " + examples);
        }
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be 1 or more, got " + batch);
        }
    }

    /** Clocks in which {@code workers} workers take every example once; at least 1. */
    public long clocksPerPass(int workers) {
        long perClock = (long) workers * batch;
        return Math.max(1, (examples + perClock - 1) / perClock);
    }

    /** First position of the worker's batch in the order of the pass. */
    public long from(long clock, int worker, int workers) {
        long start = start(clock, workers);
        return Math.min(examples, start + worker * share(start, workers));
    }

    private long start(long clock, int workers) {
        return clock % clocksPerPass(workers) * workers * batch;
    }

    /** Examples per worker: a batch, at the last clock of a pass an even part of what is left. */
    private long share(long start, int workers) {
        return (Math.min(examples - start, (long) workers * batch) + workers - 1) / workers;
    }

    /** Position after the worker's batch. */
    public long to(long clock, int worker, int workers) {
        return Math.min(examples, from(clock, worker, workers) + share(start(clock, workers), workers));
    }

    /** The order of the pass that {@code clock} belongs to. */
    public Shuffle order(long clock, int workers) {
        return Shuffle.of(examples, seed, stage, clock / clocksPerPass(workers));
    }
}
