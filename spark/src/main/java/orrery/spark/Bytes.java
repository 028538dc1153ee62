package orrery.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.io.UncheckedIOException;

/**
 * Values as bytes. Spark's serializer is the user's choice, and some choices cannot carry our classes (Kryo knows no
 * records, and may demand that every class is registered); an array of bytes it can carry always.
 */
final class Bytes {
    private Bytes() {}

    static byte[] of(Serializable value) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be written: " + value.getClass(), e);
        }
        return bytes.toByteArray();
    }

    /** The value of which these are the bytes. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the sender and the receiver are one class
    static <T> T value(byte[] bytes) {
        try (var in = new Reading(bytes)) {
            return (T) in.readObject();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot be read", e);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("this JVM has another version of Orrery: " + e.getMessage(), e);
        }
    }

    /** Finds our classes where this class is, whatever class loader asks. */
    private static final class Reading extends ObjectInputStream {
        Reading(byte[] bytes) throws IOException {
            super(new ByteArrayInputStream(bytes));
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass of) throws IOException, ClassNotFoundException {
            try {
                return Class.forName(of.getName(), false, Bytes.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                return super.resolveClass(of);
            }
        }
    }
}
