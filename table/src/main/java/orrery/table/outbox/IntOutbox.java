package orrery.table.outbox;

import java.util.Arrays;
import java.util.function.LongConsumer;
import orrery.table.cells.IntCells;
import orrery.table.cells.IntShard;
import orrery.table.cells.KeyedRows;
import orrery.table.spec.TableSpec;

/** What one worker will add to a table of counts at its next tick, where the consistency keeps it back until then. */
public final class IntOutbox extends Sums {
    private final IntShard shard;
    private final int width;
    private final KeyedRows touched;
    private int[] sum;

    public IntOutbox(TableSpec spec, IntShard shard) {
        this(shard, spec.width());
    }

    private IntOutbox(IntShard shard, int width) {
        this.shard = shard;
        this.width = width;
        touched = new KeyedRows(shard.rows());
        sum = new int[16 * width];
    }

    public void addRow(long row, int[] values, int at) {
        int before = touched.size();
        int position = touched.position(row);
        int start = Math.multiplyExact(position, width);
        if (position == before) {
            if (start + width > sum.length) {
                sum = Arrays.copyOf(sum, Math.max(start + width, (int)
                        Math.min(2L * sum.length, Integer.MAX_VALUE - 8)));
            }
            Arrays.fill(sum, start, start + width, 0);
        }
        for (int c = 0; c < width; c++) {
            sum[start + c] = Math.addExact(sum[start + c], values[at + c]);
        }
    }

    @Override
    public boolean isEmpty() {
        return touched.size() == 0;
    }

    /** Visits the rows that were added to. */
    public void forEachRow(LongConsumer action) {
        for (int i = 0; i < touched.size(); i++) {
            action.accept(touched.key(i));
        }
    }

    @Override
    public void seal() {
        touched.sortByBlock();
    }

    public void apply(int from, int to) {
        for (int i = touched.from(from), end = touched.from(to); i < end; i++) {
            int position = touched.sorted(i);
            shard.add(touched.key(position), sum, position * width);
        }
    }

    @Override
    public boolean touches(int from, int to) {
        return touched.from(from) < touched.from(to);
    }

    @Override
    public IntOutbox another() {
        return new IntOutbox(shard, width);
    }

    /** As counts add up exactly or not at all, while those of one worker may be made good by another's at the owner. */
    @Override
    public boolean fitsInto(Sums into) {
        var other = (IntOutbox) into;
        if (!touched.fitsInto(other.touched, Integer.MAX_VALUE / width)) {
            return false;
        }
        for (int i = 0; i < touched.size(); i++) {
            int position = other.touched.find(touched.key(i));
            for (int c = 0; position >= 0 && c < width; c++) {
                long sum = (long) this.sum[i * width + c] + other.sum[position * width + c];
                if (sum != (int) sum) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public void addTo(Sums other, int from, int to) {
        var into = (IntOutbox) other;
        for (int i = touched.from(from), end = touched.from(to); i < end; i++) {
            int position = touched.sorted(i);
            into.addRow(touched.key(position), sum, position * width);
        }
    }

    /** Where most cells are zero the others travel alone, each with its place. */
    @Override
    public void write(int from, int to, Sink sink) {
        var values = new IntCells(sum);
        int first = touched.from(from);
        int end = touched.from(to);
        if (!travelsByCells(from, to, first, end)) {
            sink.rows(from, touched, first, end, values, width);
            return;
        }
        var rows = shard.rows();
        for (int i = first; i < end; i++) {
            int position = touched.sorted(i);
            int place = (int) (rows.slot(touched.key(position)) - rows.blockStart(from)) * width;
            sink.cells(from, position * width - place, values, position * width, (position + 1) * width);
        }
        sink.endCells(from);
    }

    private boolean travelsByCells(int from, int to, int first, int end) {
        var rows = shard.rows();
        if (!rows.isDense || (rows.blockStart(to) - rows.blockStart(from)) * width > Integer.MAX_VALUE) {
            return false;
        }
        long nonZeros = 0;
        for (int i = first; i < end; i++) {
            for (int c = touched.sorted(i) * width, stop = c + width; c < stop; c++) {
                nonZeros += sum[c] != 0 ? 1 : 0;
            }
        }
        return 2 * Integer.BYTES * nonZeros < (end - first) * (Long.BYTES + (long) Integer.BYTES * width);
    }

    @Override
    public long bytes() {
        return touched.size() * (Long.BYTES + (long) Integer.BYTES * width);
    }

    /** Adds what is in here for a row. */
    public void overlay(long row, int[] into, int at) {
        int position = touched.find(row);
        for (int c = 0; position >= 0 && c < width; c++) {
            into[at + c] += sum[position * width + c];
        }
    }

    @Override
    public void clear() {
        touched.clear();
    }
}
