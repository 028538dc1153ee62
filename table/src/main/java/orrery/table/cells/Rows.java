package orrery.table.cells;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import orrery.table.plan.RowOrder;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;

/**
 * Where the rows of a table are: key to slot, slot to block, block to stripe.
 *
 * <p>A <i>block</i> is what a node owns, moves, keeps and copies as a whole: of a dense table a run of slots, of a sparse
 * one the keys with the same hash bits. Of tables of one shape blocks are alike. A <i>stripe</i> is a lock, over a run of
 * blocks; as locks are taken many at once, there are few of them, however many blocks there are.
 *
 * <p>In a dense table the slot of a row is its number, or what an order says. In a sparse one each block has an index, to
 * which new keys are added under its stripe's lock; slots are handed out in the order of arrival.
 */
public final class Rows {
    /** Measured on 2 cores with 1,000 random keys a batch: 8 to 64 locks scale alike, and fewer cost less to take at once. */
    private static final int MOST_STRIPES = 16;

    /** A larger block is halved, unless it is of one row; with the state of most rules, one has 1 to 4 MiB. Tests have smaller ones. */
    private static final int MOST_BLOCK_CELLS = Integer.getInteger("orrery.block.cells", 1 << 19);

    private static final int SPARSE_BLOCKS = 256; // nobody knows how large the table will be
    private static final int SPARSE_STRIPE_SHIFT = 4;

    /**
     * A dense table that is all here is one array as long as it fits: random reads of 10 M floats take 4 to 5 ns by one
     * array and 9 to 10 ns by an array of arrays. A sparse one grows by smaller arrays.
     */
    private static final int DENSE_CHUNK_CELLS = 1 << 28;

    private static final int SPARSE_CHUNK_CELLS = 1 << 16;

    final String table;
    public final boolean isDense;
    public final long count; // or TableSpec.OPEN
    final int chunkShift; // log2 of the rows of an array, where all the table is here
    public final int blocks;
    private final int blockShift; // dense: log2 of the rows of a block
    public final int stripes;
    private final int stripeShift; // log2 of the blocks of a stripe
    private final int lockShift; // dense: log2 of the rows of a stripe
    private final @Nullable RowOrder order; // of a dense table whose rows do not lie by their numbers
    private final long slots; // of a dense table
    private final LongIndex[] indexes; // sparse: one per block
    private final AtomicInteger nextSlot = new AtomicInteger();
    private final ConcurrentLinkedQueue<Integer> freeSlots = new ConcurrentLinkedQueue<>(); // of forgotten rows

