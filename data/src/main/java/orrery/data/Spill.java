package orrery.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.store.ScratchFile;
import orrery.store.Storage;
import orrery.store.Unwritable;

/**
 * Examples that are on this machine's disk, packed batch by batch, until this is closed: what need not be in memory and
 * cannot be read again from where it came. For {@link AsyncReader}. The file has no name, so that nothing of it stays
 * behind, however the process ends; it is mapped, so that many read at once. Safe for use by many threads.
 */
public final class Spill implements AutoCloseable {
    private static final int HEAD =
            5 * Integer.BYTES; // examples, features in them, whether they have weights, keys, first
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena = Arena.ofShared();
    private final MemorySegment bytes;
    private final int features;
    private final long batches;
    private final long examples;
    private final String sum;

    private Spill(FileChannel file, int features, long batches, long examples, String sum) throws IOException {
        bytes = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena);
        this.features = features;
        this.batches = batches;
        this.examples = examples;
        this.sum = sum;
    }

    /** How many batches there are. */
    public long batches() {
        return batches;
    }

    /** Examples of all batches together. */
    public long examples() {
        return examples;
    }

    /** A check sum of all that is in it. */
    public String sum() {
        return sum;
    }

    /** Gives examples, a few at a time. */
    @FunctionalInterface
    public interface Giver {
        /** The next; null if there are no more. */
        @Nullable
        Examples next() throws IOException;
    }

    /**
     * Writes what is given, each as a batch, to a folder's disk.
     *
     * @param features of the examples: all numbers are below this
     */
    public static Spill write(Path folder, int features, Giver giver) throws IOException {
        try (var writer = new Writer(folder)) {
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
        private static final int MOST_BYTES = Integer.MAX_VALUE - 8;

        private final Path where;
        private final FileChannel channel;
        private final CRC32C crc = new CRC32C();
        private long batches;
        private long examples;
        private ByteBuffer buffer = little(1 << 16); // used again

        Writer(Path folder) throws IOException {
            channel = ScratchFile.in(folder);
            where = folder;
        }

        void add(Part part) throws IOException {
            var weights = part.weights();
            int n = part.size();
            int nonZeros = part.nonZeros();
            var keyed = part.keyed();
            int keys = keyed == null ? -1 : keyed.keys().length;
            long length = HEAD + bytesOf(n, nonZeros, weights != null, keys);
            if (length > MOST_BYTES) {
                throw new DataException("a batch of " + n + " examples takes " + length
                        + " bytes packed, more than 2 GiB; take smaller batches");
            }
            buffer = buffer.capacity() >= length
                    ? buffer.clear()
                    : little((int) Math.min(MOST_BYTES, Math.max(length, 2L * buffer.capacity())));
            buffer.putInt(n).putInt(nonZeros).putInt(weights == null ? 0 : 1);
            buffer.putInt(keys).putInt(keyed == null ? 0 : keyed.first());
            put(part.offsets(), n + 1);
            put(part.indices(), nonZeros);
            put(part.values(), nonZeros);
            buffer.asDoubleBuffer().put(part.labels(), 0, n);
            buffer.position(buffer.position() + n * Double.BYTES);
            if (weights != null) {
                put(weights, n);
            }
            if (keyed != null) {
                buffer.asLongBuffer().put(keyed.keys());
                buffer.position(buffer.position() + keys * Long.BYTES);
            }
            buffer.flip();
            crc.update(buffer.duplicate());
            try {
                Storage.writeFully(channel, buffer);
            } catch (IOException e) {
                throw Unwritable.at(
                        where + " (packed examples; -Djava.io.tmpdir=DIR in ORRERY_JAVA_OPTS moves them)", e);
            }
            batches++;
            examples += n;
        }

        private static ByteBuffer little(int bytes) {
            return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        private void put(int[] values, int count) {
            buffer.asIntBuffer().put(values, 0, count);
            buffer.position(buffer.position() + count * Integer.BYTES);
        }

        private void put(float[] values, int count) {
            buffer.asFloatBuffer().put(values, 0, count);
            buffer.position(buffer.position() + count * Float.BYTES);
        }

        long examples() {
            return examples;
        }

        /** Bytes so far. */
        long size() throws IOException {
            return channel.position();
        }

        /** What has been written; it outlives the writer. */
        Spill end(int features) throws IOException {
            return new Spill(channel, features, batches, examples, String.format("packed crc32c:%08x", crc.getValue()));
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Behind the head. */
    private static long bytesOf(int examples, int nonZeros, boolean hasWeights, int keys) {
        return Integer.BYTES * (1L + (hasWeights ? 4L : 3L) * examples + 2L * nonZeros)
                + (long) Math.max(0, keys) * Long.BYTES;
    }

    /** All batches, for a reader. */
    public AsyncReader.Passes passes() {
        return passes(0, 1);
    }

    /** Each {@code count}th batch, from the {@code index}th on: those of one of {@code count} workers. */
    public AsyncReader.Passes passes(int index, int count) {
        return () -> new Pass(index, count);
    }

    private final class Pass implements AsyncReader.Pass {
        private final int count;
        private int skip; // batches before the next that is wanted
        private long at;

        Pass(int index, int count) {
            this.count = count;
            skip = index;
        }

        @Override
        public AsyncReader.@Nullable Batch next() {
            for (; at < bytes.byteSize(); skip--) {
                int n = bytes.get(INT, at);
                int nonZeros = bytes.get(INT, at + Integer.BYTES);
                boolean hasWeights = bytes.get(INT, at + 2 * Integer.BYTES) != 0;
                int keys = bytes.get(INT, at + 3 * Integer.BYTES);
                int firstKey = bytes.get(INT, at + 4 * Integer.BYTES);
                at += HEAD;
                if (skip == 0) {
                    skip = count - 1;
                    return batch(n, nonZeros, hasWeights, keys, firstKey);
                }
                at += bytesOf(n, nonZeros, hasWeights, keys);
            }
            return null;
        }

        private AsyncReader.Batch batch(int n, int nonZeros, boolean hasWeights, int keys, int firstKey) {
            var part = new Part(
                    ints(n + 1), ints(nonZeros), floats(nonZeros), doubles(n), hasWeights ? floats(n) : null, null);
            part = keys < 0 ? part : part.with(new Examples.Keyed(firstKey, longs(keys)));
            int largest = -1;
            for (int index : part.indices()) {
                largest = Math.max(largest, index);
            }
            return new AsyncReader.Batch(Examples.of(List.of(part), features), largest);
        }

        private int[] ints(int length) {
            var values = new int[length];
            MemorySegment.copy(bytes, INT, at, values, 0, length);
            at += (long) length * Integer.BYTES;
            return values;
        }

        private long[] longs(int length) {
            var values = new long[length];
            MemorySegment.copy(bytes, LONG, at, values, 0, length);
            at += (long) length * Long.BYTES;
            return values;
        }

        private float[] floats(int length) {
            var values = new float[length];
            MemorySegment.copy(bytes, FLOAT, at, values, 0, length);
            at += (long) length * Float.BYTES;
            return values;
        }

        private double[] doubles(int length) {
            var values = new double[length];
            MemorySegment.copy(bytes, DOUBLE, at, values, 0, length);
            at += (long) length * Double.BYTES;
            return values;
        }

        @Override
        public void close() {}
    }

    /** Gives the disk back; whoever reads still gets an exception. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
