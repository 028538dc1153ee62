package orrery.engine.examples;

/** Any worker takes any example. */
record SharedExamples(long examples, int batch, long seed, int stage) implements Partition {
    SharedExamples {
        if (examples < 0) {
            throw new IllegalArgumentException("examples must be 0 or more, got " + examples);
        }
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be 1 or more, got " + batch);
        }
    }

    @Override
    public long clocksPerPass(int workers) {
        long perClock = (long) workers * batch;
        return Math.max(1, (examples + perClock - 1) / perClock);
    }

    @Override
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

    @Override
    public long to(long clock, int worker, int workers) {
        return Math.min(examples, from(clock, worker, workers) + share(start(clock, workers), workers));
    }

    @Override
    public Shuffle order(long clock, int worker, int workers) {
        return Shuffle.of(examples, seed, stage, clock / clocksPerPass(workers));
    }
}
