package orrery.table.outbox;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Factors;
import orrery.table.cells.Finite;
import orrery.table.cells.FloatCells;
import orrery.table.cells.FloatShard;
import orrery.table.cells.Rows;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;

/**
 * An outbox with a cell for every cell of a dense table. Which rows were touched is kept per granule, a run of rows as
 * long as the rule allows: a byte store costs less than a bit, and long runs vectorise.
 */
public final class DenseOutbox extends Outbox {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** Runs shorter than this are not worth a loop that vectorises: AdaGrad on 20 cells at a time costs 10x as much a cell. */
    private static final int GRANULE_CELLS = 64;

    private static final int PIECE_CELLS = 1 << 13;
    private static final long MOST_BYTES = 64L << 20; // a larger table has a cell for what was touched only

    private final int width;
    private final Rows rows;
    private final float[] sum;
    private final byte[] touched; // by granule
    private final int granuleShift; // log2 of the rows of a granule
    private final int[] list; // the touched granules, as long as they are few
    private int listed; // how many there are; more than the list holds if they are many
    private boolean isEmpty = true;
    private boolean isRefused; // sealing found a value that is not finite, so nothing will be applied
    private boolean marks = true; // whether single cells mark their granule; if not, the tick goes over all
    private long cellsAdded; // by addScaled and addOuter, at this clock

    DenseOutbox(TableSpec spec, FloatShard shard) {
        super(spec, shard);
        width = spec.width();
        rows = shard.rows();
        sum = new float[Math.toIntExact(rows.slots() * width)];
        int shift = granuleShift(spec, rows);
        granuleShift = shift;
        touched = new byte[Math.toIntExact(((rows.slots() - 1) >>> shift) + 1)];
        list = new int[touched.length / 16 + 1];
    }

    @Override
    public void addRow(long row, float[] values, int at) {
        rows.check(row);
        isEmpty = false;
        long slot = rows.slot(row);
        mark((int) (slot >>> granuleShift));
        int start = (int) slot * width;
        for (int c = 0; c < width; c++) {
            sum[start + c] += values[at + c];
        }
    }

    @Override
    public void addCell(long row, int column, float value) {
        checkColumn(row, column);
        isEmpty = false;
        long slot = rows.slot(row);
        mark((int) (slot >>> granuleShift));
        sum[(int) slot * width + column] += value;
    }

