package orrery.engine.examples;

import java.util.List;

/**
 * Each worker takes its own examples. All have as many clocks a pass, by the worker that has most; a worker that has less
 * takes smaller batches, so that it is never idle while others learn.
 */
record OwnExamples(List<Long> sizes, int batch, long seed, int stage) implements Partition {
    OwnExamples {
        sizes = List.copyOf(sizes);
        for (long size : sizes) {
            if (size < 0) {
                throw new IllegalArgumentException("a worker's examples must be 0 or more, got " + size);
            }
        }
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be 1 or more, got " + batch);
        }
    }

    private void check(int workers) {
        if (workers != sizes.size()) {
            throw new IllegalArgumentException(
                    "the examples are those of " + sizes.size() + " workers, asked for one of " + workers);
        }
    }

    private long first(int worker) {
        long first = 0;
        for (int w = 0; w < worker; w++) {
            first += sizes.get(w);
        }
        return first;
    }

    @Override
    public long clocksPerPass(int workers) {
        check(workers);
        long most = sizes.stream().mapToLong(Long::longValue).max().orElse(0);
        return Math.max(1, (most + batch - 1) / batch);
    }

    @Override
    public long from(long clock, int worker, int workers) {
        long clocks = clocksPerPass(workers);
        return first(worker) + sizes.get(worker) * (clock % clocks) / clocks;
    }

    @Override
    public long to(long clock, int worker, int workers) {
        long clocks = clocksPerPass(workers);
        return first(worker) + sizes.get(worker) * (clock % clocks + 1) / clocks;
    }

    @Override
    public double share(int worker, int workers) {
        check(workers);
        long all = sizes.stream().mapToLong(Long::longValue).sum();
        return all == 0 ? 1.0 / workers : sizes.get(worker) / (double) all;
    }

    @Override
    public Shuffle order(long clock, int worker, int workers) {
        long pass = clock / clocksPerPass(workers);
        return Shuffle.of(sizes.get(worker), seed, stage, pass, worker).from(first(worker));
    }
}
