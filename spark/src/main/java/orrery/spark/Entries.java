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
