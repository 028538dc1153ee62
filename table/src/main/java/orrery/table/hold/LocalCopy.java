package orrery.table.hold;

import java.util.Arrays;
import java.util.function.LongSupplier;
import orrery.table.cells.BlockCopy;
import orrery.table.cells.Cells;
import orrery.table.cells.FloatCells;
import orrery.table.cells.FloatShard;
import orrery.table.outbox.Outbox;
import orrery.table.spec.Consistency;

/**
 * One worker's own copy of a table under {@link Consistency.Local}, with the state of the table's rule; the table itself
 * holds the average. Confined to the worker's thread.
 */
public final class LocalCopy {
    private static final long NONE = -1;

    private final Table table;
    private final Consistency.Local consistency;
    private final FloatShard shard;
    private long round = NONE; // the first clock of the one whose steps the copy has
    private boolean lacksAverage; // of that round, which is elsewhere since the copy was restored
    private double drift; // squares of the differences to the averages that followed, since it was asked for
    private double compared; // of so many cells

    /** @param age that the rule goes by: the worker's own last clock, since nobody else's steps are in the copy */
    public LocalCopy(Table table, Consistency.Local consistency, LongSupplier age) {
        this.table = table;
        this.consistency = consistency;
        shard = new FloatShard(table.spec().with(table.localRule()), age);
        shard.beginStage();
    }

    public FloatShard shard() {
        return shard;
    }

    /** Whether the copy is of the round that a clock belongs to; if not, {@link #begin}. */
    public boolean isOf(long clock) {
        return round == consistency.begin(clock);
    }

    /** Whether the average that the round began with has to be brought here. */
    public boolean lacksAverage() {
        return lacksAverage;
    }

    /** It is here. */
    public void averageIsHere() {
        lacksAverage = false;
    }

    public boolean endsAt(long clock) {
        return consistency.endsAt(clock);
    }

    /** Goes on from the average, all of which is side by side in this node. */
    public void begin(long clock) {
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
    public void apply(Outbox sealed) {
        if (sealed.touches(0, shard.rows().blocks)) {
            sealed.apply(0, shard.rows().blocks);
        }
        sealed.clear();
    }

    /** The steps of the round, as a change of the average, times the worker's share. */
    public void contribute(float share, Outbox to) {
        var rows = shard.rows();
        int width = table.spec().width();
        var average = table.floats().values();
        var mine = shard.values();
        var change = new float[width];
        int shift = shard.valueShift();
        int mask = (1 << shift) - 1;
        for (long slot = 0; slot < rows.slots(); slot++) {
            int array = (int) (slot >>> shift);
            int at = ((int) slot & mask) * width;
            boolean hasMoved = false;
            for (int c = 0; c < width; c++) {
                float difference = mine[array][at + c] - average[array][at + c];
                change[c] = share * difference;
                hasMoved |= difference != 0;
            }
            if (hasMoved) {
                to.addRow(rows.row(slot), change, 0);
            }
        }
    }

    /** The squares of how far copies were from the averages, and of how many cells; begun anew. */
    public double[] takeDrift() {
        var taken = new double[] {drift, compared};
        drift = 0;
        compared = 0;
        return taken;
    }

    // Keeping

    /** The first clock of the round that the copy is of, or -1. */
    public long round() {
        return round;
    }

    /** The copy and the planes of its rule, one after another, each row after row, whatever the order in which rows lie. */
    public float[] state() {
        var all = new FloatCells(Math.toIntExact(size()));
        for (int block = 0; block < shard.rows().blocks; block++) {
            var copy = shard.copy(block);
            forEachRow(copy, (plane, at, inState, width) -> plane.copyTo(all, at, inState, width));
        }
        return all.array();
    }

    /** Takes a state that was kept before {@code clock}, of a round that began at {@code ofRound}. */
    public void restore(float[] all, long ofRound, long clock) {
        if (all.length != size()) {
            throw new IllegalArgumentException("the kept copy of table '" + table.name() + "' has " + all.length
                    + " values, another number than the table's");
        }
        var state = new FloatCells(all);
        for (int block = 0; block < shard.rows().blocks; block++) {
            var copy = shard.copy(block);
            forEachRow(copy, (plane, at, inState, width) -> state.copyTo(plane, inState, at, width));
            shard.install(copy);
        }
        boolean isUnderWay = ofRound == consistency.begin(clock) && ofRound != clock;
        round = isUnderWay ? ofRound : NONE;
        lacksAverage = isUnderWay;
    }

    private long size() {
        return table.spec().rows() * Arrays.stream(planes()).asLongStream().sum();
    }

    /** Takes a row's cells of a plane: where they are in it, and where in the state. */
    @FunctionalInterface
    private interface Piece {
        void at(Cells plane, int at, int inState, int width);
    }

    private void forEachRow(BlockCopy copy, Piece piece) {
        var planes = planes();
        var rows = shard.rows();
        long first = rows.blockStart(copy.block());
        int count = (int) table.spec().rows();
        for (long slot = first; slot < rows.blockStart(copy.block() + 1); slot++) {
            long row = rows.row(slot);
            int base = 0;
            for (int p = 0; row >= 0 && p < planes.length; p++) {
                int width = planes[p];
                piece.at(copy.planes()[p], (int) (slot - first) * width, base + (int) row * width, width);
                base += width * count;
            }
        }
    }

    /** Widths of the values and of the rule's planes. */
    private int[] planes() {
        int width = table.spec().width();
        var state = table.localRule().planes();
        var widths = new int[1 + state.size()];
        widths[0] = width;
        for (int p = 0; p < state.size(); p++) {
            widths[p + 1] = state.get(p).width(width);
        }
        return widths;
    }
}
