package orrery.engine.examples;

import java.util.List;

/**
 * Which examples a worker takes at a clock: a pure function of (seed, stage, clock, worker, k), so that whoever repeats
 * a clock repeats it exactly. Each pass takes every example once, in an order of its own; the batches of a clock lie
 * side by side in that order.
 */
public sealed interface Partition permits SharedExamples, DividedExamples, OwnExamples {
    /**
     * Any worker takes any example.
     *
     * @param examples how many there are
     * @param batch examples per worker and clock
     * @param seed the run's seed
     * @param stage the stage's number
     */
    static Partition of(long examples, int batch, long seed, int stage) {
        return new SharedExamples(examples, batch, seed, stage);
    }

    /**
     * Any worker takes any example, and a clock takes as many, however many workers share them: so a stage can go on with
     * another number of workers, and no data moves.
     *
     * @param batch examples of all workers a clock
     */
    static Partition divided(long examples, long batch, long seed, int stage) {
        return new DividedExamples(examples, batch, seed, stage);
    }

    /**
     * Each worker has examples of its own, numbered on through all workers, and takes only these: for data that lie in
     * parts where the workers are.
     *
     * @param sizes by worker: how many it has
     */
    static Partition of(List<Long> sizes, int batch, long seed, int stage) {
        return new OwnExamples(sizes, batch, seed, stage);
    }

    /** Clocks in which {@code workers} workers take every example once; at least 1. */
    long clocksPerPass(int workers);

    /** First position of the worker's batch in the order of the pass. */
    long from(long clock, int worker, int workers);

    /** Position after the worker's batch. */
    long to(long clock, int worker, int workers);

    /** The worker's part of all examples. */
    default double share(int worker, int workers) {
        return 1.0 / workers;
    }

    /** The order, for one worker, of the pass that {@code clock} belongs to: the example that comes at a position. */
    Shuffle order(long clock, int worker, int workers);
}
