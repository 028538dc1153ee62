package orrery.table.cells;

import java.util.Arrays;

/** Keys in the order of their first mention, and that order sorted by block. Reused clock after clock. */
public final class KeyedRows {
    private final Rows rows;
    private final LongIndex index = new LongIndex();
    private long[] keys = new long[16];
    private int[] order = new int[16];
    private final int[] blockStart;

    public KeyedRows(Rows rows) {
        this.rows = rows;
        blockStart = new int[rows.blocks + 1];
    }

    /** The position of {@code key}, which is {@link #size} before the call if the key is new. */
    public int position(long key) {
        int at = index.find(key);
        if (at >= 0) {
            return at;
        }
        rows.check(key);
        at = index.size();
        if (at == keys.length) {
            keys = Arrays.copyOf(keys, 2 * at);
        }
        keys[at] = key;
        index.put(key, at);
        return at;
    }

    /** The position of {@code key}, or -1. */
    public int find(long key) {
        return index.find(key);
    }

    public int size() {
        return index.size();
    }

    /** Whether all the keys of both are at most so many. */
    public boolean fitsInto(KeyedRows other, int most) {
        return (long) size() + other.size() <= most;
    }

    public long key(int position) {
        return keys[position];
    }

    /** Sorts the positions by block (a counting sort, which keeps the order within a block). */
    public void sortByBlock() {
        int n = index.size();
        if (order.length < n) {
            order = new int[keys.length];
        }
        Arrays.fill(blockStart, 0);
        for (int i = 0; i < n; i++) {
            blockStart[rows.block(keys[i])]++;
        }
        for (int b = 0, start = 0; b <= rows.blocks; b++) {
            int count = blockStart[b];
            blockStart[b] = start;
            start += count;
        }
        for (int i = 0; i < n; i++) {
            order[blockStart[rows.block(keys[i])]++] = i;
        }
        System.arraycopy(blockStart, 0, blockStart, 1, rows.blocks);
        blockStart[0] = 0;
    }

    /** Of the positions as sorted, the first of a block or one after it; their number for the block after the last. */
    public int from(int block) {
        return blockStart[block];
    }

    /** The position that comes {@code i}th when sorted by block. */
    public int sorted(int i) {
        return order[i];
    }

    public void clear() {
        index.clear();
        Arrays.fill(blockStart, 0);
    }
}
