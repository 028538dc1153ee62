package orrery.table.cells;

import java.util.Arrays;

/**
 * Which rows of a dense table's own blocks have changed since when, so that a replica that knows an earlier version of a
 * block gets the rest only. Kept per granule, some rows side by side. A granule's mark is the version that its stripe has
 * once the change is done. Written under the stripe's lock, read without: who misses a mark learns of it the next time,
 * since it was told the version before.
 */
public final class Changes {
    private static final int GRANULE_CELLS = 16; // as many bytes as telling where they are costs, some times over

    private final Rows rows;
    private final StripeLocks locks;
    private final int width;
    private final int shift; // log2 of the rows of a granule
    private final int[] marks;

    Changes(Rows rows, StripeLocks locks, int width) {
        this.rows = rows;
        this.locks = locks;
        this.width = width;
        int s = 0;
        while (width << s < GRANULE_CELLS && rows.stripeStart(1) > 1L << s) {
            s++;
        }
        shift = s;
        marks = new int[Math.toIntExact(((rows.slots() - 1) >>> shift) + 1)];
    }

    /** Slots {@code from} to {@code to}, all of one stripe whose lock the caller holds, are about to change. */
    void mark(long from, long to) {
        int version = locks.version(rows.stripeOfSlot(from)) + 1;
        Arrays.fill(marks, (int) (from >>> shift), (int) ((to - 1) >>> shift) + 1, version);
    }

    /** The first cell of a stripe, from its {@code cell}th on, that has changed since {@code version}; or {@code end}. */
    public int next(int stripe, int cell, int end, int version) {
        long first = rows.stripeStart(stripe);
        int granule = granule(first, cell);
        int last = (int) (((first * width + end - 1) / width) >>> shift);
        while (granule <= last && marks[granule] - version <= 0) {
            granule++;
        }
        return granule > last ? end : Math.max(cell, start(first, granule));
    }

    /** The end of the run of changed cells that begins with the stripe's {@code cell}th. */
    public int runEnd(int stripe, int cell, int end, int version) {
        long first = rows.stripeStart(stripe);
        int granule = granule(first, cell) + 1;
        int last = (int) (((first * width + end - 1) / width) >>> shift);
        while (granule <= last && marks[granule] - version > 0) {
            granule++;
        }
        return granule > last ? end : start(first, granule);
    }

    /** The first slot from {@code row} on that may have changed since {@code version}, or {@code end}; all of one stripe. */
    public long nextRow(long row, long end, int version) {
        int granule = (int) (row >>> shift);
        int last = (int) ((end - 1) >>> shift);
        while (granule <= last && marks[granule] - version <= 0) {
            granule++;
        }
        return granule > last ? end : Math.max(row, (long) granule << shift);
    }

    /** The end of the run of slots, from {@code row} on, that may have changed; {@code row} itself if it has not. */
    public long endOfRows(long row, long end, int version) {
        int granule = (int) (row >>> shift);
        int last = (int) ((end - 1) >>> shift);
        while (granule <= last && marks[granule] - version > 0) {
            granule++;
        }
        return granule > last ? end : Math.max(row, (long) granule << shift);
    }

    private int granule(long firstRow, int cell) {
        return (int) ((firstRow + cell / width) >>> shift);
    }

    private int start(long firstRow, int granule) {
        return Math.toIntExact((((long) granule << shift) - firstRow) * width);
    }
}
