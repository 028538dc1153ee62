package orrery.table.worker;

import org.jspecify.annotations.Nullable;
import orrery.table.cells.FloatShard;
import orrery.table.cells.Rows;
import orrery.table.hold.Table;

/**
 * The rows of a dense table of floats as a worker may see them at its clock: no copy, read-only, valid until its tick.
 * Under Bsp the values stand still; otherwise newer ones may appear in it. Confined to the worker's thread.
 *
 * <p>A view of {@link Slots} takes places where others take row numbers.
 */
public final class View {
    private final Table table;
    private final float[][] blocks;
    private final int width;
    private final int shift;
    private final int mask;
    private final long from;
    private final long to;
    private final Rows rows;
    private final boolean takesPlaces; // not rows
    private boolean isOpen = true;

    /** A view of rows {@code from} to {@code to}. */
    public View(Table table, @Nullable FloatShard local, long from, long to) {
        this(
                table,
                local,
                from,
                to,
                table.shard.rows().count,
                table.shard.rows().isNatural());
    }

    /** A view of rows that were resolved. */
    public View(Slots slots, @Nullable FloatShard local) {
        this(
                slots.table(),
                local,
                0,
                slots.table().shard.rows().slots(),
                slots.table().shard.rows().slots(),
                true);
    }

    private View(Table table, @Nullable FloatShard local, long from, long to, long count, boolean takesPlaces) {
        var shard = local == null ? table.floats() : local;
        if (!shard.rows().isDense) {
            throw new IllegalArgumentException(
                    "table '" + table.name() + "' is sparse and has no ranges to view; gather its keys");
        }
        if (from < 0 || to < from || to > count) {
            throw new IndexOutOfBoundsException("table '" + table.name() + "' has rows 0 to " + (count - 1)
                    + ", asked for a view of " + from + " to " + (to - 1));
        }
        this.table = table;
        this.takesPlaces = takesPlaces;
        rows = shard.rows();
        this.from = from;
        this.to = to;
        blocks = shard.values();
        width = table.spec().width();
        shift = shard.valueShift();
        mask = (1 << shift) - 1;
    }

    /** Opens or closes; a session keeps its view and opens it for each clock. */
    View open(boolean open) {
        isOpen = open;
        return this;
    }

    long from() {
        return from;
    }

    long to() {
        return to;
    }

    public int width() {
        return width;
    }

    private void check() {
        if (!isOpen) {
            throw new IllegalStateException(
                    "a view of table '" + table.name() + "' was read after its tick; take a new one at each clock");
        }
    }

    /** The place of a row that is checked. */
    private long place(long row) {
        check();
        if (row < from || row >= to) {
            throw outside(row);
        }
        return takesPlaces ? row : rows.slot(row);
    }

    private void checkKernel() {
        check();
        if (!takesPlaces) {
            throw new IllegalStateException("rows of table '" + table.name()
                    + "' lie as a plan says, not by their numbers; resolve them by Session.slots and view those");
        }
    }

    private IndexOutOfBoundsException outside(long row) {
        return new IndexOutOfBoundsException("a view of rows " + from + " to " + (to - 1) + " of table '" + table.name()
                + "' was asked for row " + row);
    }

    public float get(long row, int column) {
        long at = place(row);
        if (column < 0 || column >= width) {
            throw new IndexOutOfBoundsException(
                    "table '" + table.name() + "' has columns 0 to " + (width - 1) + ", asked for column " + column);
        }
        return blocks[(int) (at >>> shift)][((int) at & mask) * width + column];
    }

    /** Copies one row to {@code out}, from {@code at} on. */
    public void copyRow(long row, float[] out, int at) {
        long place = place(row);
        System.arraycopy(blocks[(int) (place >>> shift)], ((int) place & mask) * width, out, at, width);
    }

    /** Sum of {@code values[k] * row rows[k]}, k from {@code begin} to {@code end}; width 1. */
    public float dot(int[] rows, float[] values, int begin, int end) {
        checkKernel();
        if (width != 1) {
            throw new IllegalArgumentException("table '" + table.name() + "' has " + width + " columns, dot needs 1");
        }
        try {
            return blocks.length == 1
                    ? dot(blocks[0], rows, values, begin, end)
                    : dotOverBlocks(rows, values, begin, end);
        } catch (ArrayIndexOutOfBoundsException e) {
            throw explain(e, rows, begin, end);
        }
    }

