package orrery.store;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * An open file of named tensors, in the safetensors layout: the length of the header (8 bytes, little-endian), the
 * header in JSON ({@code name: {dtype, shape, data_offsets}} and {@code __metadata__}), the tensors' bytes. Reading
 * runs no code of the file's. Confined to one thread.
 */
public final class Safetensors implements Closeable {
    private static final int LARGEST_HEADER = 100_000_000; // as the reference reader has it
    private static final int BUFFER = 1 << 18;

    private final SeekableByteChannel file;
    private final String where;
    private final long dataStart;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);

    private record Entry(Type type, long[] shape, long start, long end) {}

    /** Element types that are used here; the format knows more. */
    public enum Type {
        F32(4),
        F64(8),
        I32(4),
        I64(8),
        U8(1);

        final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }
    }

    /** Copies elements into a buffer; called for consecutive ranges that cover the tensor once. */
    @FunctionalInterface
    public interface Source {
        void copy(long from, int count, ByteBuffer into);
    }

    /** A tensor that is to be written. */
    public record Tensor(String name, Type type, long[] shape, Source source) {

        long elements() {
            return product(shape);
        }

        /** A tensor over a whole array; {@code shape} is that of a vector if none is given. */
        public static Tensor floats(String name, float[] values, long... shape) {
            return new Tensor(name, Type.F32, orVector(shape, values.length), (from, count, into) -> {
                into.asFloatBuffer().put(values, (int) from, count);
                into.position(into.position() + Float.BYTES * count);
            });
        }

        public static Tensor doubles(String name, double[] values, long... shape) {
            return new Tensor(name, Type.F64, orVector(shape, values.length), (from, count, into) -> {
                into.asDoubleBuffer().put(values, (int) from, count);
                into.position(into.position() + Double.BYTES * count);
            });
        }

        public static Tensor ints(String name, int[] values, long... shape) {
            return new Tensor(name, Type.I32, orVector(shape, values.length), (from, count, into) -> {
                into.asIntBuffer().put(values, (int) from, count);
                into.position(into.position() + Integer.BYTES * count);
            });
        }

        public static Tensor longs(String name, long[] values, long... shape) {
            return new Tensor(name, Type.I64, orVector(shape, values.length), (from, count, into) -> {
                into.asLongBuffer().put(values, (int) from, count);
                into.position(into.position() + Long.BYTES * count);
            });
        }

        public static Tensor bytes(String name, byte[] values) {
            return new Tensor(
                    name,
                    Type.U8,
                    new long[] {values.length},
                    (from, count, into) -> into.put(values, (int) from, count));
        }

        private static long[] orVector(long[] shape, int length) {
            return shape.length == 0 ? new long[] {length} : shape;
        }
    }

    /** Writes tensors, in the order given. */
    public static void write(WritableByteChannel out, Map<String, String> metadata, List<Tensor> tensors)
            throws IOException {
        var header = new LinkedHashMap<String, Object>();
        if (!metadata.isEmpty()) {
            header.put("__metadata__", metadata);
        }
        long at = 0;
        for (var tensor : tensors) {
            long end = at + tensor.elements() * tensor.type().bytes;
            var entry = new LinkedHashMap<String, Object>(); // in this order: equal tensors make equal files
            entry.put("dtype", tensor.type().name());
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", new long[] {at, end});
            header.put(tensor.name(), entry);
            at = end;
        }
        byte[] json = Json.line(header).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + 7) & ~7;
        var head = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(padded).put(json);
        while (head.hasRemaining()) {
            head.put((byte) ' ');
        }
        Storage.writeFully(out, head.flip());
        var buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
        for (var tensor : tensors) {
            int chunk = BUFFER / tensor.type().bytes;
            for (long from = 0; from < tensor.elements(); from += chunk) {
                tensor.source().copy(from, (int) Math.min(chunk, tensor.elements() - from), buffer.clear());
                Storage.writeFully(out, buffer.flip());
            }
        }
    }

    /** Opens a file and checks its header. */
    public static Safetensors open(Storage storage, String name) throws IOException {
        var file = storage.read(name);
        try {
            return new Safetensors(file, storage.where(name));
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Opens what {@link #bytes} made; {@code where} names it in messages. */
    public static Safetensors of(byte[] bytes, String where) throws IOException {
        return new Safetensors(new BytesChannel(bytes), where);
    }

    /** A file in memory. */
    public static byte[] bytes(Map<String, String> metadata, List<Tensor> tensors) {
        var channel = new BytesChannel(new byte[0]);
        try {
            write(channel, metadata, tensors);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return channel.toArray();
    }

    private Safetensors(SeekableByteChannel file, String where) throws IOException {
        this.file = file;
        this.where = where;
        if (file.size() < Long.BYTES) {
            throw new IOException(where + ": not a safetensors file: it has " + file.size() + " bytes");
        }
        long length = fill(Long.BYTES).getLong();
        if (length < 2 || length > Math.min(LARGEST_HEADER, file.size() - Long.BYTES)) {
            throw new IOException(where + ": not a safetensors file: its header would take " + length
                    + " bytes, the file has " + file.size());
        }
        var json = ByteBuffer.allocate((int) length);
        while (json.hasRemaining()) {
            if (file.read(json) < 0) {
                throw new EOFException(where + ": ends within its header");
            }
        }
        dataStart = Long.BYTES + length;
        var header = Json.object(new String(json.array(), StandardCharsets.UTF_8), where);
        for (var entry : header.entrySet()) {
            if (entry.getKey().equals("__metadata__")) {
                if (entry.getValue() instanceof Map<?, ?> map) {
                    map.forEach((key, value) -> metadata.put(String.valueOf(key), String.valueOf(value)));
                }
            } else {
                entries.put(entry.getKey(), entry(entry.getKey(), entry.getValue()));
            }
        }
        checkThatNothingOverlaps();
    }

    private Entry entry(String name, Object value) throws IOException {
        if (value instanceof Map<?, ?> map
                && map.get("dtype") instanceof String dtype
                && map.get("shape") instanceof List<?> shape
                && map.get("data_offsets") instanceof List<?> offsets
                && offsets.size() == 2) {
            for (var type : Type.values()) {
                if (type.name().equals(dtype)) {
                    long[] dimensions = longs(name, shape);
                    long[] range = longs(name, offsets);
                    if (range[1] < range[0] || range[1] - range[0] != bytes(dimensions, type)) {
                        throw new IOException(where + ": tensor '" + Printable.of(name) + "' of shape " + shape
                                + " cannot lie at " + offsets);
                    }
                    if (range[1] > file.size() - dataStart) {
                        throw new IOException(where + ": ends within tensor '" + Printable.of(name) + "': it has "
                                + (file.size() - dataStart) + " bytes of tensors, " + range[1] + " expected");
                    }
                    return new Entry(type, dimensions, range[0], range[1]);
                }
            }
            throw new IOException(where + ": tensor '" + Printable.of(name) + "' has type " + Printable.of(dtype)
                    + ", known are " + List.of(Type.values()));
        }
        throw new IOException(where + ": tensor '" + Printable.of(name) + "' lacks dtype, shape or data_offsets");
    }

    private long[] longs(String name, List<?> list) throws IOException {
        long[] values = new long[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    Json.whole(list.get(i), where + ": tensor '" + Printable.of(name) + "'", "size", 0, Long.MAX_VALUE);
        }
        return values;
    }

    private void checkThatNothingOverlaps() throws IOException {
        long end = 0;
        for (var entry : entries.entrySet()) {
            if (entry.getValue().start() != end) {
                throw new IOException(where + ": tensor '" + entry.getKey() + "' begins at "
                        + entry.getValue().start() + ", the one before it ends at " + end);
            }
            end = entry.getValue().end();
        }
        if (dataStart + end != file.size()) {
            throw new IOException(where + ": has " + (file.size() - dataStart - end) + " bytes behind its last tensor");
        }
    }

    public Map<String, String> metadata() {
        return metadata;
    }

    public Set<String> names() {
        return entries.keySet();
    }

    public long[] shape(String name) throws IOException {
        return find(name).shape().clone();
    }

    public Type type(String name) throws IOException {
        return find(name).type();
    }

    /** The file this is, for messages. */
    public String where() {
        return where;
    }

    private Entry find(String name) throws IOException {
        var entry = entries.get(name);
        if (entry == null) {
            throw new IOException(where + ": has no tensor '" + name + "', only " + entries.keySet());
        }
        return entry;
    }

    public float[] floats(String name) throws IOException {
        var values = new float[arrayLength(name)];
        floats(name, 0, values, 0, values.length);
        return values;
    }

    /** Reads elements {@code from} to {@code from + count} of a flat F32 tensor into {@code into}, from {@code at} on. */
    public void floats(String name, long from, float[] into, int at, int count) throws IOException {
        seek(name, Type.F32, from, count);
        for (int n; count > 0; at += n, count -= n) {
            n = Math.min(count, BUFFER / Float.BYTES);
            fill(n * Float.BYTES).asFloatBuffer().get(into, at, n);
        }
    }

    public double[] doubles(String name) throws IOException {
        var values = new double[arrayLength(name)];
        seek(name, Type.F64, 0, values.length);
        for (int at = 0, n; at < values.length; at += n) {
            n = Math.min(values.length - at, BUFFER / Double.BYTES);
            fill(n * Double.BYTES).asDoubleBuffer().get(values, at, n);
        }
        return values;
    }

    public int[] ints(String name) throws IOException {
        var values = new int[arrayLength(name)];
        ints(name, 0, values, 0, values.length);
        return values;
    }

    public void ints(String name, long from, int[] into, int at, int count) throws IOException {
        seek(name, Type.I32, from, count);
        for (int n; count > 0; at += n, count -= n) {
            n = Math.min(count, BUFFER / Integer.BYTES);
            fill(n * Integer.BYTES).asIntBuffer().get(into, at, n);
        }
    }

    public long[] longs(String name) throws IOException {
        var values = new long[arrayLength(name)];
        longs(name, 0, values, 0, values.length);
        return values;
    }

    public void longs(String name, long from, long[] into, int at, int count) throws IOException {
        seek(name, Type.I64, from, count);
        for (int n; count > 0; at += n, count -= n) {
            n = Math.min(count, BUFFER / Long.BYTES);
            fill(n * Long.BYTES).asLongBuffer().get(into, at, n);
        }
    }

    public byte[] bytes(String name) throws IOException {
        var values = new byte[arrayLength(name)];
        seek(name, Type.U8, 0, values.length);
        for (int at = 0, n; at < values.length; at += n) {
            n = Math.min(values.length - at, BUFFER);
            fill(n).get(values, at, n);
        }
        return values;
    }

    private int arrayLength(String name) throws IOException {
        long elements = product(find(name).shape());
        if (elements > Integer.MAX_VALUE - 8) {
            throw new IOException(
                    where + ": tensor '" + name + "' has " + elements + " elements, too many for one array");
        }
        return (int) elements;
    }

    private void seek(String name, Type type, long from, long count) throws IOException {
        var entry = find(name);
        if (entry.type() != type) {
            throw new IOException(where + ": tensor '" + name + "' has type " + entry.type() + ", not " + type);
        }
        if (from < 0 || count < 0 || from + count > product(entry.shape())) {
            throw new IndexOutOfBoundsException("tensor '" + name + "' has " + product(entry.shape())
                    + " elements, asked for " + count + " from " + from);
        }
        file.position(dataStart + entry.start() + from * type.bytes);
    }

    private ByteBuffer fill(int bytes) throws IOException {
        buffer.clear().limit(bytes);
        while (buffer.hasRemaining()) {
            if (file.read(buffer) < 0) {
                throw new EOFException(where + ": ends too early");
            }
        }
        return buffer.flip();
    }

    /** The bytes that a tensor takes; -1 if there is no file that large. */
    private static long bytes(long[] shape, Type type) {
        try {
            return Math.multiplyExact(product(shape), type.bytes);
        } catch (ArithmeticException e) {
            return -1;
        }
    }

    /** A sum of the tensors, and of the metadata but for what is left out. */
    public String sum(String leftOut) throws IOException {
        var sum = new ContentSum(metadata, leftOut);
        for (var entry : entries.entrySet()) {
            sum.tensor(entry.getKey(), entry.getValue().type(), entry.getValue().shape());
        }
        file.position(dataStart);
        for (long left = file.size() - dataStart; left > 0; ) {
            int n = (int) Math.min(left, BUFFER);
            sum.bytes(fill(n));
            left -= n;
        }
        return sum.text();
    }

    /** The same of what is to be written. */
    public static String sum(Map<String, String> metadata, List<Tensor> tensors) {
        var sum = new ContentSum(metadata, "");
        for (var tensor : tensors) {
            sum.tensor(tensor.name(), tensor.type(), tensor.shape());
        }
        var buffer = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
        for (var tensor : tensors) {
            int chunk = BUFFER / tensor.type().bytes;
            for (long from = 0; from < tensor.elements(); from += chunk) {
                tensor.source().copy(from, (int) Math.min(chunk, tensor.elements() - from), buffer.clear());
                sum.bytes(buffer.flip());
            }
        }
        return sum.text();
    }

    /** Sums up a file's content: its metadata by name, its tensors in their order, their bytes. */
    private static final class ContentSum {
        private final CRC32C crc = new CRC32C();

        ContentSum(Map<String, String> metadata, String leftOut) {
            new TreeMap<>(metadata).forEach((name, value) -> {
                if (!name.equals(leftOut)) {
                    text(name);
                    text(value);
                }
            });
        }

        void tensor(String name, Type type, long[] shape) {
            text(name);
            text(type + Arrays.toString(shape));
        }

        private void text(String text) {
            crc.update(text.getBytes(StandardCharsets.UTF_8));
            crc.update(0);
        }

        void bytes(ByteBuffer bytes) {
            crc.update(bytes);
        }

        String text() {
            return String.format("crc32c:%08x", crc.getValue());
        }
    }

    private static long product(long[] shape) {
        long product = 1;
        for (long dimension : shape) {
            product = Math.multiplyExact(product, dimension);
        }
        return product;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
