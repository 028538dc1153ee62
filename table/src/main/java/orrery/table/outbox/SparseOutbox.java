package orrery.table.outbox;

import java.util.Arrays;
import java.util.function.LongConsumer;
import orrery.table.cells.Factors;
import orrery.table.cells.Finite;
import orrery.table.cells.FloatCells;
import orrery.table.cells.FloatShard;
import orrery.table.cells.KeyedRows;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;

/** An outbox with memory only for the rows that were touched: for sparse tables, and dense ones too big for a copy. */
public final class SparseOutbox extends Outbox {
    private static final int MOST_CELLS = 1 << 28;

    private final int width;
    private final KeyedRows touched;
    private float[] sum;

    public SparseOutbox(TableSpec spec, FloatShard shard) {
        super(spec, shard);
        width = spec.width();
        touched = new KeyedRows(shard.rows());
        sum = new float[16 * width];
    }

    /** Where the row's sum starts. */
    private int start(long row) {
        int before = touched.size();
        int position = touched.position(row);
        int start = (int) Math.min((long) position * width, MOST_CELLS);
        if (position == before) {
            if (start + width > sum.length) {
                if (start + width > MOST_CELLS) {
                    throw new IllegalStateException("the outbox of table '" + spec.name() + "' has " + position
                            + " rows of " + width + " columns, as much as it may hold; tick more often");
                }
                sum = Arrays.copyOf(sum, Math.max(start + width, (int)
                        Math.min(2L * sum.length, Integer.MAX_VALUE - 8)));
            }
            Arrays.fill(sum, start, start + width, 0);
        }
        return start;
    }

    @Override
    public void addRow(long row, float[] values, int at) {
        int start = start(row);
        for (int c = 0; c < width; c++) {
            sum[start + c] += values[at + c];
        }
    }

    @Override
    public void addCell(long row, int column, float value) {
        checkColumn(row, column);
        int start = start(row);
        sum[start + column] += value;
    }

    @Override
    public void addScaled(float scale, int[] rows, float[] values, int from, int to) {
        checkWidth(1);
        for (int k = from; k < to; k++) {
            int start = start(rows[k]);
            sum[start] += scale * values[k];
        }
    }

    @Override
    public void addOuter(int[] rows, float[] x, int from, int to, float[] v) {
        checkWidth(v.length);
        for (int k = from; k < to; k++) {
            int start = start(rows[k]);
            for (int c = 0; c < width; c++) {
                sum[start + c] += x[k] * v[c];
            }
        }
    }

    @Override
    public void addFactors(Factors factors) {
        for (int r = 0; r < factors.rows(); r++) {
            int start = start(r);
            factors.addRows(r, r + 1, sum, start);
        }
    }

    @Override
    public boolean isEmpty() {
        return touched.size() == 0;
    }

    @Override
    public void forEachRow(LongConsumer action) {
        for (int i = 0; i < touched.size(); i++) {
            action.accept(touched.key(i));
        }
    }

    /** The rows that were touched. */
    public long[] keys() {
        var keys = new long[touched.size()];
        Arrays.setAll(keys, touched::key);
        return keys;
    }

    @Override
    public void seal() {
        int end = touched.size() * width;
        if (!Finite.all(sum, 0, end)) {
            int cell = Finite.firstNot(sum, 0, end);
            throw new NonFiniteUpdateException(spec, touched.key(cell / width), cell % width, sum[cell]);
        }
        touched.sortByBlock();
    }

    @Override
    public boolean touches(int from, int to) {
        return touched.from(from) < touched.from(to);
    }

    @Override
    public void apply(int from, int to) {
        for (int i = touched.from(from), end = touched.from(to); i < end; i++) {
            int position = touched.sorted(i);
            shard.apply(touched.key(position), sum, position * width);
        }
    }

    @Override
    public void drain(int from, int to, Taker taker) {
        for (int i = touched.from(from), end = touched.from(to); i < end; i++) {
            int position = touched.sorted(i);
            taker.take(touched.key(position), sum, position * width);
        }
    }

    @Override
    public boolean fitsInto(Sums sum) {
        return touched.fitsInto(((SparseOutbox) sum).touched, MOST_CELLS / width);
    }

    @Override
    public Outbox another() {
        return new SparseOutbox(spec, shard);
    }

    @Override
    public void write(int from, int to, Sink sink) {
        sink.rows(from, touched, touched.from(from), touched.from(to), new FloatCells(sum), width);
    }

    @Override
    public long bytes() {
        return touched.size() * (Long.BYTES + (long) Float.BYTES * width);
    }

    /** Adds {@code scale} times what is in here for a row. */
    public void overlay(long row, float scale, float[] into, int at) {
        int position = touched.find(row);
        for (int c = 0; position >= 0 && c < width; c++) {
            into[at + c] += scale * sum[position * width + c];
        }
    }

    @Override
    public void clear() {
        touched.clear();
    }
}