    /** The same of weights that are side by side. */
    public static float dot(float[] w, int[] rows, float[] values, int begin, int end) {
        float a = 0, b = 0, c = 0, d = 0; // four sums: the additions of one would wait for each other
        int k = begin;
        for (; k + 3 < end; k += 4) {
            a += w[rows[k]] * values[k];
            b += w[rows[k + 1]] * values[k + 1];
            c += w[rows[k + 2]] * values[k + 2];
            d += w[rows[k + 3]] * values[k + 3];
        }
        for (; k < end; k++) {
            a += w[rows[k]] * values[k];
        }
        return (a + b) + (c + d);
    }

    private float dotOverBlocks(int[] rows, float[] values, int begin, int end) {
        float a = 0, b = 0;
        int k = begin;
        for (; k + 1 < end; k += 2) {
            a += blocks[rows[k] >>> shift][rows[k] & mask] * values[k];
            b += blocks[rows[k + 1] >>> shift][rows[k + 1] & mask] * values[k + 1];
        }
        if (k < end) {
            a += blocks[rows[k] >>> shift][rows[k] & mask] * values[k];
        }
        return a + b;
    }

    /** Adds the sum of {@code values[k] * row rows[k]} to {@code into}, k from {@code begin} to {@code end}. */
    public void addRowsTo(float[] into, int[] rows, float[] values, int begin, int end) {
        checkKernel();
        if (into.length != width) {
            throw new IllegalArgumentException("table '" + table.name() + "' has " + width
                    + " columns, the sum of its rows was to go to " + into.length);
        }
        try {
            if (blocks.length == 1) {
                addRows(into, blocks[0], rows, values, begin, end);
                return;
            }
            for (int k = begin; k < end; k++) {
                axpy(values[k], blocks[rows[k] >>> shift], (rows[k] & mask) * width, into, into.length);
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw explain(e, rows, begin, end);
        }
    }

    private static void addRows(float[] into, float[] block, int[] rows, float[] values, int begin, int end) {
        int width = into.length;
        for (int k = begin; k < end; k++) {
            axpy(values[k], block, rows[k] * width, into, width);
        }
    }

    private static void axpy(float a, float[] x, int start, float[] y, int n) {
        for (int c = 0; c < n; c++) {
            y[c] += a * x[start + c];
        }
    }

    /**
     * Sums of cells, many at a time: {@code out[at + i]} becomes the sum of the cells of {@code rows[starts[i]]} to
     * {@code rows[starts[i + 1] - 1]}, i from {@code from} to {@code to}; width 1. A product with a matrix of ones in
     * compressed rows.
     */
    public void sums(int[] rows, int[] starts, int from, int to, float[] out, int at) {
        checkKernel();
        if (width != 1) {
            throw new IllegalArgumentException("table '" + table.name() + "' has " + width + " columns, sums needs 1");
        }
        if (starts[from] < 0 || starts[to] > rows.length) {
            throw new IndexOutOfBoundsException(
                    "sums of rows " + starts[from] + " to " + starts[to] + ", of " + rows.length);
        }
        try {
            if (blocks.length == 1) {
                sums(blocks[0], rows, starts, from, to, out, at);
            } else {
                for (int i = from; i < to; i++) {
                    float sum = 0;
                    for (int k = starts[i]; k < starts[i + 1]; k++) {
                        sum += blocks[rows[k] >>> shift][rows[k] & mask];
                    }
                    out[at + i] = sum;
                }
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw explain(e, rows, starts[from], starts[to]);
        }
    }

    private static void sums(float[] cells, int[] rows, int[] starts, int from, int to, float[] out, int at) {
        int k = starts[from];
        for (int i = from; i < to; i++) {
            int end = starts[i + 1];
            float a = 0, b = 0, c = 0, d = 0; // four sums: the additions of one would wait for each other
            for (; k + 3 < end; k += 4) {
                a += cells[rows[k]];
                b += cells[rows[k + 1]];
                c += cells[rows[k + 2]];
                d += cells[rows[k + 3]];
            }
            for (; k < end; k++) {
                a += cells[rows[k]];
            }
            out[at + i] = (a + b) + (c + d);
        }
    }

    /** The arrays' own bounds are the check; this says it in terms of the table. */
    private RuntimeException explain(ArrayIndexOutOfBoundsException e, int[] rows, int begin, int end) {
        for (int k = Math.max(0, begin); k < Math.min(end, rows.length); k++) {
            if (rows[k] < from || rows[k] >= to) {
                return outside(rows[k]);
            }
        }
        return e;
    }
}
