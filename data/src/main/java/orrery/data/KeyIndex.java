package orrery.data;

import java.util.Arrays;

/** Keys in the order of their first mention: each has a number, from 0. Open addressing. Confined to one thread. */
public final class KeyIndex {
    private long[] table = new long[64];
    private int[] numbers = new int[64]; // plus 1; 0 is free
    private long[] keys = new long[32];
    private int size;

    /** The number of a key, which is {@link #size} before the call if the key is new. */
    public int number(long key) {
        int mask = table.length - 1;
        int at = home(key, mask);
        while (numbers[at] != 0) {
            if (table[at] == key) {
                return numbers[at] - 1;
            }
            at = (at + 1) & mask;
        }
        if (size == keys.length) {
            grow();
            return number(key);
        }
        keys[size] = key;
        table[at] = key;
        numbers[at] = ++size;
        return size - 1;
    }

    private static int home(long key, int mask) {
        return (int) ((key * 0x9e3779b97f4a7c15L) >>> 32) & mask;
    }

    private void grow() {
        keys = Arrays.copyOf(keys, 2 * size);
        table = new long[4 * size];
        numbers = new int[4 * size];
        int mask = table.length - 1;
        for (int n = 0; n < size; n++) {
            int at = home(keys[n], mask);
            while (numbers[at] != 0) {
                at = (at + 1) & mask;
            }
            table[at] = keys[n];
            numbers[at] = n + 1;
        }
    }

    public int size() {
        return size;
    }

    /** The keys by their numbers. */
    public long[] keys() {
        return Arrays.copyOf(keys, size);
    }

    /** The key of a number. */
    public long key(int number) {
        return keys[number];
    }

    /** Forgets all keys, and keeps the memory. */
    public void clear() {
        if (size > 0) {
            Arrays.fill(numbers, 0);
            size = 0;
        }
    }
}
