package orrery.table;

import org.jspecify.annotations.Nullable;

/**
 * The updates of a table under Bsp: kept per worker until all have ticked, then applied stripe by stripe, in the order
 * of workers. So the values depend on the updates alone, never on who was first.
 */
final class StagedUpdates implements Clocks.Staged {
    private static final int WORTH_SHARING_CELLS = 1 << 17; // some 50 us of AdaGrad, several times a wake-up

    private final TableSpec spec;
    private final Shard shard;
    private final boolean isWorthSharing;
    private @Nullable Outbox[] floats = {};
    private @Nullable IntOutbox[] ints = {};
    private volatile boolean[] isStaged = {};

    StagedUpdates(TableSpec spec, Shard shard) {
        this.spec = spec;
        this.shard = shard;
        isWorthSharing = spec.layout() == TableSpec.Layout.SPARSE || spec.rows() * spec.width() >= WORTH_SHARING_CELLS;
    }

    void begin(int workers) {
        floats = new Outbox[workers];
        ints = new IntOutbox[workers];
        isStaged = new boolean[workers];
    }

    /** The worker's sealed outbox waits for its turn. Followed by the worker's tick, which publishes it. */
    void stage(int worker, Outbox outbox) {
        floats[worker] = outbox;
        isStaged[worker] = true;
    }

    void stage(int worker, IntOutbox outbox) {
        ints[worker] = outbox;
        isStaged[worker] = true;
    }

    /*
     * All that is staged is of one clock, age + 1: a worker that has staged something cannot touch the table again
     * before the age moves, because its next read or add waits for that.
     */
    @Override
    public @Nullable Work upTo(long clock) {
        boolean any = false;
        for (boolean staged : isStaged) {
            any |= staged;
        }
        if (any && isWorthSharing) {
            return new Work(shard.rows().stripes, this::apply);
        }
        if (any) { // sooner done than a thread is woken
            for (int stripe = 0; stripe < shard.rows().stripes; stripe++) {
                apply(stripe);
            }
            done();
        }
        return null;
    }

    private void apply(int stripe) {
        shard.locks().lock(stripe);
        try {
            for (int w = 0; w < isStaged.length; w++) {
                if (isStaged[w]) {
                    var outbox = floats[w];
                    if (outbox != null) {
                        outbox.apply(stripe);
                    }
                    var counts = ints[w];
                    if (counts != null) {
                        counts.apply(stripe);
                    }
                }
            }
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    @Override
    public void done() {
        for (int w = 0; w < isStaged.length; w++) {
            if (isStaged[w]) {
                isStaged[w] = false;
                var outbox = floats[w];
                if (outbox != null) {
                    outbox.clear();
                }
                var counts = ints[w];
                if (counts != null) {
                    counts.clear();
                }
            }
        }
    }

    @Override
    public String toString() {
        return "staged updates of table '" + spec.name() + "'";
    }
}
