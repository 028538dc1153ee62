package orrery.engine.train;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.table.Node;
import orrery.table.hold.StoredRows;
import orrery.table.hold.Table;
import orrery.table.hold.TableRows;
import orrery.table.spec.TableSpec;

/**
 * Rows of a model by key, wherever they are: weights of features, or embeddings of categories. Safe for use by many threads.
 */
public sealed interface KeyedRows extends Serializable {
    /** Copies the rows of {@code keys[0..count)} to {@code out}; of keys that the model does not know, zeros. */
    void gather(long[] keys, int count, float[] out) throws IOException;

    /** Copies the row of a key to {@code into}, and says whether there is one: a row of zeros counts as none. */
    default boolean has(long key, float[] into) {
        try {
            gather(new long[] {key}, 1, into);
        } catch (IOException e) {
            throw new UncheckedIOException("the model's rows cannot be read: " + e.getMessage(), e);
        }
        for (float value : into) {
            if (value != 0) {
                return true;
            }
        }
        return false;
    }

    /** Visits the keys of all rows. */
    default void forEachKey(LongConsumer action) {
        try {
            forEachRow((key, _) -> action.accept(key));
        } catch (IOException e) {
            throw new UncheckedIOException("the model's rows cannot be read: " + e.getMessage(), e);
        }
    }

    /** Visits all rows: of numbered rows all, of those with keys the ones that were learned. */
    void forEachRow(TableRows.Action action) throws IOException;

    /** A sum of all of it. */
    String sum();

    private static String sum(long[] keys, float[] values) {
        var crc = new CRC32C();
        var bytes = ByteBuffer.allocate(1 << 16);
        for (int from = 0, n; from < keys.length; from += n) {
            n = Math.min(keys.length - from, 1 << 13);
            bytes.clear().asLongBuffer().put(keys, from, n);
            crc.update(bytes.limit(n * Long.BYTES));
        }
        for (int from = 0, n; from < values.length; from += n) {
            n = Math.min(values.length - from, 1 << 14);
            bytes.clear().asFloatBuffer().put(values, from, n);
            crc.update(bytes.limit(n * Float.BYTES));
        }
        return String.format("crc32c:%08x", crc.getValue());
    }

    /** Side by side, by number. */
    record Dense(float[] values, int width) implements KeyedRows {
        @Override
        public String sum() {
            return KeyedRows.sum(new long[0], values);
        }

        @Override
        public void gather(long[] keys, int count, float[] out) {
            for (int i = 0; i < count; i++) {
                if (keys[i] >= 0 && keys[i] < values.length / width) {
                    System.arraycopy(values, (int) keys[i] * width, out, i * width, width);
                } else {
                    Arrays.fill(out, i * width, (i + 1) * width, 0);
                }
            }
        }

        @Override
        public void forEachRow(TableRows.Action action) throws IOException {
            var row = new float[width];
            for (int f = 0; f < values.length / width; f++) {
                System.arraycopy(values, f * width, row, 0, width);
                action.row(f, row);
            }
        }
    }

    /** By keys, which ascend. */
    record Sparse(long[] keys, float[] values, int width) implements KeyedRows {
        /** The rows of a sparse table that have memory, of all members. */
        public static Sparse of(Node node, Table table) {
            int rows = Math.toIntExact(node.residentRows(table));
            var keys = new long[rows];
            var at = new int[1];
            try {
                node.forEachRow(table, (key, row) -> keys[at[0]++] = key);
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e); // memory does not fail
            }
            Arrays.sort(keys);
            int width = table.spec().width();
            var values = new float[Math.multiplyExact(rows, width)];
            node.gather(table, keys, values);
            return new Sparse(keys, values, width);
        }

        @Override
        public String sum() {
            return KeyedRows.sum(keys, values);
        }

        @Override
        public void gather(long[] of, int count, float[] out) {
            for (int i = 0; i < count; i++) {
                int at = Arrays.binarySearch(keys, of[i]);
                if (at >= 0) {
                    System.arraycopy(values, at * width, out, i * width, width);
                } else {
                    Arrays.fill(out, i * width, (i + 1) * width, 0);
                }
            }
        }

        @Override
        public void forEachRow(TableRows.Action action) throws IOException {
            var row = new float[width];
            for (int i = 0; i < keys.length; i++) {
                System.arraycopy(values, i * width, row, 0, width);
                action.row(keys[i], row);
            }
        }
    }

    /** In files, of which no more than some pages are in memory. */
    final class InParts implements KeyedRows {
        private static final long serialVersionUID = 1;

        private final ModelParts parts;
        private final String table;
        private final long rows; // or TableSpec.OPEN
        private final int width;
        private transient @Nullable StoredRows open;

        /**
         * @param table whose rows they are
         * @param rows how many rows there are; {@link TableSpec#OPEN} for any key
         */
        public InParts(ModelParts parts, String table, long rows, int width) {
            this.parts = parts;
            this.table = table;
            this.rows = rows;
            this.width = width;
        }

        @Override
        public String sum() {
            return parts.sum();
        }

        public ModelParts parts() {
            return parts;
        }

        /** Whether only some keys have a row. */
        public boolean areByKey() {
            return rows == TableSpec.OPEN;
        }

        private TableSpec spec() {
            return rows == TableSpec.OPEN
                    ? TableSpec.sparse(table, width)
                    : TableSpec.dense(table, Math.max(1, rows), width);
        }

        /** Opens the files, of which some pages are kept; they are closed when nobody has the model any more. */
        private StoredRows open() throws IOException {
            var now = open;
            if (now == null) {
                now = parts.rows(spec());
                open = now;
            }
            return now;
        }

        @Override
        public synchronized void gather(long[] keys, int count, float[] out) throws IOException {
            var from = open();
            for (int i = 0; i < count; i++) {
                if (rows == TableSpec.OPEN || (keys[i] >= 0 && keys[i] < rows)) {
                    from.gather(keys, i, i + 1, out, i * width);
                } else {
                    Arrays.fill(out, i * width, (i + 1) * width, 0);
                }
            }
        }

        @Override
        public synchronized void forEachRow(TableRows.Action action) throws IOException {
            open().forEachRow(action);
        }
    }
}
