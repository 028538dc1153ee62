package orrery.engine.members;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.store.Json;
import orrery.table.Node;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * The one form in which {@link Order}s and {@link Report}s travel: a JSON object of one name, the record's, whose value has
 * the record's components by their names. They are few, at cuts and for leases, and people read them when something is
 * wrong. What is no record of the interface, lacks a component or has one of another type is refused.
 *
 * <p>Components are numbers, booleans, texts, durations, records, lists, and maps from texts. Doubles travel as their bits.
 */
final class Codec {
    /** The type of their frames. */
    static final int TYPE = Node.FIRST_TYPE;

    private static final String KIND = "kind";

    private Codec() {}

    static Frame frame(Record message, int epoch) {
        var text = text(message).getBytes(StandardCharsets.UTF_8);
        return Frame.of(TYPE, Lane.CONTROL, Integer.BYTES + text.length)
                .epoch(epoch)
                .putInt(text.length)
                .putBytes(text);
    }

    static String text(Record message) {
        var all = new LinkedHashMap<String, Object>();
        all.put(KIND, message.getClass().getSimpleName());
        all.putAll(values(message));
        return Json.line(all);
    }

    /** Reads a frame, which stays open. */
    static <T> T read(Class<T> kinds, Frame frame) throws IOException {
        return read(kinds, frame.getText());
    }

    static <T> T read(Class<T> kinds, String text) throws IOException {
        var all = Json.object(text, "a message");
        var kind = all.get(KIND);
        for (var type : kinds.getPermittedSubclasses()) {
            if (type.getSimpleName().equals(kind)) {
                return kinds.cast(record(type, all));
            }
        }
        throw new IOException("a message of kind '" + kind + "' is unknown here");
    }

    // To JSON

    private static Map<String, Object> values(Record record) {
        var values = new LinkedHashMap<String, Object>();
        for (var component : record.getClass().getRecordComponents()) {
            try {
                values.put(component.getName(), value(component.getAccessor().invoke(record)));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(record + " cannot be sent", e);
            }
        }
        return values;
    }

    private static Object value(Object of) {
        return switch (of) {
            case Record record -> values(record);
            case Duration duration -> duration.toNanos();
            case Double number -> String.valueOf(Double.doubleToRawLongBits(number));
            case List<?> list -> list.stream().map(Codec::value).toList();
            case Map<?, ?> map -> {
                var copy = new LinkedHashMap<String, Object>();
                map.forEach((name, value) -> copy.put(String.valueOf(name), value(value)));
                yield copy;
            }
            default -> of;
        };
    }

    // From JSON

    private static Object record(Class<?> type, Map<String, Object> values) throws IOException {
        var components = type.getRecordComponents();
        var arguments = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String name = components[i].getName();
            arguments[i] = read(components[i].getGenericType(), values.get(name), type.getSimpleName() + "." + name);
        }
        try {
            var types = Arrays.stream(components).map(c -> c.getType()).toArray(Class<?>[]::new);
            return type.getDeclaredConstructor(types).newInstance(arguments);
        } catch (ReflectiveOperationException e) {
            throw new IOException("a message of kind '" + type.getSimpleName() + "' cannot be read", e);
        }
    }

    private static Object read(Type type, @Nullable Object value, String where) throws IOException {
        if (type instanceof ParameterizedType generic) {
            var arguments = generic.getActualTypeArguments();
            if (generic.getRawType() == List.class) {
                var list = new ArrayList<Object>();
                for (var one : Json.list(value, "a message", where)) {
                    list.add(read(arguments[0], one, where));
                }
                return list;
            }
            var map = new LinkedHashMap<String, Object>();
            for (var entry : Json.map(value, "a message", where).entrySet()) {
                map.put(entry.getKey(), read(arguments[1], entry.getValue(), where));
            }
            return map;
        }
        if (type instanceof Class<?> single && single.isRecord()) {
            return record(single, Json.map(value, "a message", where));
        }
        return switch (value) {
            case Number number
            when type == int.class || type == Integer.class ->
                (int) Json.whole(number, "a message", where, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case Number number
            when type == long.class || type == Long.class ->
                Json.whole(number, "a message", where, Long.MIN_VALUE, Long.MAX_VALUE);
            case Number number when type == Duration.class -> Duration.ofNanos(number.longValue());
            case Boolean flag when type == boolean.class -> flag;
            case String text when type == String.class -> text;
            case String bits
            when (type == double.class || type == Double.class) && bits.matches("-?[0-9]{1,19}") ->
                Double.longBitsToDouble(Long.parseLong(bits));
            case null, default -> throw new IOException("a message: '" + where + "' is missing or of another type");
        };
    }
}
