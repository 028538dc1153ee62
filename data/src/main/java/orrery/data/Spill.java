package orrery.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;

/**
 * Examples that are on this machine's disk, packed batch by batch, for as long as a run goes: what need not be in memory and
 * cannot be read again from where it came. For {@link AsyncReader}.
 *
 * @param features of the examples: all numbers are below this
 * @param batches how many there are
 * @param examples of all batches together
 */
public record Spill(Path file, int features, long batches, long examples) implements AutoCloseable {
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
        long batches = 0;
        long examples = 0;
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (var batch = giver.next(); batch != null; batch = giver.next()) {
                for (var part : batch.parts()) {
                    write(channel, part);
                    batches++;
                    examples += part.size();
                }
            }
        }
        return new Spill(file, features, batches, examples);
    }

    private static void write(FileChannel channel, Part part) throws IOException {
        var weights = part.weights();
        int n = part.size();
        int nonZeros = part.nonZeros();
        var buffer =
                buffer(n, nonZeros, weights != null).putInt(n).putInt(nonZeros).putInt(weights == null ? 0 : 1);
        for (int i = 0; i <= n; i++) {
            buffer.putInt(part.offsets()[i]);
        }
        for (int k = 0; k < nonZeros; k++) {
            buffer.putInt(part.indices()[k]);
        }
        for (int k = 0; k < nonZeros; k++) {
            buffer.putFloat(part.values()[k]);
        }
        for (int i = 0; i < n; i++) {
            buffer.putFloat(part.labels()[i]);
        }
        for (int i = 0; weights != null && i < n; i++) {
            buffer.putFloat(weights[i]);
        }
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static ByteBuffer buffer(int examples, int nonZeros, boolean hasWeights) {
        return little(HEAD + Math.toIntExact(bytes(examples, nonZeros, hasWeights)));
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Behind the head. */
    private static long bytes(int examples, int nonZeros, boolean hasWeights) {
        return Integer.BYTES * (1L + (hasWeights ? 3L : 2L) * examples + 2L * nonZeros);
    }

    /** For a reader. */
    public AsyncReader.Passes passes() {
        return () -> new Pass(FileChannel.open(file, StandardOpenOption.READ), features);
    }

    private static final class Pass implements AsyncReader.Pass {
        private final FileChannel channel;
        private final int features;
        private ByteBuffer buffer = little(1 << 16); // used again

        Pass(FileChannel channel, int features) {
            this.channel = channel;
            this.features = features;
        }

        @Override
        public AsyncReader.@Nullable Batch next() throws IOException {
            if (channel.position() == channel.size()) {
                return null;
            }
            var head = read(HEAD);
            int n = head.getInt();
            int nonZeros = head.getInt();
            boolean hasWeights = head.getInt() != 0;
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
            if (buffer.capacity() < bytes) {
                buffer = little(Math.max(bytes, 2 * Math.min(buffer.capacity(), 1 << 29)));
            }
            buffer.clear().limit(bytes);
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
