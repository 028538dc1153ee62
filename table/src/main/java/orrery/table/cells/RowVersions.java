package orrery.table.cells;

import java.util.Arrays;

/**
 * Since which version of its stripe a row of a shard stands as it is, by slot: what {@link Changes} is for the runs of
 * rows of a dense table of floats. Written under the stripe's lock before the row is, read without.
 */
final class RowVersions {
    private final Rows rows;
    private final StripeLocks locks;
    private volatile int[][] marks = {}; // by array of rows

    RowVersions(Rows rows, StripeLocks locks) {
        this.rows = rows;
        this.locks = locks;
    }

    /** A row is about to change. */
    void mark(long row, long slot) {
        int chunk = (int) (slot >>> rows.chunkShift);
        var now = marks;
        if (chunk >= now.length) {
            now = grow(chunk);
        }
        now[chunk][(int) slot & ((1 << rows.chunkShift) - 1)] = locks.version(rows.stripe(row)) + 1;
    }

    private synchronized int[][] grow(int chunk) {
        var now = marks;
        if (chunk >= now.length) {
            int before = now.length;
            now = Arrays.copyOf(now, chunk + 1);
            for (int b = before; b <= chunk; b++) {
                now[b] = new int[1 << rows.chunkShift];
            }
            marks = now;
        }
        return now;
    }

    /** Whether the row of a slot may have changed since its stripe was of that version. */
    boolean hasChanged(long slot, int since) {
        var now = marks;
        int chunk = (int) (slot >>> rows.chunkShift);
        return slot >= 0 && chunk < now.length && now[chunk][(int) slot & ((1 << rows.chunkShift) - 1)] - since > 0;
    }
}
