package orrery.engine.examples;

/** Any worker takes any example, and all together take a batch: how many they are changes neither a clock nor a pass. */
record DividedExamples(long examples, long batch, long seed, int stage) implements Partition {
    DividedExamples {
        if (examples < 0) {
            throw new IllegalArgumentException("examples must be 0 or more, got " + examples);
        }
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be 1 or more, got " + batch);
        }
    }

    @Override
    public long clocksPerPass(int workers) {
        return Math.max(1, (examples + batch - 1) / batch);
    }

    @Override
    public long from(long clock, int worker, int workers) {
        long start = clock % clocksPerPass(workers) * batch;
        return start + Math.min(batch, examples - start) * worker / workers;
    }

    @Override
    public long to(long clock, int worker, int workers) {
        return from(clock, worker + 1, workers);
    }

    @Override
    public Shuffle order(long clock, int worker, int workers) {
        return Shuffle.of(examples, seed, stage, clock / clocksPerPass(workers));
    }
}
