package orrery.table.cells;

import java.util.Arrays;

/** Keys in the order of their first mention, and that order sorted by stripe. Reused clock after clock. */
public final class KeyedRows {
    private final Rows rows;
    private final LongIndex index = new LongIndex();
    private long[] keys = new long[16];
    private int[] order = new int[16];
    private final int[] stripeStart;

    public KeyedRows(Rows rows) {
        this.rows = rows;
        stripeStart = new int[rows.stripes + 1];
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

    /** Sorts the positions by stripe (a counting sort, which keeps the order within a stripe). */
    public void sortByStripe() {
        int n = index.size();
        if (order.length < n) {
            order = new int[keys.length];
        }
        Arrays.fill(stripeStart, 0);
        for (int i = 0; i < n; i++) {
            stripeStart[rows.stripe(keys[i])]++;
        }
        for (int s = 0, start = 0; s <= rows.stripes; s++) {
            int count = stripeStart[s];
            stripeStart[s] = start;
            start += count;
        }
        for (int i = 0; i < n; i++) {
            order[stripeStart[rows.stripe(keys[i])]++] = i;
        }
        System.arraycopy(stripeStart, 0, stripeStart, 1, rows.stripes);
        stripeStart[0] = 0;
    }

    public int from(int stripe) {
        return stripeStart[stripe];
    }

    public int to(int stripe) {
        return stripeStart[stripe + 1];
    }

    /** The position that comes {@code i}th when sorted by stripe. */
    public int sorted(int i) {
        return order[i];
    }

    public void clear() {
        index.clear();
        Arrays.fill(stripeStart, 0);
    }
}