    @Override
    public void addScaled(float scale, int[] at, float[] values, int from, int to) {
        checkWidth(1);
        isEmpty = false;
        cellsAdded += to - from;
        try {
            if (!rows.isNatural()) {
                addBySlot(scale, at, values, from, to);
            } else if (marks) {
                addAndMark(scale, at, values, from, to);
            } else {
                add(scale, at, values, from, to, sum);
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw explain(e, at, from, to);
        }
    }

    private void addAndMark(float scale, int[] at, float[] values, int from, int to) {
        var cells = sum;
        int shift = granuleShift;
        for (int k = from; k < to; k++) {
            int row = at[k];
            cells[row] += scale * values[k];
            mark(row >>> shift);
        }
    }

    private void addBySlot(float scale, int[] at, float[] values, int from, int to) {
        for (int k = from; k < to; k++) {
            int slot = (int) rows.slot(at[k]);
            sum[slot] += scale * values[k];
            mark(slot >>> granuleShift);
        }
    }

    private void mark(int granule) {
        if (touched[granule] == 0) {
            touched[granule] = 1;
            if (listed < list.length) {
                list[listed] = granule;
            }
            listed++;
        }
    }

    private static void add(float scale, int[] at, float[] values, int from, int to, float[] sum) {
        for (int k = from; k < to; k++) {
            sum[at[k]] += scale * values[k];
        }
    }

    @Override
    public void addOuter(int[] at, float[] x, int from, int to, float[] v) {
        checkWidth(v.length);
        isEmpty = false;
        cellsAdded += (long) (to - from) * width;
        try {
            for (int k = from; k < to; k++) {
                int slot = (int) rows.slot(at[k]);
                axpy(x[k], v, sum, slot * width, v.length);
                if (marks) {
                    mark(slot >>> granuleShift);
                }
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw explain(e, at, from, to);
        }
    }

    private static void axpy(float a, float[] x, float[] y, int start, int n) {
        for (int c = 0; c < n; c++) {
            y[start + c] += a * x[c];
        }
    }

    /** The arrays' own bounds are the check; this says it in terms of the table. */
    private RuntimeException explain(ArrayIndexOutOfBoundsException e, int[] at, int from, int to) {
        for (int k = Math.max(0, from); k < Math.min(to, at.length); k++) {
            rows.check(at[k]);
        }
        return e;
    }

    @Override
    public void addFactors(Factors factors) {
        isEmpty = false;
        if (rows.isNatural()) {
            factors.addRows(0, factors.rows(), sum, 0);
        } else {
            for (int r = 0; r < factors.rows(); r++) {
                factors.addRows(r, r + 1, sum, (int) rows.slot(r) * width);
            }
        }
        Arrays.fill(touched, (byte) 1);
        listed = touched.length;
    }

    @Override
    public boolean isEmpty() {
        return isEmpty;
    }

    @Override
    public void seal() {
        if (!marks) {
            Arrays.fill(touched, (byte) 1);
            listed = touched.length;
        }
        if (listed <= list.length) {
            Arrays.sort(list, 0, listed);
        }
        int end = touched.length;
        for (int start = next(0, end); start < end; ) {
            int stop = afterRun(start, end);
            int from = firstRow(start) * width;
            int to = firstRow(stop) * width;
            if (!Finite.all(sum, from, to)) {
                isRefused = true;
                int cell = Finite.firstNot(sum, from, to);
                throw new NonFiniteUpdateException(spec, rows.row(cell / width), cell % width, sum[cell]);
            }
            start = next(stop, end);
        }
    }

    private int firstRow(int granule) {
        return (int) Math.min(rows.slots(), (long) granule << granuleShift);
    }

    private int firstGranule(int block) {
        return (int) ((rows.blockStart(block) + (1L << granuleShift) - 1) >>> granuleShift);
    }

    @Override
    public boolean touches(int from, int to) {
        int end = firstGranule(to);
        return next(firstGranule(from), end) < end;
    }

    @Override
    public void apply(int from, int to) {
        int first = firstGranule(from);
        int end = firstGranule(to);
        for (int start = next(first, end); start < end; ) {
            int stop = afterRun(start, end);
            int step = Math.max(
                    1, (PIECE_CELLS / width) >>> granuleShift); // what was applied is still near when it is zeroed
            for (int piece = start; piece < stop; piece += step) {
                int pieceEnd = Math.min(stop, piece + step);
                shard.applyRange(firstRow(piece), firstRow(pieceEnd), sum);
                Arrays.fill(sum, firstRow(piece) * width, firstRow(pieceEnd) * width, 0);
            }
            Arrays.fill(touched, start, stop, (byte) 0);
            start = next(stop, end);
        }
    }

    @Override
    public void drain(int from, int to, Taker taker) {
        int first = firstGranule(from);
        int end = firstGranule(to);
        for (int start = next(first, end); start < end; ) {
            int stop = afterRun(start, end);
            for (int row = firstRow(start); row < firstRow(stop); row++) {
                if (rows.row(row) >= 0) {
                    taker.take(rows.row(row), sum, row * width);
                }
            }
            Arrays.fill(sum, firstRow(start) * width, firstRow(stop) * width, 0);
            Arrays.fill(touched, start, stop, (byte) 0);
            start = next(stop, end);
        }
    }

    @Override
    public Outbox another() {
        return new DenseOutbox(spec, shard);
    }

    @Override
    public boolean fitsInto(Sums sum) {
        return true; // values that are too great together are found when the sum is sealed
    }

    /** Run by run where the other's cells lie as these. */
    @Override
    public void addTo(Sums sums, int from, int to) {
        if (!(sums instanceof DenseOutbox into)) {
            super.addTo(sums, from, to);
            return;
        }
        int first = firstGranule(from);
        int end = firstGranule(to);
        for (int start = next(first, end); start < end; ) {
            int stop = afterRun(start, end);
            into.take(sum, start, stop);
            Arrays.fill(sum, firstRow(start) * width, firstRow(stop) * width, 0);
            Arrays.fill(touched, start, stop, (byte) 0);
            start = next(stop, end);
        }
    }

    private void take(float[] from, int start, int stop) {
        isEmpty = false;
        var into = sum;
        for (int i = firstRow(start) * width, end = firstRow(stop) * width; i < end; i++) {
            into[i] += from[i];
        }
        for (int granule = start; granule < stop; granule++) {
            mark(granule);
        }
    }

    /** Where most cells are zero and zeros are nothing, the others travel alone, each with its place. */
    @Override
    public void write(int from, int to, Sink sink) {
        write(from, to, sink, false);
    }

    @Override
    public void push(int from, int to, Sink sink) {
        write(from, to, sink, true);
    }

    private void write(int from, int to, Sink sink, boolean isForgotten) {
        int first = firstGranule(from);
        int end = firstGranule(to);
        int blockStart = (int) rows.blockStart(from) * width;
        for (int start = next(first, end); start < end; ) {
            int stop = afterRun(start, end);
            int begin = firstRow(start) * width;
            int until = firstRow(stop) * width;
            int nonZeros = spec.rule().ignoresZeros() ? nonZeros(begin, until) : until - begin;
            if (2 * nonZeros < until - begin) {
                sink.cells(from, blockStart, new FloatCells(sum), begin, until);
            } else {
                sink.run(from, firstRow(start), firstRow(stop), new FloatCells(sum), width);
            }
            if (isForgotten) {
                Arrays.fill(sum, begin, until, 0);
                Arrays.fill(touched, start, stop, (byte) 0);
            }
            start = next(stop, end);
        }
        sink.endCells(from);
    }

    private int nonZeros(int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += sum[i] != 0 ? 1 : 0;
        }
        return count;
    }

    @Override
    public long bytes() {
        return (long) Float.BYTES * Math.min(sum.length, ((long) listed << granuleShift) * width);
    }

    /** The first touched granule from {@code from} on, or {@code end}: by the list, or eight at a time. Sealed only. */
    private int next(int from, int end) {
        if (listed <= list.length) {
            int at = Arrays.binarySearch(list, 0, listed, from);
            at = at < 0 ? -at - 1 : at;
            return at < listed ? Math.min(list[at], end) : end;
        }
        int i = from;
        while (i < end && touched[i] == 0) {
            i = i + Long.BYTES <= end && (long) LONG.get(touched, i) == 0 ? i + Long.BYTES : i + 1;
        }
        return i;
    }

    private int afterRun(int from, int end) {
        int i = from + 1; // the first is touched
        while (i < end && touched[i] != 0) {
            i++;
        }
        return i;
    }

    @Override
    public void clear() {
        if (!isEmpty) {
            for (int granule = 0; isRefused && granule < touched.length; granule++) {
                if (touched[granule] != 0) {
                    Arrays.fill(sum, firstRow(granule) * width, firstRow(granule + 1) * width, 0);
                    touched[granule] = 0;
                }
            }
            isRefused = false;
            listed = 0;
            isEmpty = true;
            /*
             * A mark costs about as much as going over a cell at the tick. So where a clock adds more cells than the
             * table has, none is marked at the next, and the tick goes over all: to the rule, zeros are nothing.
             */
            marks = cellsAdded < sum.length || !spec.rule().ignoresZeros();
            cellsAdded = 0;
        }
    }

    /** One for a table that is not too large for it. */
    public static @Nullable DenseOutbox ifItFits(TableSpec spec, FloatShard shard) {
        return bytes(spec, shard.rows()) > 0 ? new DenseOutbox(spec, shard) : null;
    }

    /** Bytes that one for such a table takes; 0 if there would be none. */
    public static long bytes(TableSpec spec, Rows rows) {
        long sums = rows.slots() * spec.width() * Float.BYTES;
        boolean isByWideRows = spec.read() == TableSpec.Read.BY_KEY && spec.width() >= TableSpec.WIDE;
        if (spec.layout() == TableSpec.Layout.SPARSE || sums > MOST_BYTES || isByWideRows) {
            return 0; // wide rows: granules are of a few, of which some were not touched, and would be sent for nothing
        }
        long granules = rows.slots() >>> granuleShift(spec, rows);
        return sums + granules + granules / 16 * Integer.BYTES;
    }

    private static int granuleShift(TableSpec spec, Rows rows) {
        int shift = 0;
        while (spec.rule().ignoresZeros()
                && spec.width() << shift < GRANULE_CELLS
                && rows.blockStart(1) > 1L << shift) {
            shift++;
        }
        return shift;
    }
}
