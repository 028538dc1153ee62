package orrery.table.cells;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Which rows of a dense table's own blocks have changed since when, so that a replica that knows an earlier version of a
 * block gets the rest only. Kept per granule, some rows side by side, from a block's first change on. A granule's mark is
 * the version that its stripe has once the change is done. Written under the stripe's lock, read without: a reader that
 * misses a mark sees it the next time, because it still knows the older version.
 */
public final class Changes {
    private static final int GRANULE_CELLS = 16; // as many bytes as telling where they are costs, some times over
    private static final int[] NONE = {};

    private final Rows rows;
    private final StripeLocks locks;
    private final int width;
    private final int shift; // log2 of the rows of a granule
    private final AtomicReferenceArray<int[]> marks; // by block

    Changes(Rows rows, StripeLocks locks, int width) {
        this.rows = rows;
        this.locks = locks;
        this.width = width;
        shift = granuleShift(rows, width);
        marks = new AtomicReferenceArray<>(rows.blocks);
    }

    private static int granuleShift(Rows rows, int width) {
        int s = 0;
        while (width << s < GRANULE_CELLS && rows.blockStart(1) > 1L << s) {
            s++;
        }
        return s;
    }

    /** Bytes for so many rows. */
    public static long bytes(Rows rows, int width, long count) {
        return (count >>> granuleShift(rows, width)) * Integer.BYTES;
    }

    /** Slots {@code from} to {@code to}, all of one stripe whose lock the caller holds, are about to change. */
    void mark(long from, long to) {
        int version = locks.version(rows.stripeOfSlot(from)) + 1;
        for (long slot = from; slot < to; ) {
            int block = rows.blockOfSlot(slot);
            long first = rows.blockStart(block);
            long end = Math.min(to, rows.blockStart(block + 1));
            Arrays.fill(
                    marks(block), (int) ((slot - first) >>> shift), (int) ((end - 1 - first) >>> shift) + 1, version);
            slot = end;
        }
    }

    /** The same of one slot. */
    void mark(long slot) {
        int block = rows.blockOfSlot(slot);
        marks(block)[(int) ((slot - rows.blockStart(block)) >>> shift)] = locks.version(rows.stripeOfBlock(block)) + 1;
    }

    private int[] marks(int block) {
        var here = marks.get(block);
        if (here == null) {
            here = new int[((rows.resident(block) - 1) >>> shift) + 1];
            marks.set(block, here);
        }
        return here;
    }

    /** A block is somebody else's from now on. */
    void forget(int block) {
        marks.set(block, null);
    }

    private int[] known(int block) {
        var here = marks.get(block);
        return here == null ? NONE : here;
    }

    /** The first cell of a block, from its {@code cell}th on, that has changed since {@code version}; or {@code end}. */
    public int next(int block, int cell, int end, int version) {
        if (cell >= end) {
            return end;
        }
        int last = ((end - 1) / width) >>> shift;
        int granule = first(known(block), (cell / width) >>> shift, last, version);
        return granule > last ? end : Math.max(cell, (granule << shift) * width);
    }

    /** The end of the run of changed cells that begins with the block's {@code cell}th. */
    public int runEnd(int block, int cell, int end, int version) {
        int last = ((end - 1) / width) >>> shift;
        int granule = end(known(block), ((cell / width) >>> shift) + 1, last, version);
        return granule > last ? end : (granule << shift) * width;
    }

    /** The first slot from {@code slot} on that may have changed since {@code version}, or {@code end}; all of one block. */
    public long nextRow(long slot, long end, int version) {
        if (slot >= end) {
            return end;
        }
        int block = rows.blockOfSlot(slot);
        long start = rows.blockStart(block);
        int last = (int) ((end - 1 - start) >>> shift);
        int granule = first(known(block), (int) ((slot - start) >>> shift), last, version);
        return granule > last ? end : Math.max(slot, start + ((long) granule << shift));
    }

    /** The end of the run of slots, from {@code slot} on, that may have changed; {@code slot} itself if it has not. */
    public long endOfRows(long slot, long end, int version) {
        int block = rows.blockOfSlot(slot);
        long start = rows.blockStart(block);
        int last = (int) ((end - 1 - start) >>> shift);
        int granule = end(known(block), (int) ((slot - start) >>> shift), last, version);
        return granule > last ? end : Math.max(slot, start + ((long) granule << shift));
    }

    /** The first granule of {@code from} to {@code last} that has changed since, or one after. */
    private static int first(int[] marks, int from, int last, int version) {
        int granule = marks.length == 0 ? last + 1 : from;
        while (granule <= last && marks[granule] - version <= 0) {
            granule++;
        }
        return granule;
    }

    /** The first granule of {@code from} to {@code last} that has not, or one after. */
    private static int end(int[] marks, int from, int last, int version) {
        int granule = from;
        while (granule <= last && marks.length > 0 && marks[granule] - version > 0) {
            granule++;
        }
        return granule;
    }
}
