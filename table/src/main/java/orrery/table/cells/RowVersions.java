package orrery.table.cells;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Since which version of its stripe a row of a shard stands as it is, by slot: what {@link Changes} is for the runs of
 * rows of a dense table of floats. Written under the stripe's lock before the row is, read without.
 */
final class RowVersions {
    private final Rows rows;
    private final StripeLocks locks;
    private final int shift; // log2 of the rows of an array
    private volatile int[] @Nullable [] marks = {}; // by run of rows; null where none has changed

    RowVersions(Rows rows, StripeLocks locks) {
        this.rows = rows;
        this.locks = locks;
        shift = rows.isDense ? rows.blockShift() : rows.chunkShift;
    }

    /** A row is about to change. */
    void mark(long row, long slot) {
        int run = (int) (slot >>> shift);
        var now = marks;
        var here = run < now.length ? now[run] : null;
        if (here == null) {
            here = grow(run);
        }
        here[(int) slot & ((1 << shift) - 1)] = locks.version(rows.stripe(row)) + 1;
    }

    private synchronized int[] grow(int run) {
        var now = marks;
        if (run >= now.length) {
            now = Arrays.copyOf(now, run + 1);
        }
        var here = now[run];
        if (here == null) {
            here = new int[1 << shift];
            now[run] = here;
        }
        marks = now; // as well if it is the same: readers find the run
        return here;
    }

    /** Whether the row of a slot may have changed since its stripe was of that version. */
    boolean hasChanged(long slot, int since) {
        var now = marks;
        int run = (int) (slot >>> shift);
        var here = slot >= 0 && run < now.length ? now[run] : null;
        return here != null && here[(int) slot & ((1 << shift) - 1)] - since > 0;
    }
}
