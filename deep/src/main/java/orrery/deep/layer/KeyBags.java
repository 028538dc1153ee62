package orrery.deep.layer;

import java.util.Arrays;
import orrery.data.KeyIndex;

/**
 * The keys of a batch: for each example and each field a bag of keys with values. Each distinct key has a place, in the order of first mention;
 * {@link Embedding} finds its row there. Filled anew for each batch, the bags of an example one after another. Confined to one thread.
 */
public final class KeyBags {
    private final int fields;
    private final KeyIndex index = new KeyIndex();
    private int[] ends = new int[64]; // by bag
    private int[] places = new int[64];
    private float[] values = new float[64];
    private int bags;
    private int size;

    /** @param fields bags of an example */
    public KeyBags(int fields) {
        this.fields = fields;
    }

    /** Bags of an example. */
    public int fields() {
        return fields;
    }

    /** Begins a batch. */
    public void clear() {
        index.clear();
        bags = 0;
        size = 0;
    }

    /** Adds a key to the bag under way. */
    public void add(long key, float value) {
        if (size == places.length) {
            places = Arrays.copyOf(places, 2 * size);
            values = Arrays.copyOf(values, 2 * size);
        }
        places[size] = index.number(key);
        values[size++] = value;
    }

    /** Ends the bag under way, which may be empty. */
    public void endBag() {
        if (bags == ends.length) {
            ends = Arrays.copyOf(ends, 2 * bags);
        }
        ends[bags++] = size;
    }

    /** How many bags have ended. */
    public int bags() {
        return bags;
    }

    /** The distinct keys, by place. */
    public long[] keys() {
        return index.keys();
    }

    /** How many distinct keys there are. */
    public int count() {
        return index.size();
    }

    int start(int bag) {
        return bag == 0 ? 0 : ends[bag - 1];
    }

    int end(int bag) {
        return ends[bag];
    }

    int place(int k) {
        return places[k];
    }

    float value(int k) {
        return values[k];
    }
}
