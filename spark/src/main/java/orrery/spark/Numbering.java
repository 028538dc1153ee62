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

    /**
     * What a value of a column is known by: whole numbers are the same whatever their type.
     *
     * @param what it is of, for messages
     * @throws IllegalArgumentException if it is null, a number that is not whole, or a text of several lines
     */
    static Serializable key(@Nullable Object value, String what) {
        return switch (value) {
            case null -> throw new IllegalArgumentException("the " + what + " is null in a row; leave such rows out");
            case Long n -> n;
            case Integer n -> n.longValue();
            case Short n -> n.longValue();
            case Byte n -> n.longValue();
            case Number n -> {
                double number = n.doubleValue();
                if (number != Math.rint(number) || Math.abs(number) > 1L << 53) {
                    throw new IllegalArgumentException("the " + what + " " + n
                            + " is no whole number that a double can tell from its neighbours; cast the column to bigint"
                            + " or string");
                }
                yield (long) number;
            }
            default -> {
                var text = value.toString();
                if (text.indexOf('\n') >= 0) {
                    throw new IllegalArgumentException("the " + what + " '" + text.replace("\n", "\\n")
                            + "' has several lines, and models keep one name a line; replace the line ends");
                }
                yield text;
            }
        };
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

    int size() {
        return keys.length;
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
                    "'" + key + "' was not there when the rows were first read: the frame is not"
                            + " the same each time it is made; cache it, or write it to a file first");
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
