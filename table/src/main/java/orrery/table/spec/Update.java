package orrery.table.spec;

/** A change to a table, or a gradient. Columnar: one object for a whole batch. Arrays are read, never kept. */
public sealed interface Update {

    /** Whole rows: {@code values} holds row {@code keys[i]} at {@code [i * width, (i + 1) * width)}. */
    record Dense(long[] keys, float[] values) implements Update {}

    /** Single cells, where cell = row * width + column; {@code cells} ascend, without repeats. */
    record Sparse(long[] cells, float[] values) implements Update {
        public Sparse {
            if (cells.length != values.length) {
                throw new IllegalArgumentException(
                        "an update has " + cells.length + " cells and " + values.length + " values");
            }
            for (int i = 1; i < cells.length; i++) {
                if (cells[i] <= cells[i - 1]) {
                    throw new IllegalArgumentException("the cells of an update ascend without repeats; cell " + i
                            + " is " + cells[i] + " after " + cells[i - 1]);
                }
            }
        }
    }

    /**
     * A sum of products on every row of a dense table: W += sum over k of u_k v_k^T, pair after pair.
     *
     * @param u (pairs, rows)
     * @param v (pairs, width)
     */
    record Factors(float[] u, float[] v) implements Update {}

    /** Bytes on the wire, without the frame's header. */
    default long bytes() {
        return switch (this) {
            case Dense(var keys, var values) -> (long) Long.BYTES * keys.length + (long) Float.BYTES * values.length;
            case Sparse(var cells, var _) -> (long) (Long.BYTES + Float.BYTES) * cells.length;
            case Factors(var u, var v) -> (long) Float.BYTES * (u.length + v.length);
        };
    }
}
