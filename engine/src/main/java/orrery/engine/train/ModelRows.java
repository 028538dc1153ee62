package orrery.engine.train;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.hold.StoredRows;
import orrery.table.spec.TableSpec;

/**
 * Rows of a model, by number, wherever they are: factors of users or items, with the bias that follows them, or centroids.
 * Safe for use by many threads.
 */
public sealed interface ModelRows extends Serializable {
    /** How many rows there are. */
    int count();

    /** Copies a row. */
    void row(int number, float[] into);

    /**
     * All rows, one after another.
     *
     * @throws IllegalStateException if they are in files, since they may be larger than memory
     */
    float[] values();

    /** Side by side. */
    record Dense(float[] values, int width) implements ModelRows {
        @Override
        public int count() {
            return values.length / width;
        }

        @Override
        public void row(int number, float[] into) {
            System.arraycopy(values, number * width, into, 0, width);
        }
    }

    /** Those of some numbers, which ascend; of others zeros. */
    record Some(long[] numbers, float[] values, int width, int count) implements ModelRows {
        @Override
        public void row(int number, float[] into) {
            int at = Arrays.binarySearch(numbers, number);
            if (at < 0) {
                Arrays.fill(into, 0, width, 0);
            } else {
                System.arraycopy(values, at * width, into, 0, width);
            }
        }
    }

    /** In files, of which no more than some pages are in memory. */
    final class InParts implements ModelRows {
        private static final long serialVersionUID = 1;

        private final ModelParts parts;
        private final String table;
        private final int rows;
        private final int width;
        private transient @Nullable StoredRows open;

        /**
         * @param table whose rows they are
         * @param rows how many
         * @param width of a row
         */
        public InParts(ModelParts parts, String table, int rows, int width) {
            this.parts = parts;
            this.table = table;
            this.rows = rows;
            this.width = width;
        }

        public ModelParts parts() {
            return parts;
        }

        @Override
        public int count() {
            return rows;
        }

        @Override
        public synchronized void row(int number, float[] into) {
            try {
                var now = open;
                if (now == null) {
                    now = parts.rows(TableSpec.dense(table, rows, width));
                    open = now;
                }
                now.gather(new long[] {number}, 0, 1, into, 0);
            } catch (IOException e) {
                throw new UncheckedIOException("the model's rows cannot be read: " + e.getMessage(), e);
            }
        }

        @Override
        public float[] values() {
            throw new IllegalStateException("the rows of '" + table + "' are in files: read them row by row");
        }
    }
}
