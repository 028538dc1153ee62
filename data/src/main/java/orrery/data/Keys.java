package orrery.data;

import java.util.Arrays;

/** Rows of a table, or features, by their numbers. */
public final class Keys {
    private Keys() {}

    /** Each once, ascending. The array is sorted in its place. */
    public static long[] distinct(long[] keys) {
        Arrays.sort(keys);
        int n = 0;
        for (int k = 0; k < keys.length; k++) {
            if (k == 0 || keys[k] != keys[k - 1]) {
                keys[n++] = keys[k];
            }
        }
        return Arrays.copyOf(keys, n);
    }
}
