package orrery.table.cells;

import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.wire.Frame;

/**
 * The cells of a table of floats. Writers hold the lock of the stripe; readers hold nothing: they acquire the table's
 * age, after which every update up to that age is visible, and then read plainly (floats do not tear).
 */
public final class FloatShard implements Shard {
    private final TableSpec spec;
    private final Rows rows;
    private final StripeLocks locks;
    private final Kernel kernel;
    private final int width;
    private volatile FloatBlock[] blocks;
    private volatile float[][] values; // blocks[i].values(), one step nearer
    private @Nullable Changes changes; // where other nodes have replicas
    private @Nullable RowVersions versions; // where they are told of rows of a sparse table

    public FloatShard(TableSpec spec, LongSupplier age) {
        this.spec = spec;
        width = spec.width();
        rows = new Rows(spec);
        locks = new StripeLocks(rows.stripes);
        kernel = Kernel.of(spec.rule(), width, age);
        blocks = new FloatBlock[rows.blocks()];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = FloatBlock.of(rows.rowsInBlock(b), width, spec.rule().planes());
            fill(b, blocks[b].values());
        }
        values = valuesOf(blocks);
    }

    private void fill(int block, float[] values) {
        long first = (long) block << rows.blockShift;
        int count = rows.rowsInBlock(block);
        if (rows.isNatural()) {
            spec.init().fill(first, count, width, values, 0);
            return;
        }
        for (int i = 0; i < count; i++) {
            long row = rows.row(first + i);
            if (row >= 0) {
                spec.init().fill(row, 1, width, values, i * width);
            }
        }
    }

    private static float[][] valuesOf(FloatBlock[] blocks) {
        var values = new float[blocks.length][];
        Arrays.setAll(values, i -> blocks[i].values());
        return values;
    }

    @Override
    public Rows rows() {
        return rows;
    }

    @Override
    public StripeLocks locks() {
        return locks;
    }

    /** The values, block by block: row r is at {@code [r >>> blockShift][(r & mask) * width]}. */
    public float[][] values() {
        return values;
    }

    /** Keeps account of what changes, from now on. Only while nobody uses it. */
    public Changes watch() {
        var now = changes;
        if (now == null) {
            now = new Changes(rows, locks, width);
            changes = now;
        }
        return now;
    }

    private void changing(long from, long to) {
        var watching = changes;
        if (watching != null) {
            watching.mark(from, to);
        }
    }

    private void changingRow(long key, long slot) {
        var single = versions;
        if (single != null) {
            single.mark(key, slot);
        } else {
            changing(slot, slot + 1);
        }
    }

    @Override
    public void watchRows() {
        if (rows.isDense) {
            watch();
        } else if (versions == null) {
            versions = new RowVersions(rows, locks);
        }
    }

    @Override
    public boolean hasChanged(long key, int since) {
        long slot = rows.slot(key);
        var single = versions;
        return single == null ? watch().nextRow(slot, slot + 1, since) == slot : single.hasChanged(slot, since);
    }

    // Reading

    /** Copies the rows of {@code keys[from..to)} to {@code out}, from {@code at} on. */
    public void gather(long[] keys, int from, int to, float[] out, int at) {
        var cells = values;
        if (width == 1 && rows.isDense && rows.isNatural() && cells.length == 1) {
            rows.stripesOf(keys, from, to); // which checks them
            gatherCells(cells[0], keys, from, to, out, at);
        } else {
            for (int i = from; i < to; i++, at += width) {
                read(keys[i], out, at);
            }
        }
    }

    private static void gatherCells(float[] cells, long[] keys, int from, int to, float[] out, int at) {
        int shift = at - from;
        for (int i = from; i < to; i++) {
            out[i + shift] = cells[(int) keys[i]];
        }
    }

    /** Copies one row; one that was never written has its first values. */
    public void read(long key, float[] out, int at) {
        rows.check(key);
        long slot = rows.slot(key);
        if (slot < 0) {
            spec.init().fill(key, 1, width, out, at);
        } else {
            var block = values[(int) (slot >>> rows.blockShift)];
            int start = (int) (slot & ((1 << rows.blockShift) - 1)) * width;
            System.arraycopy(block, start, out, at, width);
        }
    }

    // Writing. The caller holds the locks of the stripes.

    /** Adds {@code scale} times the given rows; for rules that may be applied in parts. */
    public void addScaled(long[] keys, int from, int to, float[] by, int at, float scale) {
        var now = values;
        if (width == 1 && rows.isDense && rows.isNatural() && now.length == 1 && changes == null) {
            var cells = now[0];
            int shift = at - from;
            for (int i = from; i < to; i++) {
                cells[(int) keys[i]] += scale * by[i + shift];
            }
        } else {
            for (int i = from; i < to; i++, at += width) {
                addRow(keys[i], by, at, scale);
            }
        }
    }

    /** Adds {@code scale} times one row. */
    public void addRow(long key, float[] by, int at, float scale) {
        long slot = claim(key);
        changingRow(key, slot);
        var block = values[(int) (slot >>> rows.blockShift)];
        int start = (int) (slot & ((1 << rows.blockShift) - 1)) * width;
        for (int c = 0; c < width; c++) {
            block[start + c] += scale * by[at + c];
        }
    }

    /** Adds {@code by} to one cell. */
    public void addCell(long key, int column, float by) {
        long slot = claim(key);
        changingRow(key, slot);
        values[(int) (slot >>> rows.blockShift)][(int) (slot & ((1 << rows.blockShift) - 1)) * width + column] += by;
    }

    /** Applies the rule to one row. */
    public void apply(long key, float[] update, int at) {
        long slot = claim(key);
        changingRow(key, slot);
        applySlot(slot, update, at);
    }

    private void applySlot(long slot, float[] update, int at) {
        int row = (int) (slot & ((1 << rows.blockShift) - 1));
        kernel.apply(blocks[(int) (slot >>> rows.blockShift)], row, 1, update, at);
    }

    /** Applies the rule to slots {@code from} to {@code to} of a dense table; the update of slot s is at {@code s * width}. */
    public void applyRange(long from, long to, float[] update) {
        changing(from, to);
        while (from < to) {
            int block = (int) (from >>> rows.blockShift);
            long end = Math.min(to, (long) (block + 1) << rows.blockShift);
            int row = (int) (from & ((1 << rows.blockShift) - 1));
            kernel.apply(blocks[block], row, (int) (end - from), update, (int) (from * width));
            from = end;
        }
    }

    /** Applies the rule to slots {@code row} and following of a dense table, whose updates lie in {@code update} alone. */
    public void applyRun(long row, float[] update) {
        int count = update.length / width;
        changing(row, row + count);
        for (int done = 0; done < count; ) {
            long at = row + done;
            int within = (int) (at & ((1 << rows.blockShift) - 1));
            int n = Math.min(count - done, (1 << rows.blockShift) - within);
            kernel.apply(blocks[(int) (at >>> rows.blockShift)], within, n, update, done * width);
            done += n;
        }
    }

    /**
     * Applies the rule to single cells of a dense table's stripe, given as ascending offsets from its first; the rule
     * leaves the other cells as they are, whatever it is told of them.
     */
    public void applyCells(int stripe, int[] cells, float[] updates) {
        var row = new float[width];
        long first = rows.stripeStart(stripe);
        for (int i = 0; i < cells.length; ) {
            int at = cells[i] / width;
            for (; i < cells.length && cells[i] / width == at; i++) {
                row[cells[i] % width] = updates[i];
            }
            changing(first + at, first + at + 1);
            applySlot(first + at, row, 0);
            Arrays.fill(row, 0);
        }
    }

    private long claim(long key) {
        long slot = rows.slot(key);
        return slot >= 0 ? slot : create(key);
    }

    private int create(long key) {
        int slot = rows.newSlot();
        var block = block(slot >>> rows.blockShift);
        int row = slot & ((1 << rows.blockShift) - 1);
        spec.init().fill(key, 1, width, block.values(), row * width);
        for (var plane : block.planes()) { // another row may have had the slot
            int planeWidth = plane.length >> rows.blockShift;
            Arrays.fill(plane, row * planeWidth, (row + 1) * planeWidth, 0);
        }
        rows.enter(key, slot);
        changingRow(key, slot); // or it would have the mark of the row before
        return slot;
    }

    private FloatBlock block(int block) {
        var now = blocks;
        return block < now.length ? now[block] : grow(block);
    }

    private synchronized FloatBlock grow(int block) {
        while (blocks.length <= block) {
            var more = Arrays.copyOf(blocks, blocks.length + 1);
            more[blocks.length] =
                    FloatBlock.of(1 << rows.blockShift, width, spec.rule().planes());
            values = valuesOf(more);
            blocks = more;
        }
        return blocks[block];
    }

    @Override
    public void beginStage() {
        if (spec.rule().base() instanceof UpdateRule.AdaRevision) {
            for (var block : blocks) {
                Arrays.fill(block.planes()[Kernel.EPOCH], -1); // an epoch that never is
            }
        }
    }

    // Keeping

    @Override
    public long bytes() {
        long cells = 0;
        for (var block : blocks) {
            cells += block.values().length;
            for (var plane : block.planes()) {
                cells += plane.length;
            }
        }
        return cells * Float.BYTES;
    }

    @Override
    public int planes() {
        return 1 + spec.rule().planes().size();
    }

    private int width(int plane) {
        return plane == 0 ? width : spec.rule().planes().get(plane - 1).width(width);
    }

    private static float[] cells(FloatBlock block, int plane) {
        return plane == 0 ? block.values() : block.planes()[plane - 1];
    }

    @Override
    public int cells(int stripe, int plane) {
        return Math.multiplyExact(rows.resident(stripe), width(plane));
    }

    @Override
    public void put(Frame to, int stripe, int plane, int at, int count) {
        var now = blocks;
        rows.forEachCells(rows.stripeStart(stripe), width(plane), at, count, (block, cell, done, n) -> {
            to.putFloats(cells(now[block], plane), cell, n);
        });
    }

    @Override
    public void take(Frame from, int stripe, int plane, int at, int count) {
        int w = width(plane);
        long first = rows.stripeStart(stripe);
        changing(first + at / w, first + (at + count + w - 1) / w);
        var now = blocks;
        rows.forEachCells(first, w, at, count, (block, cell, done, n) -> {
            from.getFloats(cells(now[block], plane), cell, n);
        });
    }

    @Override
    public StripeCopy copy(int stripe) {
        var now = blocks;
        var floats = new float[planes()][];
        for (int p = 0; p < floats.length; p++) {
            floats[p] = new float[cells(stripe, p)];
        }
        var keys = rows.isDense ? new long[0] : rows.keys(stripe);
        rows.forEachRun(stripe, keys, (block, row, at, n) -> {
            for (int p = 0; p < floats.length; p++) {
                int w = width(p);
                System.arraycopy(cells(now[block], p), row * w, floats[p], at * w, n * w);
            }
        });
        return new StripeCopy(stripe, keys, floats, new int[0]);
    }

    @Override
    public void install(StripeCopy copy) {
        if (rows.isDense) {
            changing(rows.stripeStart(copy.stripe()), rows.stripeStart(copy.stripe() + 1));
        }
        for (long key : copy.keys()) {
            create(key);
        }
        var now = blocks;
        rows.forEachRun(copy.stripe(), copy.keys(), (block, row, at, n) -> {
            for (int p = 0; p < planes(); p++) {
                int w = width(p);
                System.arraycopy(copy.floats()[p], at * w, cells(now[block], p), row * w, n * w);
            }
        });
    }

    /** Takes a dense table's row, found as the {@code i}th in each plane. The caller holds the stripe's lock. */
    public void installRow(long row, float[][] from, int i) {
        setRow(row, Arrays.copyOfRange(from[0], i * width, (i + 1) * width));
        long slot = rows.slot(row);
        var planes = blocks[(int) (slot >>> rows.blockShift)].planes();
        int within = (int) (slot & ((1 << rows.blockShift) - 1));
        for (int p = 0; p < planes.length; p++) {
            int w = spec.rule().planes().get(p).width(width);
            System.arraycopy(from[p + 1], i * w, planes[p], within * w, w);
        }
    }

    /** Takes a row's values without a thought of the rule. The caller holds the stripe's lock. */
    public void setRow(long row, float[] from) {
        long slot = rows.slot(row);
        changing(slot, slot + 1);
        setCells(slot, 0, from, 0, width);
    }

    /** Takes values of a dense table's cells, the {@code at}th after slot {@code row} and following: those of a replica. */
    public void setCells(long row, int at, float[] from, int begin, int count) {
        var now = values;
        rows.forEachCells(row, width, at, count, (block, cell, done, n) -> {
            System.arraycopy(from, begin + done, now[block], cell, n);
        });
    }

    /** Copies {@code count} cells of a dense table, the {@code at}th after slot {@code row} and following, to a frame. */
    public void putCells(long row, int at, int count, Frame to) {
        var now = values;
        rows.forEachCells(row, width, at, count, (block, cell, done, n) -> to.putFloats(now[block], cell, n));
    }
}
