package orrery.table.cells;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.TableSpec;
import orrery.wire.Frame;

/**
 * The rows of one table that live in one node. Of a dense table these are whole blocks: all of them in arrays as long as
 * they can be, or those that the node owns, an array each. A sparse one has memory for rows that were written to.
 *
 * <p>Written under the locks of stripes, read without any.
 */
public abstract sealed class Shard permits FloatShard, IntShard, CountShard {
    final TableSpec spec;
    final Rows rows;
    final StripeLocks locks;
    final int width;
    private final int[] widths; // by plane
    private @Nullable Before before;

    final @Nullable Admission admission; // where not all updates make their rows

    @Nullable
    RowVersions versions; // where rows are pushed to others one by one

    /** Is called before a block's rows change, with the lock of its stripe. */
    @FunctionalInterface
    public interface Before {
        void changes(int block);
    }

    Shard(TableSpec spec) {
        this.spec = spec;
        rows = new Rows(spec);
        locks = new StripeLocks(rows.stripes);
        width = spec.width();
        admission = spec.keys().refusesSome() ? new Admission(spec.keys()) : null;
        var state = spec.planes();
        widths = new int[1 + state.size()];
        widths[0] = width;
        for (int p = 1; p < widths.length; p++) {
            widths[p] = state.get(p - 1).width(width);
        }
    }

    public final Rows rows() {
        return rows;
    }

    public final StripeLocks locks() {
        return locks;
    }

    /** A stage begins at clock 0: what rules remember of clocks no longer holds. */
    public void beginStage() {}

    /** Bytes of what is here: values, rule state, and values of others for readers. */
    public abstract long bytes();

    // Where

    /** Slot s is in the array {@code s >>> arrayShift()}. */
    abstract int arrayShift();

    /** A plane of an array; the 0th are the values. */
    abstract Cells plane(int array, int plane);

    /** Whether there is an array of that number. */
    abstract boolean isHere(int array);

    /** Whether a block of a dense table is here. */
    final boolean has(int block) {
        return isHere((int) (rows.blockStart(block) >>> arrayShift()));
    }

    /** Makes room for a block of a dense table, whose rows begin as the spec says. */
    abstract void allocate(int block);

    /** Gives a block's memory back, where it has its own. */
    abstract void release(int block);

    /** Makes ready to hold all blocks of a dense table, or each in an array of its own; what is here and own stays. */
    abstract void hold(boolean[] own, boolean isAll);

    /**
     * Says which blocks are here from now on; those that were not begin as the spec says. Only while nobody uses it.
     *
     * @param own by block
     */
    public final void own(boolean[] own) {
        if (!rows.isDense) {
            return;
        }
        boolean isAll = true;
        for (boolean isOwn : own) {
            isAll &= isOwn;
        }
        hold(own, isAll);
        for (int block = 0; block < own.length; block++) {
            if (own[block] && !has(block)) {
                allocate(block);
            } else if (!own[block]) {
                release(block);
            }
        }
    }

    // Changes

    /** Calls {@code action} before a block changes, from now on, or nobody. Set only while nobody writes. */
    public final void before(@Nullable Before action) {
        before = action;
    }

    final boolean isWatched() {
        return before != null;
    }

    /** Slots {@code from} to {@code to} of a dense table, all of one stripe, are about to change. */
    final void beforeSlots(long from, long to) {
        var first = before;
        if (first != null) {
            for (int block = rows.blockOfSlot(from), last = rows.blockOfSlot(to - 1); block <= last; block++) {
                first.changes(block);
            }
        }
    }

    /** A row is about to change. */
    final void beforeRow(long key) {
        var first = before;
        if (first != null) {
            first.changes(rows.block(key));
        }
    }

    /** Keeps account of which rows change, from now on. Only while nobody uses it. */
    public abstract void watchRows();

    /** Whether a row may have changed since its stripe was of a version. For a shard that keeps account. */
    public abstract boolean hasChanged(long key, int since);

    // Rows

    /** Copies the rows of {@code keys[from..to)} to {@code out}, from {@code at} on; one that was never written has its first values. */
    public abstract void gather(long[] keys, int from, int to, Cells out, int at);

    /** One cell of a row that is here. */
    public abstract double value(long key, int column);

    /** Does to rows what an update does. The caller holds the locks of their stripes. */
    public abstract void apply(long[] keys, Cells updates);

    /** The same to a run of slots of a dense table. */
    public abstract void applyRun(long slot, Cells updates);

    /** The same to single cells of a dense table, given as ascending offsets from a block's first; the other cells stay as they are. */
    public abstract void applyCells(int block, int[] cells, Cells updates);

    /** Makes sure that a sparse table has the row, as the spec says. */
    abstract long create(long key);

    /** The same for other packages. The caller holds the lock of its stripe. */
    public final void createRow(long key) {
        create(key);
    }

    // Blocks

    /** Arrays of cells that a block has: the values, then what the rule keeps of them. */
    public final int planes() {
        return widths.length;
    }

    /** Cells of a row in a plane. */
    public final int width(int plane) {
        return widths[plane];
    }

    /** Cells of a plane of a block. */
    public int cells(int block, int plane) {
        return Math.multiplyExact(rows.resident(block), widths[plane]);
    }

    /** Whether a dense table's block has as many cells as rows and columns say, whatever they hold. */
    public boolean isOfFixedSize() {
        return true;
    }

    /** Copies cells of a dense table's block to a frame. Only while nobody writes. */
    public final void put(Frame to, int block, int plane, int at, int count) {
        forEachPiece(
                block,
                plane,
                at,
                count,
                (array, cell, done, n) -> plane(array, plane).put(to, cell, n));
    }

