package orrery.spark;

import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;
import org.jspecify.annotations.Nullable;

/** The entries of what a data frame holds as a vector: one of Spark ML's, or an array of numbers. */
final class Entries {
    private Entries() {}

    /** Takes an entry; of sparse vectors only those that are stored. */
    @FunctionalInterface
    interface Each {
        void entry(int feature, double value);
    }

    static int size(Object vector) {
        return vector instanceof Vector v ? v.size() : ((scala.collection.Seq<?>) vector).length();
    }

    /** A hash of any value; that of Spark's vectors themselves looks at some entries only, and takes long. */
    static long hash(Object value) {
        return switch (value) {
            case SparseVector sparse -> hash(sparse.indices(), sparse.values());
            case DenseVector dense -> hash(new int[0], dense.values());
            default -> value.hashCode();
        };
    }

    private static long hash(int[] indices, double[] values) {
        long hash = values.length;
        for (int index : indices) {
            hash = 31 * hash + index;
        }
        for (double value : values) {
            hash = 0x9e3779b97f4a7c15L * (hash ^ (hash >>> 31)) + Double.doubleToRawLongBits(value);
        }
        return hash;
    }

    /** Gives the entries in their order; one of an array that is null is NaN. */
    static void of(Object vector, Each each) {
        switch (vector) {
            case SparseVector sparse -> {
                int[] indices = sparse.indices();
                double[] values = sparse.values();
                for (int k = 0; k < indices.length; k++) {
                    each.entry(indices[k], values[k]);
                }
            }
            case DenseVector dense -> {
                double[] values = dense.values();
                for (int f = 0; f < values.length; f++) {
                    each.entry(f, values[f]);
                }
            }
            default -> {
                var values = ((scala.collection.Seq<?>) vector).iterator();
                for (int f = 0; values.hasNext(); f++) {
                    @Nullable Object value = values.next();
                    each.entry(f, value == null ? Double.NaN : ((Number) value).doubleValue());
                }
            }
        }
    }
}
