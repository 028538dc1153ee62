package orrery.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;

/**
 * Examples that are on this machine's disk, packed batch by batch, for as long as a run goes: what need not be in memory and
 * cannot be read again from where it came. For {@link AsyncReader}.
 *
 * @param features of the examples: all numbers are below this
 * @param batches how many there are
 * @param examples of all batches together
 * @param sum a check sum of all that is in it
 */
public record Spill(Path file, int features, long batches, long examples, String sum) implements AutoCloseable {
    private static final int HEAD = 3 * Integer.BYTES; // examples, features in them, whether they have weights

    /** Gives examples, a few at a time. */
    @FunctionalInterface
    public interface Giver {
        /** The next; null if there are no more. */
        @Nullable
        Examples next() throws IOException;
    }

    /** Writes what is given, each as a batch, to a file that must not be there. */
    public static Spill write(Path file, int features, Giver giver) throws IOException {
        try (var writer = new Writer(file)) {
            for (var batch = giver.next(); batch != null; batch = giver.next()) {
                for (var part : batch.parts()) {
                    writer.add(part);
                }
            }
            return writer.end(features);
        }
    }

    /** Takes batches one after another. What groups examples is not kept. */
    static final class Writer implements AutoCloseable {
        private final Path file;
        private final FileChannel channel;
        private final CRC32C crc = new CRC32C();
        private long batches;
        private long examples;
        private ByteBuffer buffer = little(1 << 16); // used again

        Writer(Path file) throws IOException {
            this.file = file;
            channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        }

        void add(Part part) throws IOException {
            var weights = part.weights();
            int n = part.size();
            int nonZeros = part.nonZeros();
            buffer = room(buffer, HEAD + Math.toIntExact(bytes(n, nonZeros, weights != null)));
            buffer.putInt(n).putInt(nonZeros).putInt(weights == null ? 0 : 1);
            put(part.offsets(), n + 1);
            put(part.indices(), nonZeros);
            put(part.values(), nonZeros);
            put(part.labels(), n);
            if (weights != null) {
                put(weights, n);
            }
            buffer.flip();
            crc.update(buffer.duplicate());
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            batches++;
            examples += n;
        }

        private void put(int[] values, int count) {
            buffer.asIntBuffer().put(values, 0, count);
            buffer.position(buffer.position() + count * Integer.BYTES);
        }

        private void put(float[] values, int count) {
            buffer.asFloatBuffer().put(values, 0, count);
            buffer.position(buffer.position() + count * Float.BYTES);
        }

        Path file() {
            return file;
        }

        Spill end(int features) {
            return new Spill(file, features, batches, examples, String.format("packed crc32c:%08x", crc.getValue()));
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** A cleared buffer with room for so many bytes, the same if it has. */
    private static ByteBuffer room(ByteBuffer buffer, int bytes) {
        return buffer.capacity() >= bytes
                ? buffer.clear()
                : little(Math.max(bytes, 2 * Math.min(buffer.capacity(), 1 << 29)));
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Behind the head. */
    private static long bytes(int examples, int nonZeros, boolean hasWeights) {
        return Integer.BYTES * (1L + (hasWeights ? 3L : 2L) * examples + 2L * nonZeros);
    }

    /** All batches, for a reader. */
    public AsyncReader.Passes passes() {
        return passes(0, 1);
    }

    /** Each {@code count}th batch, from the {@code index}th on: those of one of {@code count} workers. */
    public AsyncReader.Passes passes(int index, int count) {
        return () -> new Pass(FileChannel.open(file, StandardOpenOption.READ), features, index, count);
    }

    private static final class Pass implements AsyncReader.Pass {
        private final FileChannel channel;
        private final int features;
        private final int count;
        private int skip; // batches before the next that is wanted
        private ByteBuffer buffer = little(1 << 16); // used again

        Pass(FileChannel channel, int features, int index, int count) {
            this.channel = channel;
            this.features = features;
            this.count = count;
            skip = index;
        }

        @Override
        public AsyncReader.@Nullable Batch next() throws IOException {
            for (; channel.position() < channel.size(); skip--) {
                var head = read(HEAD);
                int n = head.getInt();
                int nonZeros = head.getInt();
                boolean hasWeights = head.getInt() != 0;
                if (skip == 0) {
                    skip = count - 1;
                    return batch(n, nonZeros, hasWeights);
                }
                channel.position(channel.position() + bytes(n, nonZeros, hasWeights));
            }
            return null;
        }

        private AsyncReader.Batch batch(int n, int nonZeros, boolean hasWeights) throws IOException {
            var from = read(Math.toIntExact(bytes(n, nonZeros, hasWeights)));
            var part = new Part(
                    ints(from, n + 1),
                    ints(from, nonZeros),
                    floats(from, nonZeros),
                    floats(from, n),
                    hasWeights ? floats(from, n) : null,
                    null);
            int largest = -1;
            for (int index : part.indices()) {
                largest = Math.max(largest, index);
            }
            return new AsyncReader.Batch(Examples.of(List.of(part), features), largest);
        }

        private ByteBuffer read(int bytes) throws IOException {
            buffer = room(buffer, bytes);
            buffer.limit(bytes);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw new DataException("a file of packed examples ends in the midst of a batch");
                }
            }
            return buffer.flip();
        }

        private static int[] ints(ByteBuffer from, int count) {
            var values = new int[count];
            from.asIntBuffer().get(values);
            from.position(from.position() + count * Integer.BYTES);
            return values;
        }

        private static float[] floats(ByteBuffer from, int count) {
            var values = new float[count];
            from.asFloatBuffer().get(values);
            from.position(from.position() + count * Float.BYTES);
            return values;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Deletes the file. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }
}
