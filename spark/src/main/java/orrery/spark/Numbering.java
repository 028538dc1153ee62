package orrery.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Numbers users, or items, by their order: whole numbers by size, texts by the alphabet. */
final class Numbering implements Serializable {
    private static final long serialVersionUID = 1;

    private final Serializable[] keys; // all longs, or all texts; sorted
    private final int[] counts; // of each
    private transient volatile @Nullable Map<Serializable, Integer> numbers;

    private Numbering(Serializable[] keys, int[] counts) {
        this.keys = keys;
        this.counts = counts;
    }

    /** What a value of a column is known by. */
    static Serializable key(Object value) {
        return value instanceof Number number ? (Serializable) number.longValue() : value.toString();
    }

    /** Of keys and how often each was seen. */
    static Numbering of(Map<Serializable, Integer> seen) {
        var sorted = new TreeMap<>(seen); // keys of one column are of one type
        return new Numbering(
                sorted.keySet().toArray(Serializable[]::new),
                sorted.values().stream().mapToInt(n -> n).toArray());
    }

    /** Of all parts together. */
    static Numbering of(Collection<Numbering> parts) {
        var seen = new HashMap<Serializable, Integer>();
        for (var part : parts) {
            for (int i = 0; i < part.keys.length; i++) {
                seen.merge(part.keys[i], part.counts[i], Integer::sum);
            }
        }
        return of(seen);
    }

    /** By number, how often it was seen. */
    int[] counts() {
        return counts.clone();
    }

    List<String> names() {
        return Arrays.stream(keys).map(Object::toString).toList();
    }

    /** The number of a key. */
    int number(Serializable key) {
        var known = numbers;
        var number = (known == null ? all() : known).get(key);
        if (number == null) {
            throw new IllegalStateException(
                    "'" + key + "' was not there when the rows were first read: the data frame is"
                            + " not the same each time it is made; cache it, or write it to a file first");
        }
        return number;
    }

    /** All numbers by key, made once. */
    private synchronized Map<Serializable, Integer> all() {
        var known = numbers;
        if (known == null) {
            known = HashMap.newHashMap(keys.length);
            for (int n = 0; n < keys.length; n++) {
                known.put(keys[n], n);
            }
            numbers = known;
        }
        return known;
    }
}