    public Rows(TableSpec spec) {
        table = spec.name();
        isDense = spec.layout() == TableSpec.Layout.DENSE;
        count = spec.rows();
        order = spec.order();
        slots = order == null ? count : order.slots();
        if (order != null) {
            blockShift = order.blockShift();
            blocks = order.blocks();
            stripeShift = 0;
        } else if (spec.consistency() instanceof Consistency.Rotating(int asked)) {
            blockShift = log2Up(Math.ceilDiv(count, asked));
            blocks = Math.toIntExact(((count - 1) >>> blockShift) + 1);
            stripeShift = Math.max(0, log2Up(blocks) - log2(MOST_STRIPES));
        } else if (isDense) {
            int most = Math.max(0, log2Up(count) - log2(MOST_STRIPES)); // of a table that has a block per lock
            int fits = log2(Math.max(1, MOST_BLOCK_CELLS / spec.width()));
            blockShift = Math.min(most, fits);
            blocks = Math.toIntExact(((count - 1) >>> blockShift) + 1);
            stripeShift = most - blockShift;
        } else {
            blockShift = 0;
            blocks = SPARSE_BLOCKS;
            stripeShift = SPARSE_STRIPE_SHIFT;
        }
        lockShift = blockShift + stripeShift;
        stripes = ((blocks - 1) >>> stripeShift) + 1;
        chunkShift = isDense
                ? Math.min(log2(DENSE_CHUNK_CELLS / spec.width()), log2Up(slots))
                : log2(Math.max(1, SPARSE_CHUNK_CELLS / spec.width()));
        indexes = new LongIndex[isDense ? 0 : blocks];
        Arrays.setAll(indexes, i -> new LongIndex());
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

    public int block(long key) {
        return isDense ? blockOfSlot(slot(key)) : (int) ((key * 0x9e3779b97f4a7c15L) >>> 20) & (SPARSE_BLOCKS - 1);
    }

    /** The block of a dense table's slot. */
    public int blockOfSlot(long slot) {
        return (int) (slot >>> blockShift);
    }

    /** First slot of a block of a dense table; the number of slots for the block after the last. */
    public long blockStart(int block) {
        return Math.min(slots, (long) block << blockShift);
    }

    /** Log2 of the slots of a dense table's block. */
    int blockShift() {
        return blockShift;
    }

    /** How blocks are cut: of a dense table how many slots each has, of a sparse one how many there are. */
    public long cut() {
        return isDense ? 1L << blockShift : SPARSE_BLOCKS;
    }

    /** How they were cut before tables had more than 16 or, by an order, 64: in files that do not say it. */
    public long formerCut() {
        return isDense ? 1L << lockShift : MOST_STRIPES;
    }

    public int stripe(long key) {
        return isDense ? stripeOfSlot(slot(key)) : block(key) >>> stripeShift;
    }

    public int stripeOfSlot(long slot) {
        return (int) (slot >>> lockShift);
    }

    public int stripeOfBlock(int block) {
        return block >>> stripeShift;
    }

    /** The first block of a stripe; the number of blocks for the stripe after the last. */
    public int firstBlock(int stripe) {
        return (int) Math.min(blocks, (long) stripe << stripeShift);
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
        return !isDense ? indexes[block(key)].find(key) : order == null ? key : order.slot((int) key);
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
        indexes[block(key)].put(key, slot);
    }

    /** Rows of a block: of a sparse one those that have memory. */
    public int resident(int block) {
        return isDense ? (int) (blockStart(block + 1) - blockStart(block)) : indexes[block].size();
    }

    /** The keys of a sparse table's block, ascending. The caller holds its lock. */
    public long[] keys(int block) {
        var keys = new long[indexes[block].size()];
        var at = new int[1];
        indexes[block].forEach((key, slot) -> keys[at[0]++] = key);
        Arrays.sort(keys);
        return keys;
    }

    /** Forgets the rows of a sparse table's block. Only while nobody uses them. */
    void forget(int block) {
        indexes[block].forEach((key, slot) -> freeSlots.add(slot));
        indexes[block] = new LongIndex();
    }

    /** Takes rows out of a sparse table's block. Only while nobody uses them. */
    void drop(int block, long[] keys) {
        var left = new LongIndex(indexes[block].size() - keys.length);
        indexes[block].forEach((key, slot) -> {
            if (Arrays.binarySearch(keys, key) >= 0) {
                freeSlots.add(slot);
            } else {
                left.put(key, slot);
            }
        });
        indexes[block] = left;
    }

    /** Visits the entries of one block of a sparse table, in an order that follows from that of its updates. */
    public void forEach(int block, LongIndex.Entries action) {
        indexes[block].forEach(action);
    }

    /** Rows that lie side by side: {@code count} of them, from slot {@code slot} on, from {@code at} on in a copy. */
    @FunctionalInterface
    public interface Run {
        void at(long slot, int at, int count);
    }

    /** Visits the rows of a block: all of a dense one, those of {@code keys} of a sparse one. */
    public void forEachRun(int block, long[] keys, Run run) {
        if (isDense) {
            run.at(blockStart(block), 0, resident(block));
            return;
        }
        for (int i = 0; i < keys.length; i++) {
            run.at(indexes[block].find(keys[i]), i, 1);
        }
    }

    /** Rows of an array that is the {@code chunk}th of those that hold all of a table, fewer in the last. */
    int rowsInChunk(int chunk) {
        long first = (long) chunk << chunkShift;
        return isDense ? (int) Math.min(1L << chunkShift, slots - first) : 1 << chunkShift;
    }

    /** Arrays that hold all of a dense table; a sparse one begins with none. */
    int chunks() {
        return isDense ? (int) ((slots - 1) >>> chunkShift) + 1 : 0;
    }

    /**
     * Checks keys and returns the stripes that their batch needs: bit s is set if a key may be of stripe s. Of a dense table
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
