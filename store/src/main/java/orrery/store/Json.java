package orrery.store;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as plain maps, lists, strings, numbers and booleans. */
public final class Json {
    private static final JSON ONE_LINE = JSON.std;
    private static final JSON PRETTY = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

    private Json() {}

    /** The value on one line. Values that are not numbers, such as NaN, become strings. */
    public static String line(Object value) {
        return write(ONE_LINE, value);
    }

    /** The value over several lines, for people. */
    public static String pretty(Object value) {
        return write(PRETTY, value) + "\n";
    }

    private static String write(JSON json, Object value) {
        try {
            return json.asString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A value as an object with names.
     *
     * @param key what it is called, for the message
     * @throws IOException if it is none
     */
    public static Map<String, Object> map(@Nullable Object value, String where, String key) throws IOException {
        if (value instanceof Map<?, ?> map) {
            var copy = new LinkedHashMap<String, Object>();
            map.forEach((k, v) -> copy.put(String.valueOf(k), v));
            return copy;
        }
        throw new IOException(where + ": '" + key + "' is missing or no object");
    }

    /** A value as a list; see {@link #map}. */
    public static List<?> list(@Nullable Object value, String where, String key) throws IOException {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new IOException(where + ": '" + key + "' is missing or no list");
    }

    /** A value as a number; see {@link #map}. */
    public static Number number(@Nullable Object value, String where, String key) throws IOException {
        if (value instanceof Number number) {
            return number;
        }
        throw new IOException(where + ": '" + key + "' is missing or no number");
    }

    /** A value as a whole number from {@code least} to {@code most}; see {@link #map}. */
    public static long whole(@Nullable Object value, String where, String key, long least, long most)
            throws IOException {
        boolean isWhole = value instanceof Integer || value instanceof Long;
        if (isWhole && value instanceof Number number && number.longValue() >= least && number.longValue() <= most) {
            return number.longValue();
        }
        throw new IOException(where + ": '" + key + "' must be a whole number from " + least + " to " + most
                + ", found " + shortened(value));
    }

    private static String shortened(@Nullable Object value) {
        String text = String.valueOf(value);
        return Printable.of(text.length() > 60 ? text.substring(0, 60) + "..." : text);
    }

    /** Reads one object; {@code where} names its place in the message of the exception. */
    public static Map<String, Object> object(String text, String where) throws IOException {
        Map<String, Object> object;
        try {
            object = JSON.std.mapFrom(text);
        } catch (IOException | RuntimeException e) { // such as of nesting that is too deep
            throw new IOException(where + ": is damaged: not a JSON object", e);
        }
        if (object == null) { // of the text null
            throw new IOException(where + ": is damaged: not a JSON object but " + shortened(text.strip()));
        }
        return object;
    }
}
