package orrery.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.store.Json;
import orrery.table.Node;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * What coordinator and members tell each other: a kind and its values, as one JSON object in one control frame. There are
 * few of them, at cuts and for leases, and people read them when something is wrong.
 */
record Message(String kind, Map<String, Object> values) {
    static final int TYPE = Node.FIRST_TYPE;

    /** A piece of a worker's state that moves. Header: request = worker, block = placement's version. */
    static final int LOCALS = TYPE + 1;

    static Message of(String kind) {
        return new Message(kind, new LinkedHashMap<>());
    }

    Message with(String name, Object value) {
        values.put(name, value);
        return this;
    }

    Frame frame(int epoch) {
        var all = new LinkedHashMap<String, Object>();
        all.put("kind", kind);
        all.putAll(values);
        var text = Json.line(all).getBytes(StandardCharsets.UTF_8);
        return Frame.of(TYPE, Lane.CONTROL, Integer.BYTES + text.length)
                .epoch(epoch)
                .putInt(text.length)
                .putBytes(text);
    }

    /** Reads a frame, which stays open. */
    static Message read(Frame frame) throws IOException {
        var all = new LinkedHashMap<>(Json.object(frame.getText(), "a message"));
        return new Message(String.valueOf(all.remove("kind")), all);
    }

    long number(String name) {
        return values.get(name) instanceof Number number ? number.longValue() : 0;
    }

    String text(String name) {
        return String.valueOf(values.getOrDefault(name, ""));
    }

    boolean flag(String name) {
        return Boolean.TRUE.equals(values.get(name));
    }

    List<Object> list(String name) {
        return values.get(name) instanceof List<?> list ? new ArrayList<>(list) : List.of();
    }

    List<Long> numbers(String name) {
        return list(name).stream().map(n -> ((Number) n).longValue()).toList();
    }

    Map<String, Object> map(String name) {
        return asMap(values.get(name));
    }

    static Map<String, Object> asMap(@Nullable Object value) {
        var copy = new LinkedHashMap<String, Object>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((k, v) -> copy.put(String.valueOf(k), v));
        }
        return copy;
    }
}
