package orrery.spark;

import java.io.Serializable;
import java.lang.ref.SoftReference;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;

/**
 * A value that is sent to each executor once, as {@link Bytes}, and made ready there once for all tasks. Thread-safe.
 *
 * @param <T> what the value is made into
 */
final class Sent<T> implements Serializable, AutoCloseable {
    private static final long serialVersionUID = 1;
    private static final Map<String, SoftReference<Object>> READY = new ConcurrentHashMap<>(); // by id

    private final String id = UUID.randomUUID().toString(); // numbers of broadcasts begin again with an application
    private final Broadcast<byte[]> bytes;
    private final Making<?, T> making;

    /** What makes a value ready for use. */
    @FunctionalInterface
    interface Making<V, T> extends Function<V, T>, Serializable {}

    private Sent(Broadcast<byte[]> bytes, Making<?, T> making) {
        this.bytes = bytes;
        this.making = making;
    }

    static <V extends Serializable> Sent<V> of(JavaSparkContext context, V value) {
        return of(context, value, same -> same);
    }

    /** @param making done once in each executor */
    static <V extends Serializable, T> Sent<T> of(JavaSparkContext context, V value, Making<V, T> making) {
        return new Sent<>(context.broadcast(Bytes.of(value)), making);
    }

    /** The value, in an executor or in the driver. */
    T value() {
        var known = known();
        if (known == null) {
            synchronized (READY) {
                known = known();
                if (known == null) {
                    known = made(making);
                    READY.values().removeIf(ready -> ready.get() == null);
                    READY.put(id, new SoftReference<>(known));
                }
            }
        }
        return known;
    }

    private <V> T made(Making<V, T> made) {
        return made.apply(Bytes.<V>value(bytes.getValue()));
    }

    @SuppressWarnings("unchecked") // only this class puts it there, under its own id
    private @Nullable T known() {
        var ready = READY.get(id);
        return ready == null ? null : (T) ready.get();
    }

    /** Nobody needs it any more, here and on the executors. */
    @Override
    public void close() {
        READY.remove(id);
        bytes.destroy();
    }
}
