package orrery.app.flags;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.data.ListOptions;
import orrery.data.TextOptions;
import picocli.CommandLine.Option;

/** Which columns ratings are in. */
public final class RatingColumns {
    @Option(
            names = "--user",
            paramLabel = "COLUMN",
            description = "The column of users (default: user, userId, ..., or the first).")
    @Nullable
    String user;

    @Option(
            names = "--item",
            paramLabel = "COLUMN",
            description = "The column of items (default: item, movieId, ..., or the second).")
    @Nullable
    String item;

    @Option(
            names = "--rating",
            paramLabel = "COLUMN",
            description = "The column of ratings (default: rating, score, ..., or the third).")
    @Nullable
    String rating;

    /** How ratings are read, each of which must be there. */
    public ListOptions options(TextOptions text) {
        Map<String, String> columns = new TreeMap<>();
        put(columns, "user", user);
        put(columns, "item", item);
        put(columns, "rating", rating);
        return ListOptions.defaults().with(text).with(columns);
    }

    static void put(Map<String, String> columns, String key, @Nullable String column) {
        if (column != null) {
            columns.put(key, column);
        }
    }
}
