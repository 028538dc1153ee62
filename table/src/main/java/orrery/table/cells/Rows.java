package orrery.table.cells;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import orrery.table.plan.RowOrder;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;

/**
 * Where the rows of a table are: key to slot, slot to block, key to stripe.
 *
 * <p>In a dense table the slot of a row is its number, or what an order says. In a sparse one each stripe has an index, to which new keys are
 * added under the stripe's lock; slots are handed out in the order of arrival. A stripe is one lock: of a dense table a
 * run of rows, of a sparse one the keys with the same hash bits.
 */
public final class Rows {
    /** Measured on 2 cores with 1,000 random keys a batch: 8 to 64 scale alike, and fewer cost less to take at once. */
    public static final int MOST_STRIPES = Placement.MOST_MEMBERS;

    /**
     * A dense table is one array as long as it fits: random reads of 10 M floats take 4 to 5 ns by one array and 9 to
     * 10 ns by an array of arrays. A sparse one grows by smaller blocks.
     */
    private static final int DENSE_BLOCK_CELLS = 1 << 28;

    private static final int SPARSE_BLOCK_CELLS = 1 << 16;

    final String table;
    public final boolean isDense;
    public final long count; // or TableSpec.OPEN
    public final int blockShift; // log2 of the rows of a block
    public final int stripes;
    private final int stripeShift; // dense: log2 of the rows of a stripe
    private final @Nullable RowOrder order; // of a dense table whose rows do not lie by their numbers
    private final long slots; // of a dense table
    private final LongIndex[] indexes; // sparse: one per stripe
    private final AtomicInteger nextSlot = new AtomicInteger();
    private final ConcurrentLinkedQueue<Integer> freeSlots = new ConcurrentLinkedQueue<>(); // of forgotten rows

    public Rows(TableSpec spec) {
        table = spec.name();
        isDense = spec.layout() == TableSpec.Layout.DENSE;
        count = spec.rows();
        order = spec.order();
        slots = order == null ? count : order.slots();
        if (order != null) {
            blockShift = Math.min(log2(DENSE_BLOCK_CELLS / spec.width()), log2Up(slots));
            stripeShift = order.blockShift();
            stripes = order.blocks();
            indexes = new LongIndex[0];
        } else if (isDense) {
            blockShift = Math.min(log2(DENSE_BLOCK_CELLS / spec.width()), log2Up(count));
            stripeShift = Math.max(0, log2Up(count) - log2(MOST_STRIPES));
            stripes = (int) ((count - 1) >>> stripeShift) + 1;
            indexes = new LongIndex[0];
        } else {
            blockShift = log2(Math.max(1, SPARSE_BLOCK_CELLS / spec.width()));
            stripeShift = 0;
            stripes = MOST_STRIPES;
            indexes = new LongIndex[stripes];
            for (int i = 0; i < stripes; i++) {
                indexes[i] = new LongIndex();
            }
        }
    }

    private static int log2(long x) {
        return 63 - Long.numberOfLeadingZeros(x);
    }

    private static int log2Up(long x) {
        return x <= 1 ? 0 : log2(x - 1) + 1;
    }

    /** Refuses a key that the table does not have. */
    public void check(long key) {
        if (count >= 0 && (key < 0 || key >= count)) {
            throw new IndexOutOfBoundsException(
                    "table '" + table + "' has rows 0 to " + (count - 1) + ", asked for row " + key);
        }
    }

    public int stripe(long key) {
        return isDense ? stripeOfSlot(slot(key)) : (int) ((key * 0x9e3779b97f4a7c15L) >>> 20) & (MOST_STRIPES - 1);
    }

    public int stripeOfSlot(long slot) {
        return (int) (slot >>> stripeShift);
    }

    /** First slot of a stripe of a dense table; the number of slots for the stripe after the last. */
    public long stripeStart(int stripe) {
        return Math.min(slots, (long) stripe << stripeShift);
    }

    /** Slots of a dense table: as many as rows, and some without a row if an order fills up blocks. */
    public long slots() {
        return slots;
    }

    /** Whether rows lie by their numbers. */
    public boolean isNatural() {
        return order == null;
    }

    /** The row of a dense table's slot, or -1 if it has none. */
    public long row(long slot) {
        return order == null ? slot : order.row((int) slot);
    }

    /** The slot of a checked key; -1 if a sparse table does not have it yet. */
    public long slot(long key) {
        return !isDense ? indexes[stripe(key)].find(key) : order == null ? key : order.slot((int) key);
    }

