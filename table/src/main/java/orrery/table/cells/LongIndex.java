package orrery.table.cells;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Keys to slots: open addressing, linear probing, Fibonacci hashing. One writer at a time, any number of readers without
 * a lock: a reader finds every key whose {@link #put} happened before its {@link #find}, and perhaps later ones.
 *
 * <p>The protocol: a writer stores the key, then releases the slot (kept as slot + 1, so that 0 means free); a reader
 * acquires the slot, then reads the key. Growth fills new arrays and publishes both in one volatile write. Keys are never
 * removed one by one.
 */
public final class LongIndex {
    private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int ABSENT = -1;

    private volatile Arrays arrays;
    private int size;

    /**
     * Up to so many entries, an index is at most half full and grows to twice its size: that is fast. A larger one is up to
     * three quarters full and grows by half, so that a key and its slot take 16 to 24 bytes; after keys were taken out of it,
     * perhaps twice as much.
     */
    private static final int SMALL = 1 << 12;

    private static final int MOST_ENTRIES = 1 << 30;

    private record Arrays(long[] keys, int[] slots) {
        Arrays(int capacity) {
            this(new long[capacity], new int[capacity]);
        }

        /** How many keys it may have. */
        int most() {
            return keys.length <= SMALL ? keys.length / 2 : keys.length / 4 * 3;
        }
    }

    public LongIndex() {
        this(16);
    }

    /** An index with room for {@code expected} keys before it grows. */
    public LongIndex(int expected) {
        arrays = new Arrays(Math.max(16, Integer.highestOneBit(Math.max(1, expected - 1)) << 2));
    }

    private static int home(long key, int capacity) {
        return (int) Math.unsignedMultiplyHigh(key * 0x9e3779b97f4a7c15L, capacity);
    }

    /** The slot of {@code key}, or -1. */
    public int find(long key) {
        var now = arrays;
        var keys = now.keys;
        var slots = now.slots;
        for (int i = home(key, keys.length); ; ) {
            int slot = (int) SLOTS.getAcquire(slots, i);
            if (slot == 0) {
                return ABSENT;
            }
            if (keys[i] == key) {
                return slot - 1;
            }
            i = i + 1 == keys.length ? 0 : i + 1;
        }
    }

    /** Enters a key that is not there yet. */
    public void put(long key, int slot) {
        var now = arrays;
        if (size >= now.most()) {
            now = grow(now);
        }
        insert(now, key, slot);
        size++;
    }

    private Arrays grow(Arrays old) {
        int length = old.keys.length;
        if (length == MOST_ENTRIES) {
            throw new IllegalStateException("an index holds at most " + old.most() + " keys");
        }
        var bigger = new Arrays(length < SMALL ? 2 * length : Math.min(MOST_ENTRIES, length + length / 2));
        for (int i = 0; i < old.keys.length; i++) {
            if (old.slots[i] != 0) {
                insert(bigger, old.keys[i], old.slots[i] - 1);
            }
        }
        arrays = bigger;
        return bigger;
    }

    private static void insert(Arrays into, long key, int slot) {
        int i = home(key, into.keys.length);
        while (into.slots[i] != 0) {
            i = i + 1 == into.keys.length ? 0 : i + 1;
        }
        into.keys[i] = key;
        SLOTS.setRelease(into.slots, i, slot + 1);
    }

    public int size() {
        return size;
    }

    /** Forgets all keys and keeps the memory. Only for an index that one thread uses. */
    void clear() {
        if (size > 0) {
            java.util.Arrays.fill(arrays.slots, 0);
            size = 0;
        }
    }

    /** Calls {@code action} for every entry, in no order that means anything. Not beside a writer. */
    void forEach(Entries action) {
        var now = arrays;
        for (int i = 0; i < now.keys.length; i++) {
            if (now.slots[i] != 0) {
                action.entry(now.keys[i], now.slots[i] - 1);
            }
        }
    }

    /** What {@link #forEach} calls. */
    @FunctionalInterface
    public interface Entries {
        void entry(long key, int slot);
    }
}
