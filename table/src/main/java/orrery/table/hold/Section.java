package orrery.table.hold;

import java.util.ArrayList;
import java.util.List;
import orrery.table.cells.Finite;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntShard;
import orrery.table.cells.KeyedRows;
import orrery.table.cells.Shard;
import orrery.table.spec.TableSpec;
import orrery.wire.Frame;

/**
 * A piece of a push: updates of one stripe, as they came over the wire.
 *
 * @param kind whole rows, a run of rows, or single cells
 * @param keys the rows; of a run the first slot only; of cells none
 * @param cells of single cells where they are, counted from the stripe's first
 * @param floats the updates, empty if the table holds ints
 * @param ints the updates, empty if the table holds floats
 */
public record Section(int stripe, int kind, long[] keys, int[] cells, float[] floats, int[] ints) {
    /** Bytes before a section's content. */
    public static final int HEAD_BYTES = Integer.BYTES;

    private static final int COUNT_BITS = 22; // a frame holds fewer rows or cells

    /** Whole rows with their keys. */
    static final int ROWS = 0;

    /** Consecutive slots of a dense table. */
    static final int RUN = 1;

    /** Single cells of a dense table, as offsets into the stripe; the others are zero. */
    static final int CELLS = 2;

    /** Bytes before the rows of a run. */
    public static final int RUN_HEAD_BYTES = HEAD_BYTES + Long.BYTES;

    private static int head(int stripe, int kind, int count) {
        return (kind << 30) | stripe << COUNT_BITS | count;
    }

    /** Writes whole rows: {@code n} positions of {@code rows}, as sorted by stripe, from {@code from} on. */
    public static void writeRows(Frame to, int stripe, KeyedRows rows, int from, int n, Object values, int width) {
        to.putInt(head(stripe, ROWS, n));
        for (int k = from; k < from + n; k++) {
            to.putLong(rows.key(rows.sorted(k)));
        }
        for (int k = from; k < from + n; k++) {
            int at = rows.sorted(k) * width;
            if (values instanceof float[] floats) {
                to.putFloats(floats, at, width);
            } else {
                to.putInts((int[]) values, at, width);
            }
        }
    }

    /** Writes {@code n} consecutive rows from {@code slot} on, with the update of slot s at s * width. */
    public static void writeRun(Frame to, int stripe, int slot, int n, float[] values, int width) {
        to.putInt(head(stripe, RUN, n)).putLong(slot).putFloats(values, slot * width, n * width);
    }

    /** Writes {@code n} single cells from the {@code i}th on. */
    public static void writeCells(Frame to, int stripe, int[] cells, float[] changes, int i, int n) {
        to.putInt(head(stripe, CELLS, n)).putInts(cells, i, n).putFloats(changes, i, n);
    }

    /**
     * Reads the sections of a frame.
     *
     * @throws IndexOutOfBoundsException if the frame makes no sense
     */
    public static List<Section> read(Frame frame, Table table) {
        var sections = new ArrayList<Section>();
        while (frame.remaining() > 0) {
            sections.add(readOne(frame, table));
        }
        return sections;
    }

    private static Section readOne(Frame frame, Table table) {
        int head = frame.getInt();
        int kind = head >>> 30;
        int stripe = (head >>> COUNT_BITS) & 0xff;
        int count = head & ((1 << COUNT_BITS) - 1);
        var rows = table.shard.rows();
        int width = table.spec().width();
        if (stripe >= rows.stripes || kind > CELLS || (kind != ROWS && !rows.isDense)) {
            throw new IndexOutOfBoundsException(
                    "table '" + table.name() + "' has no stripe " + stripe + " with sections of kind " + kind);
        }
        boolean isInt = table.spec().type() == TableSpec.Type.INT;
        if (kind == CELLS) {
            var cells = frame.getInts(count);
            long most = (rows.stripeStart(stripe + 1) - rows.stripeStart(stripe)) * width;
            for (int cell : cells) {
                if (cell < 0 || cell >= most) {
                    throw new IndexOutOfBoundsException("stripe " + stripe + " of table '" + table.name() + "' has "
                            + most + " cells, not " + cell);
                }
            }
            return new Section(stripe, kind, new long[0], cells, finite(frame.getFloats(count), table), new int[0]);
        }
        var keys = frame.getLongs(kind == RUN ? 1 : count);
        for (long key : kind == RUN ? new long[0] : keys) {
            rows.check(key);
            if (rows.stripe(key) != stripe) {
                throw new IndexOutOfBoundsException("row " + key + " of table '" + table.name() + "' is of stripe "
                        + rows.stripe(key) + ", not " + stripe);
            }
        }
        if (kind == RUN
                && (count < 1
                        || keys[0] < rows.stripeStart(stripe)
                        || keys[0] > rows.stripeStart(stripe + 1) - count)) {
            throw new IndexOutOfBoundsException("a run of " + count + " rows from " + keys[0]
                    + " on goes beyond stripe " + stripe + " of table '" + table.name() + "'");
        }
        int n = Math.multiplyExact(count, width);
        return isInt
                ? new Section(stripe, kind, keys, new int[0], new float[0], frame.getInts(n))
                : new Section(stripe, kind, keys, new int[0], finite(frame.getFloats(n), table), new int[0]);
    }

    private static float[] finite(float[] values, Table table) {
        if (!Finite.all(values, 0, values.length)) {
            throw new IllegalArgumentException("an update of table '" + table.name() + "' is not finite");
        }
        return values;
    }

    /** Applies it; the caller holds the stripe's lock. */
    public void apply(Shard shard) {
        switch (shard) {
            case IntShard counts -> counts.add(keys, 0, keys.length, ints, 0);
            case FloatShard values -> {
                switch (kind) {
                    case RUN -> values.applyRun(keys[0], floats);
                    case CELLS -> values.applyCells(stripe, cells, floats);
                    default -> {
                        for (int i = 0, width = floats.length / Math.max(1, keys.length); i < keys.length; i++) {
                            values.apply(keys[i], floats, i * width);
                        }
                    }
                }
            }
        }
    }
}