    /** A slot number for a new key, to be published with {@link #enter} once the row is initialised. */
    int newSlot() {
        var free = freeSlots.poll();
        if (free != null) {
            return free;
        }
        int slot = nextSlot.getAndIncrement();
        if (slot < 0 || slot == Integer.MAX_VALUE) {
            throw new IllegalStateException("table '" + table + "' is full: a node holds at most 2^31 - 1 sparse rows");
        }
        return slot;
    }

    /** Publishes a new key. The caller holds the lock of its stripe. */
    void enter(long key, int slot) {
        indexes[stripe(key)].put(key, slot);
    }

    /** Rows that have memory. */
    public long resident() {
        long rows = 0;
        for (int stripe = 0; stripe < stripes; stripe++) {
            rows += resident(stripe);
        }
        return rows;
    }

    /** Rows of a stripe that have memory. */
    public int resident(int stripe) {
        return isDense ? (int) (stripeStart(stripe + 1) - stripeStart(stripe)) : indexes[stripe].size();
    }

    /** The keys of a sparse table's stripe, ascending. The caller holds its lock. */
    public long[] keys(int stripe) {
        var keys = new long[indexes[stripe].size()];
        var at = new int[1];
        indexes[stripe].forEach((key, slot) -> keys[at[0]++] = key);
        Arrays.sort(keys);
        return keys;
    }

    /** Forgets the rows of a sparse table's stripe. Only while nobody uses them. */
    void forget(int stripe) {
        indexes[stripe].forEach((key, slot) -> freeSlots.add(slot));
        indexes[stripe] = new LongIndex();
    }

    /** Visits the entries of one stripe of a sparse table, in an order that follows from that of its updates. */
    public void forEach(int stripe, LongIndex.Entries action) {
        indexes[stripe].forEach(action);
    }

    /** Rows, or cells, that lie side by side: {@code count} of them, from {@code row} on in a block, from {@code at} on in a copy. */
    @FunctionalInterface
    public interface Run {
        void at(int block, int row, int at, int count);
    }

    /** Visits the rows of a stripe: all of a dense one, those of {@code keys} of a sparse one. */
    public void forEachRun(int stripe, long[] keys, Run run) {
        int mask = (1 << blockShift) - 1;
        if (!isDense) {
            for (int i = 0; i < keys.length; i++) {
                int slot = indexes[stripe].find(keys[i]);
                run.at(slot >>> blockShift, slot & mask, i, 1);
            }
            return;
        }
        long end = stripeStart(stripe + 1);
        for (long row = stripeStart(stripe), first = row; row < end; ) {
            int within = (int) row & mask;
            int count = (int) Math.min(end - row, mask + 1L - within);
            run.at((int) (row >>> blockShift), within, (int) (row - first), count);
            row += count;
        }
    }

    /** Visits cells of a dense table where a row has {@code width}: the {@code at}th after slot {@code slot} and following. */
    void forEachCells(long slot, int width, int at, int count, Run run) {
        long perBlock = (long) width << blockShift;
        long cell = slot * width + at;
        for (int done = 0; done < count; ) {
            int within = (int) (cell % perBlock);
            int n = (int) Math.min(count - done, perBlock - within);
            run.at((int) (cell / perBlock), within, done, n);
            cell += n;
            done += n;
        }
    }

    /** Rows of a dense table's block, fewer in the last. */
    int rowsInBlock(int block) {
        long first = (long) block << blockShift;
        return isDense ? (int) Math.min(1L << blockShift, slots - first) : 1 << blockShift;
    }

    int blocks() {
        return isDense ? (int) ((slots - 1) >>> blockShift) + 1 : 0;
    }

    /**
     * Checks keys and tells which stripes their batch needs: bit s is set if a key may be of stripe s. Of a dense table
     * that is every stripe between the least key and the greatest, since finding those two vectorises.
     *
     * @throws IndexOutOfBoundsException for the first key that the table does not have
     */
    public long stripesOf(long[] keys, int from, int to) {
        if (from >= to) {
            return 0;
        }
        if (isDense) {
            long least = Long.MAX_VALUE;
            long greatest = Long.MIN_VALUE;
            for (int i = from; i < to; i++) { // both in one loop: alone, neither vectorises
                least = Math.min(least, keys[i]);
                greatest = Math.max(greatest, keys[i]);
            }
            if (least < 0 || greatest >= count) {
                checkEach(keys, from, to);
            }
            if (order == null) {
                return (-1L << stripe(least)) & (-1L >>> (63 - stripe(greatest)));
            }
        }
        if (count >= 0 && !isDense) {
            checkEach(keys, from, to);
        }
        long touched = 0;
        for (int i = from; i < to; i++) {
            touched |= 1L << stripe(keys[i]);
        }
        return touched;
    }

    private void checkEach(long[] keys, int from, int to) {
        for (int i = from; i < to; i++) {
            check(keys[i]);
        }
    }
}
