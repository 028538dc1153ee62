package orrery.table.hold;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Cells;
import orrery.table.cells.Rows;
import orrery.table.cells.Shard;
import orrery.wire.Ticker;

/**
 * What a node knows of the blocks of a table that others own, as their owners have confirmed it. Of a dense table whole
 * blocks, kept in the mirror of the shard and pulled when they have changed; of any table single rows, in a cache of
 * limited size. Each has the age that its owner had when it answered. Safe for use by many threads.
 *
 * <p>A worker may use what is here if it is old enough for its clock and has the worker's own last update to the block,
 * or if the worker itself asked for it at this very clock. Under Asp, which would never ask again, only the latter.
 */
public final class Replica {
    private static final int NOBODY = -2; // not -1, which is whoever runs the workers
    private static final long NEVER = Long.MIN_VALUE;
    private static final int MOST_CACHED_CELLS = 1 << 22;
    private static final int MOST_CACHED_ROWS = 1 << 16;

    private final Rows rows;
    private final Ticker ticker;
    private final int width;
    private final int[] version;
    private final long[] age;
    private final int[] pulledBy;
    private final long[] pulledAt;
    private final boolean[] isPulled; // somebody is about to know more
    private @Nullable Cached cached; // made with the first row

    /** Rows by the low bits of their hash; a newer one takes the place of an older. */
    private static final class Cached {
        final int mask;
        final long[] key;
        final long[] age;
        final int[] pulledBy;
        final long[] pulledAt;
        final long[] stamp;
        final Cells cells;

        Cached(int slots, int width, Cells kind) {
            mask = slots - 1;
            key = new long[slots];
            age = new long[slots];
            Arrays.fill(age, NEVER);
            pulledBy = new int[slots];
            Arrays.fill(pulledBy, NOBODY);
            pulledAt = new long[slots];
            stamp = new long[slots];
            cells = kind.another(slots * width);
        }

        int slot(long row) {
            return (int) ((row * 0x9e3779b97f4a7c15L) >>> 40) & mask;
        }
    }

    public Replica(Shard shard, Ticker ticker) {
        this.ticker = ticker;
        rows = shard.rows();
        width = shard.width(0);
        int blocks = rows.blocks;
        version = new int[blocks];
        Arrays.fill(version, -1);
        age = new long[blocks];
        pulledBy = new int[blocks];
        pulledAt = new long[blocks];
        isPulled = new boolean[blocks];
        forgetAges();
    }

    /** Clocks begin anew: what is here is as good as before, but nobody knows how old. */
    public synchronized void forgetAges() {
        Arrays.fill(age, NEVER);
        Arrays.fill(pulledBy, NOBODY);
        Arrays.fill(isPulled, false);
        cached = null;
        notifyAll();
    }

    /** What a read of one worker at one clock accepts. */
    public record Need(int worker, long clock, long age, boolean mayShare, long[] lastPushed) {
        boolean accepts(long isAge, int pulledBy, long pulledAt, int block) {
            return (pulledBy == worker && pulledAt == clock)
                    || (mayShare && isAge >= age && isAge >= lastPushed[block]);
        }
    }

    // Blocks

    /** Whether a block is good enough. */
    public synchronized boolean has(int block, Need need) {
        return need.accepts(age[block], pulledBy[block], pulledAt[block], block);
    }

    /** Whether the caller is the one to pull the block; then {@link #got} or {@link #failed} follows. */
    public synchronized boolean claim(int block) {
        if (isPulled[block]) {
            return false;
        }
        isPulled[block] = true;
        return true;
    }

    public synchronized int version(int block) {
        return version[block];
    }

    public synchronized void got(int block, int newVersion, long newAge, Need need) {
        version[block] = newVersion;
        age[block] = newAge;
        pulledBy[block] = need.worker();
        pulledAt[block] = need.clock();
        isPulled[block] = false;
        notifyAll();
    }

    public synchronized void failed(int block) {
        isPulled[block] = false;
        version[block] = -1;
        notifyAll();
    }

    /** Waits until whoever pulls the block has it. */
    public synchronized void await(int block, long limitNanos) throws InterruptedException {
        long end = ticker.nanos() + limitNanos;
        while (isPulled[block]) {
            long left = end - ticker.nanos();
            if (left <= 0) {
                return;
            }
            ticker.await(this, Math.min(left, 100_000_000L));
        }
    }

    // Rows

    private static int slots(int width) {
        return Integer.highestOneBit(Math.clamp(MOST_CACHED_CELLS / width, 1, MOST_CACHED_ROWS));
    }

    /** Bytes that the cache of rows takes. */
    static long cacheBytes(int width) {
        return slots(width) * ((long) width * Cells.BYTES + 4 * Long.BYTES + Integer.BYTES);
    }

    /** Copies a row to {@code into} if it is here and good enough. */
    public synchronized boolean find(long row, Need need, Cells into, int at) {
        var now = cached;
        if (now == null) {
            return false;
        }
        int slot = now.slot(row);
        if (now.key[slot] != row
                || now.pulledBy[slot] == NOBODY
                || !need.accepts(now.age[slot], now.pulledBy[slot], now.pulledAt[slot], rows.block(row))) {
            return false;
        }
        now.cells.copyTo(into, slot * width, at, width);
        return true;
    }

    /** Keeps a row, unless what is there has come later, by its {@code stamp}: a worker's reads never go back. */
    public synchronized void put(long row, long rowAge, long stamp, Need need, Cells values, int at) {
        if (need.worker() < 0) {
            return;
        }
        var now = cached;
        if (now == null) {
            now = new Cached(slots(width), width, values);
            cached = now;
        }
        int slot = now.slot(row);
        if (now.stamp[slot] > stamp) {
            return;
        }
        now.stamp[slot] = stamp;
        now.key[slot] = row;
        now.age[slot] = rowAge;
        now.pulledBy[slot] = need.worker();
        now.pulledAt[slot] = need.clock();
        values.copyTo(now.cells, at, slot * width, width);
    }
}
