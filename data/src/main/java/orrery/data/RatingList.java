package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;

/**
 * Reads ratings, one a line: user, item, value, and anything after, with tabs, commas, colons or spaces between. A first
 * line whose third word is no number names the columns.
 */
final class RatingList {
    private final WordIndex users = new WordIndex();
    private final WordIndex items = new WordIndex();
    private int[] user = new int[1 << 10];
    private int[] item = new int[1 << 10];
    private float[] value = new float[1 << 10];
    private int size;

    private RatingList() {}

    /** @param name of the file, for messages */
    static Ratings read(InputStream in, String name) throws IOException {
        var list = new RatingList();
        new Lines(" \t,\r:;").read(in, (bytes, ends, count, line) -> list.add(bytes, ends, count, line, name));
        if (list.size == 0) {
            throw new DataException(name + ": there are no ratings in it");
        }
        return list.all();
    }

    private Ratings all() {
        return new Ratings(
                        List.copyOf(users.words()),
                        List.copyOf(items.words()),
                        users.size(),
                        items.size(),
                        user,
                        item,
                        value)
                .trimmed(size);
    }

    private void add(byte[] bytes, int[] ends, int count, long line, String name) throws DataException {
        float number = count < 3 ? Float.NaN : number(Lines.text(bytes, ends[4], ends[5]));
        if (!Float.isFinite(number)) {
            if (line == 1) {
                return; // the names of the columns
            }
            throw new DataException(name + ":" + line + ": expected user, item and rating, found '"
                    + Lines.text(bytes, ends[0], ends[2 * count - 1]) + "'");
        }
        add(users.number(bytes, ends[0], ends[1]), items.number(bytes, ends[2], ends[3]), number);
    }

    private void add(int ofUser, int ofItem, float rating) {
        if (size == user.length) {
            user = Arrays.copyOf(user, 2 * size);
            item = Arrays.copyOf(item, 2 * size);
            value = Arrays.copyOf(value, 2 * size);
        }
        user[size] = ofUser;
        item[size] = ofItem;
        value[size++] = rating;
    }

    private static float number(String word) {
        try {
            return Float.parseFloat(word);
        } catch (NumberFormatException e) {
            return Float.NaN;
        }
    }
}
