package orrery.learn.linear;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.learn.ModelParts;
import orrery.table.hold.StoredRows;
import orrery.table.hold.TableRows;
import orrery.table.spec.TableSpec;

/** The weights of a model by feature, wherever they are: a row has one per margin. Safe for use by many threads. */
sealed interface Weights extends Serializable {
    /** Copies the rows of {@code keys[0..count)} to {@code out}; of features that the model does not know, zeros. */
    void gather(long[] keys, int count, float[] out) throws IOException;

    /** Visits all rows: of numbered features all, of those with keys the ones that were learned. */
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

    /** Side by side, by the features' numbers. */
    record Dense(float[] values, int width) implements Weights {
        @Override
        public String sum() {
            return Weights.sum(new long[0], values);
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
    record Sparse(long[] keys, float[] values, int width) implements Weights {
        @Override
        public String sum() {
            return Weights.sum(keys, values);
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
    final class InParts implements Weights {
        private static final long serialVersionUID = 1;

        private final ModelParts parts;
        private final long rows; // or TableSpec.OPEN
        private final int width;
        private transient @Nullable StoredRows open;

        /** @param rows how many features there are; {@link TableSpec#OPEN} for any key */
        InParts(ModelParts parts, long rows, int width) {
            this.parts = parts;
            this.rows = rows;
            this.width = width;
        }

        @Override
        public String sum() {
            return parts.sum();
        }

        ModelParts parts() {
            return parts;
        }

        /** Whether only some features have a row. */
        boolean areByKey() {
            return rows == TableSpec.OPEN;
        }

        /** What it is as a table. */
        static TableSpec spec(long rows, int width) {
            return rows == TableSpec.OPEN
                    ? TableSpec.sparse(LinearRecipe.WEIGHTS, width)
                    : TableSpec.dense(LinearRecipe.WEIGHTS, Math.max(1, rows), width);
        }

        /** Opens the files, of which some pages are kept; they are closed when nobody has the model any more. */
        private StoredRows open() throws IOException {
            var now = open;
            if (now == null) {
                now = parts.rows(spec(rows, width));
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
