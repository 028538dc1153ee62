package orrery.table.clock;

/**
 * How often each of some keys is held: open addressing over primitive arrays, at most two thirds full, 18 to 36 bytes a key.
 * Keys whose count has fallen to 0 stay, since the whole goes at once. Confined to its owner.
 */
public final class KeyCounts {
    private static final int LEAST = 4;

    private long[] keys = new long[LEAST];
    private int[] counts = new int[LEAST]; // 0: free; n: held n - 1 times
    private int shift = Long.SIZE - 2;
    private int size;

    private int home(long key) {
        return (int) ((key * 0x9e3779b97f4a7c15L) >>> shift);
    }

    private int find(long key) {
        int mask = keys.length - 1;
        int i = home(key);
        while (counts[i] != 0 && keys[i] != key) {
            i = (i + 1) & mask;
        }
        return i;
    }

    public void add(long key) {
        int i = find(key);
        if (counts[i] == 0) {
            if (3 * (size + 1) > 2 * keys.length) {
                grow();
                i = find(key);
            }
            size++;
            keys[i] = key;
            counts[i] = 1;
        }
        counts[i]++;
    }

    void remove(long key) {
        int i = find(key);
        if (counts[i] > 1) {
            counts[i]--;
        }
    }

    public boolean holds(long key) {
        return counts[find(key)] > 1;
    }

    private void grow() {
        var oldKeys = keys;
        var oldCounts = counts;
        keys = new long[2 * oldKeys.length];
        counts = new int[2 * oldCounts.length];
        shift--;
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldCounts[i] != 0) {
                int at = find(oldKeys[i]);
                keys[at] = oldKeys[i];
                counts[at] = oldCounts[i];
            }
        }
    }

    /** Bytes of memory. */
    long bytes() {
        return (long) keys.length * (Long.BYTES + Integer.BYTES);
    }
}
