package orrery.table.cells;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import orrery.table.spec.KeySpace;

/**
 * Which rows of a sparse table are made: what is known of the updates of rows that are not there, block by block, so that it
 * moves and is kept with the block. A block has two counting Bloom filters of 4 bits a counter, one in use and the one before
 * it; when so many updates have been counted that mistakes grow frequent, the older is begun anew and takes its place. The
 * caller holds the lock of the block's stripe.
 */
final class Admission {
    private static final int COUNTERS = 1 << 15; // of a filter
    private static final int MOST_COUNTED =
            COUNTERS / 4; // by 2 counters each: about one key in six is taken for another
    private static final int INTS = COUNTERS / 8; // of a filter
    private static final int INSERTED = 2 * INTS;
    private static final int NOW = INSERTED + 1; // which of the two is in use
    private static final int TRIES = NOW + 1; // updates that a coin was tossed for

    /** Ints of a block's state. */
    static final int LENGTH = TRIES + 1;

    /** Updates that made no row. */
    final LongAdder refused = new LongAdder();

    private final KeySpace keys;
    private final Map<Integer, int[]> states = new ConcurrentHashMap<>(); // by block

    Admission(KeySpace keys) {
        this.keys = keys;
    }

    /** Whether the update of a row that is not there makes it. */
    boolean makes(int block, long key) {
        var state = states.computeIfAbsent(block, b -> new int[LENGTH]);
        boolean isDue = keys.after() == 1 || count(state, key) >= keys.after();
        boolean isMade = isDue && (keys.probability() == 1 || toss(state, key) < keys.probability());
        if (!isMade) {
            refused.increment();
        }
        return isMade;
    }

    private static double toss(int[] state, long key) {
        return (mix(mix(key) + state[TRIES]++) >>> 11) * 0x1p-53;
    }

    /** Counts an update. Returns how many there were of that key, with this one, or of others that share its counters. */
    private static int count(int[] state, long key) {
        if (state[INSERTED] >= MOST_COUNTED) {
            state[NOW] ^= 1;
            Arrays.fill(state, state[NOW] * INTS, (state[NOW] + 1) * INTS, 0);
            state[INSERTED] = 0;
        }
        long hash = mix(key);
        int one = (int) hash & (COUNTERS - 1);
        int two = (int) (hash >>> 32) & (COUNTERS - 1);
        int now = state[NOW] * INTS;
        int before = INTS - now;
        int counted = Math.min(add(state, now, one), add(state, now, two));
        state[INSERTED]++;
        return counted + Math.min(get(state, before, one), get(state, before, two));
    }

    private static int get(int[] state, int filter, int counter) {
        return state[filter + (counter >>> 3)] >>> (4 * (counter & 7)) & 15;
    }

    private static int add(int[] state, int filter, int counter) {
        int is = get(state, filter, counter);
        if (is < 15) {
            state[filter + (counter >>> 3)] += 1 << (4 * (counter & 7));
        }
        return Math.min(15, is + 1);
    }

    private static long mix(long x) { // the finaliser of SplittableRandom
        x += 0x9e3779b97f4a7c15L;
        x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }

    /** What is known of a block, to be kept with it. */
    IntCells copy(int block) {
        var state = states.get(block);
        return new IntCells(state == null ? new int[LENGTH] : state.clone());
    }

    void install(int block, IntCells state) {
        states.put(block, state.array().clone());
    }

    void forget(int block) {
        states.remove(block);
    }
}
