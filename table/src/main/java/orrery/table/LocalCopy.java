package orrery.table;

/**
 * One worker's own copy of a table under {@link Consistency.Local}, with the state of the table's rule; the table itself
 * holds the average. Confined to the worker's thread.
 */
final class LocalCopy {
    private static final long NONE = -1;

    private final Table table;
    private final Consistency.Local consistency;
    private final FloatShard shard;
    private long round = NONE; // the first clock of the one whose steps the copy has
    private double drift; // squares of the differences to the averages that followed, since it was asked for
    private double compared; // of so many cells

    LocalCopy(Table table, Consistency.Local consistency) {
        this.table = table;
        this.consistency = consistency;
        shard = new FloatShard(table.spec().with(table.localRule()), table.clocks::age);
    }

    FloatShard shard() {
        return shard;
    }

    /** Whether the copy is of the round that a clock belongs to; if not, {@link #begin}. */
    boolean isOf(long clock) {
        return round == consistency.begin(clock);
    }

    boolean endsAt(long clock) {
        return consistency.endsAt(clock);
    }

    /** Goes on from the average, which is all in this node's array. */
    void begin(long clock) {
        var average = table.floats().values();
        var mine = shard.values();
        for (int b = 0; b < mine.length; b++) {
            if (round != NONE) {
                drift += squares(mine[b], average[b]);
                compared += mine[b].length;
            }
            System.arraycopy(average[b], 0, mine[b], 0, mine[b].length);
        }
        round = consistency.begin(clock);
    }

    private static double squares(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double d = a[i] - b[i];
            sum += d * d;
        }
        return sum;
    }

    /** A step: what the worker has added at a clock. */
    void apply(Outbox sealed) {
        for (int stripe = 0; stripe < shard.rows().stripes; stripe++) {
            if (sealed.touches(stripe)) {
                sealed.apply(stripe);
            }
        }
        sealed.clear();
    }

    /** The steps of the round, as a change of the average, times the worker's share. */
    void contribute(float share, Outbox to) {
        var rows = shard.rows();
        int width = table.spec().width();
        var average = table.floats().values();
        var mine = shard.values();
        var change = new float[width];
        int mask = (1 << rows.blockShift) - 1;
        for (long slot = 0; slot < rows.slots(); slot++) {
            int block = (int) (slot >>> rows.blockShift);
            int at = ((int) slot & mask) * width;
            boolean hasMoved = false;
            for (int c = 0; c < width; c++) {
                float difference = mine[block][at + c] - average[block][at + c];
                change[c] = share * difference;
                hasMoved |= difference != 0;
            }
            if (hasMoved) {
                to.addRow(rows.row(slot), change, 0);
            }
        }
    }

    /** The squares of how far copies were from the averages, and of how many cells; begun anew. */
    double[] takeDrift() {
        var taken = new double[] {drift, compared};
        drift = 0;
        compared = 0;
        return taken;
    }

    // Keeping

    /** The state, to be kept with the worker's other state: the copy and the planes of its rule, one after another. */
    float[] state() {
        int size = 0;
        for (int stripe = 0; stripe < shard.rows().stripes; stripe++) {
            for (var plane : shard.copy(stripe).floats()) {
                size += plane.length;
            }
        }
        var all = new float[size];
        int at = 0;
        for (int stripe = 0; stripe < shard.rows().stripes; stripe++) {
            for (var plane : shard.copy(stripe).floats()) {
                System.arraycopy(plane, 0, all, at, plane.length);
                at += plane.length;
            }
        }
        return all;
    }

    /** Takes a state that was kept after the clocks before {@code clock}. */
    void restore(float[] all, long clock) {
        int at = 0;
        for (int stripe = 0; stripe < shard.rows().stripes; stripe++) {
            var like = shard.copy(stripe);
            for (var plane : like.floats()) {
                if (at + plane.length > all.length) {
                    throw new IllegalArgumentException("the kept copy of table '" + table.name() + "' is cut short");
                }
                System.arraycopy(all, at, plane, 0, plane.length);
                at += plane.length;
            }
            shard.install(like);
        }
        round = consistency.begin(clock) == clock ? NONE : consistency.begin(clock);
    }
}