    /** Takes cells of a dense table's block from a frame, in place of its own. The caller holds the lock of its stripe. */
    public final void take(Frame from, int block, int plane, int at, int count) {
        if (!has(block)) {
            allocate(block);
        }
        changing(block);
        forEachPiece(
                block,
                plane,
                at,
                count,
                (array, cell, done, n) -> plane(array, plane).take(from, cell, n));
        changed(block);
    }

    /** A copy of a block. Nobody writes to it meanwhile. */
    public BlockCopy copy(int block) {
        var keys = rows.isDense ? new long[0] : rows.keys(block);
        var planes = new Cells[arrays()];
        for (int p = 0; p < widths.length; p++) {
            planes[p] = newCells(cells(block, p));
        }
        if (admission != null) {
            planes[widths.length] = admission.copy(block);
        }
        forEachRun(block, keys, (array, row, at, n) -> {
            for (int p = 0; p < widths.length; p++) {
                int w = widths[p];
                plane(array, p).copyTo(planes[p], row * w, at * w, n * w);
            }
        });
        return new BlockCopy(block, keys, planes);
    }

    /** Fresh cells of this shard's type. */
    public abstract Cells newCells(int length);

    /** Takes the rows of a block in place of its own. The caller holds the lock of its stripe; a sparse block is empty. */
    public void install(BlockCopy copy) {
        if (rows.isDense && !has(copy.block())) {
            allocate(copy.block());
        }
        if (admission != null && copy.planes().length > widths.length) {
            admission.install(copy.block(), (IntCells) copy.planes()[widths.length]);
        }
        changing(copy.block());
        for (long key : copy.keys()) {
            create(key);
        }
        forEachRun(copy.block(), copy.keys(), (array, row, at, n) -> {
            for (int p = 0; p < widths.length; p++) {
                int w = widths[p];
                copy.planes()[p].copyTo(plane(array, p), at * w, row * w, n * w);
            }
        });
        changed(copy.block());
    }

    /** Takes a row that is found as the {@code i}th in each plane. The caller holds the lock of its stripe. */
    public void installRow(long key, Cells[] from, int i) {
        long slot = rows.isDense ? rows.slot(key) : create(key);
        int array = (int) (slot >>> arrayShift());
        int row = (int) (slot & ((1L << arrayShift()) - 1));
        for (int p = 0; p < widths.length; p++) {
            from[p].copyTo(plane(array, p), i * widths[p], row * widths[p], widths[p]);
        }
    }

    /** One worker has a dense table's block to itself from now on: what has to be kept of it is copied first. */
    public final void beginHold(int block) {
        int stripe = rows.stripeOfBlock(block);
        locks.lock(stripe);
        try {
            changing(block);
        } finally {
            locks.unlock(stripe);
        }
    }

    /** The worker has it no more. */
    public final void endHold(int block) {
        int stripe = rows.stripeOfBlock(block);
        locks.lock(stripe);
        try {
            changed(block);
        } finally {
            locks.unlock(stripe);
        }
    }

    /** A dense table's block has gone to another node. */
    public final void leave(int block) {
        release(block);
    }

    /** A block is about to change as a whole. */
    final void beforeBlock(int block) {
        var first = before;
        if (first != null) {
            first.changes(block);
        }
    }

    /** Forgets the rows of a sparse table's block, which is somebody else's. Only while nobody uses them. */
    public final void forget(int block) {
        beforeBlock(block);
        rows.forget(block);
        if (admission != null) {
            admission.forget(block);
        }
    }

    /**
     * Drops the rows of a sparse table's block that have had no update for longer than the table's spec says, at a clock.
     * The caller holds the lock of its stripe, and nobody reads. Returns how many they were.
     */
    public abstract long dropUnused(int block, long clock);

    /** Updates that made no row. */
    public final long refused() {
        return admission == null ? 0 : admission.refused.sum();
    }

    /** Arrays of a block's copy: its planes, and what is known of rows that are not there, if that matters. */
    public final int arrays() {
        return widths.length + (admission == null ? 0 : 1);
    }

    /** Fresh cells for an array of a block's copy. */
    public final Cells newCells(int array, int length) {
        if (array < widths.length) {
            return newCells(length);
        }
        if (array >= arrays() || length != Admission.LENGTH) {
            throw new IndexOutOfBoundsException("table '" + spec.name() + "' has no array " + array + " of " + length);
        }
        return new IntCells(length);
    }

    /** Length of the array that a block's copy has beside its planes. */
    public static int admissionLength() {
        return Admission.LENGTH;
    }

    /** A dense table's block is about to change as a whole. */
    abstract void changing(int block);

    /** A dense table's block has changed as a whole. */
    abstract void changed(int block);

    /** Cells of a plane that lie side by side in an array. */
    @FunctionalInterface
    private interface Piece {
        void at(int array, int cell, int done, int count);
    }

    private void forEachPiece(int block, int plane, int at, int count, Piece piece) {
        long cell = rows.blockStart(block) * widths[plane] + at;
        long perArray = (long) widths[plane] << arrayShift();
        for (int done = 0; done < count; ) {
            int within = (int) (cell % perArray);
            int n = (int) Math.min(count - done, perArray - within);
            piece.at((int) (cell / perArray), within, done, n);
            cell += n;
            done += n;
        }
    }

    /** Rows that lie side by side in an array. */
    @FunctionalInterface
    interface RowsInArray {
        void at(int array, int row, int at, int count);
    }

    final void forEachRun(int block, long[] keys, RowsInArray run) {
        int shift = arrayShift();
        rows.forEachRun(
                block,
                keys,
                (slot, at, n) -> run.at((int) (slot >>> shift), (int) (slot & ((1L << shift) - 1)), at, n));
    }

    static boolean[] all(int blocks) {
        var all = new boolean[blocks];
        Arrays.fill(all, true);
        return all;
    }
}
