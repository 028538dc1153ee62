package orrery.table.cells;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.TableSpec;
import orrery.wire.Frame;

/** The cells of a table of counts. As {@link FloatShard}, without rules: counts start at zero and add, and must fit. */
public final class IntShard implements Shard {
    private final TableSpec spec;
    private final Rows rows;
    private final StripeLocks locks;
    private final int width;
    private volatile int[][] blocks;
    private @Nullable RowVersions versions; // where other nodes are told of rows

    public IntShard(TableSpec spec) {
        this.spec = spec;
        width = spec.width();
        rows = new Rows(spec);
        locks = new StripeLocks(rows.stripes);
        blocks = new int[rows.blocks()][];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = new int[rows.rowsInBlock(b) * width];
        }
    }

    @Override
    public Rows rows() {
        return rows;
    }

    @Override
    public StripeLocks locks() {
        return locks;
    }

    @Override
    public void watchRows() {
        versions = versions == null ? new RowVersions(rows, locks) : versions;
    }

    @Override
    public boolean hasChanged(long key, int since) {
        var single = versions;
        return single == null || single.hasChanged(rows.slot(key), since);
    }

    public void gather(long[] keys, int from, int to, int[] out, int at) {
        for (int i = from; i < to; i++, at += width) {
            rows.check(keys[i]);
            long slot = rows.slot(keys[i]);
            if (slot < 0) {
                Arrays.fill(out, at, at + width, 0);
            } else {
                System.arraycopy(blocks[(int) (slot >>> rows.blockShift)], start(slot), out, at, width);
            }
        }
    }

    /** Adds rows; the caller holds the locks of their stripes. */
    public void add(long[] keys, int from, int to, int[] changes, int at) {
        for (int i = from; i < to; i++, at += width) {
            add(keys[i], changes, at);
        }
    }

    /** Adds one row; the caller holds the lock of its stripe. */
    public void add(long key, int[] changes, int at) {
        long slot = rows.slot(key);
        if (slot < 0) {
            slot = create(key);
        }
        var single = versions;
        if (single != null) {
            single.mark(key, slot);
        }
        var block = blocks[(int) (slot >>> rows.blockShift)];
        int start = start(slot);
        for (int c = 0; c < width; c++) {
            int old = block[start + c];
            int sum = old + changes[at + c];
            if (((old ^ sum) & (changes[at + c] ^ sum)) < 0) {
                throw new ArithmeticException("table '" + spec.name() + "': row " + key + ", column " + c + " would be "
                        + ((long) old + changes[at + c]) + ", which no int can hold");
            }
            block[start + c] = sum;
        }
    }

    private int start(long slot) {
        return (int) (slot & ((1 << rows.blockShift) - 1)) * width;
    }

    private int create(long key) {
        int slot = rows.newSlot();
        grow(slot >>> rows.blockShift);
        Arrays.fill(
                blocks[slot >>> rows.blockShift], start(slot), start(slot) + width, 0); // another row may have had it
        rows.enter(key, slot);
        var single = versions;
        if (single != null) {
            single.mark(key, slot); // or it would have the mark of the row before
        }
        return slot;
    }

    private void grow(int block) {
        if (block >= blocks.length) {
            synchronized (this) {
                while (blocks.length <= block) {
                    var more = Arrays.copyOf(blocks, blocks.length + 1);
                    more[blocks.length] = new int[width << rows.blockShift];
                    blocks = more;
                }
            }
        }
    }

    /** The counts, block by block, as {@link FloatShard#values}. */
    public int[][] values() {
        return blocks;
    }

    @Override
    public long bytes() {
        long cells = 0;
        for (var block : blocks) {
            cells += block.length;
        }
        return cells * Integer.BYTES;
    }

    @Override
    public int planes() {
        return 1;
    }

    @Override
    public int cells(int stripe, int plane) {
        return Math.multiplyExact(rows.resident(stripe), width);
    }

    @Override
    public void put(Frame to, int stripe, int plane, int at, int count) {
        var now = blocks;
        rows.forEachCells(
                rows.stripeStart(stripe), width, at, count, (block, cell, done, n) -> to.putInts(now[block], cell, n));
    }

    @Override
    public void take(Frame from, int stripe, int plane, int at, int count) {
        var now = blocks;
        rows.forEachCells(
                rows.stripeStart(stripe),
                width,
                at,
                count,
                (block, cell, done, n) -> from.getInts(now[block], cell, n));
    }

    @Override
    public StripeCopy copy(int stripe) {
        var keys = rows.isDense ? new long[0] : rows.keys(stripe);
        var counts = new int[Math.multiplyExact(rows.resident(stripe), width)];
        var now = blocks;
        rows.forEachRun(
                stripe,
                keys,
                (block, row, at, n) -> System.arraycopy(now[block], row * width, counts, at * width, n * width));
        return new StripeCopy(stripe, keys, new float[0][], counts);
    }

    @Override
    public void install(StripeCopy copy) {
        for (long key : copy.keys()) {
            create(key);
        }
        var now = blocks;
        rows.forEachRun(
                copy.stripe(),
                copy.keys(),
                (block, row, at, n) -> System.arraycopy(copy.ints(), at * width, now[block], row * width, n * width));
    }
}
