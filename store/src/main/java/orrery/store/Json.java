package orrery.store;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

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

    /** Reads one object; {@code where} names its place in the message of the exception. */
    public static Map<String, Object> object(String text, String where) throws IOException {
        try {
            return JSON.std.mapFrom(text);
        } catch (IOException e) {
            throw new IOException(where + ": is damaged: not a JSON object", e);
        }
    }
}
