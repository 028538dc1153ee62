package orrery.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * What users think of items: rating i is {@code values[i]}, of user {@code users[i]} for item {@code items[i]}. Immutable by
 * custom: nobody writes to the arrays.
 *
 * <p>A user or item of -1 is one that other ratings do not know, a value of NaN one that is not given.
 *
 * @param userNames by number; empty if users have none but their numbers
 * @param itemNames by number; empty likewise
 * @param userCount users are 0 to {@code userCount - 1}
 * @param itemCount items likewise
 */
public record Ratings(
        List<String> userNames,
        List<String> itemNames,
        int userCount,
        int itemCount,
        int[] users,
        int[] items,
        float[] values) {

    public int size() {
        return values.length;
    }

    /** The mean rating; 0 if there is none. */
    public float mean() {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return values.length == 0 ? 0 : (float) (sum / values.length);
    }

    public String userName(int user) {
        return userNames.isEmpty() ? String.valueOf(user) : userNames.get(user);
    }

    public String itemName(int item) {
        return itemNames.isEmpty() ? String.valueOf(item) : itemNames.get(item);
    }

    /** The same ratings, with users and items numbered as in others; those that these do not have are -1. */
    public Ratings numberedLike(Ratings others) {
        return new Ratings(
                others.userNames,
                others.itemNames,
                others.userCount,
                others.itemCount,
                renumbered(users, userNames, others.userNames),
                renumbered(items, itemNames, others.itemNames),
                values);
    }

    private static int[] renumbered(int[] numbers, List<String> names, List<String> others) {
        var known = new HashMap<String, Integer>();
        for (int n = 0; n < others.size(); n++) {
            known.put(others.get(n), n);
        }
        var of = new int[names.size()];
        Arrays.setAll(of, n -> known.getOrDefault(names.get(n), -1));
        var renumbered = new int[numbers.length];
        Arrays.setAll(renumbered, i -> of[numbers[i]]);
        return renumbered;
    }

    /** Two parts, of the same users and items. */
    public record Split(Ratings train, Ratings test) {}

    /** Holds out about {@code part} of the ratings. */
    public Split split(double part, long seed) {
        var random = new SplittableRandom(seed);
        var isTest = new boolean[size()];
        int held = 0;
        for (int i = 0; i < isTest.length; i++) {
            isTest[i] = random.nextDouble() < part;
            held += isTest[i] ? 1 : 0;
        }
        return new Split(only(isTest, false, size() - held), only(isTest, true, held));
    }

    private Ratings only(boolean[] marks, boolean marked, int count) {
        var someUsers = new int[count];
        var someItems = new int[count];
        var someValues = new float[count];
        for (int i = 0, n = 0; i < marks.length; i++) {
            if (marks[i] == marked) {
                someUsers[n] = users[i];
                someItems[n] = items[i];
                someValues[n++] = values[i];
            }
        }
        return new Ratings(userNames, itemNames, userCount, itemCount, someUsers, someItems, someValues);
    }

    /** Two sets with this in common are the same, as good as certain. */
    public String sum() {
        var sum = new CRC32C();
        var bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0, n; from < size(); from += n) {
            n = Math.min(size() - from, bytes.capacity() / Integer.BYTES);
            bytes.clear().limit(n * Integer.BYTES);
            for (var numbers : List.of(users, items)) {
                bytes.rewind().asIntBuffer().put(numbers, from, n);
                sum.update(bytes);
            }
            bytes.rewind().asFloatBuffer().put(values, from, n);
            sum.update(bytes);
        }
        return size() + "-" + Long.toHexString(sum.getValue());
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%,d ratings of %,d users for %,d items", size(), userCount, itemCount);
    }
}
