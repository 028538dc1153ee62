package orrery.deep.tensor;

/** Products of matrices. Confined to one thread, as it keeps room of its own. */
public interface Matrices {
    /** A matrix within a tensor: its first number, the numbers from a row to the next, and whether it is taken transposed. */
    record Matrix(Tensor of, long at, int stride, boolean isTransposed) {
        public static Matrix of(Tensor tensor, long at, int stride) {
            return new Matrix(tensor, at, stride, false);
        }

        public Matrix transposed() {
            return new Matrix(of, at, stride, !isTransposed);
        }

        /** Where a number lies. */
        long place(int row, int column) {
            return at + (isTransposed ? (long) column * stride + row : (long) row * stride + column);
        }
    }

    /**
     * Adds the product of a (rows, inner) and b (inner, columns) to c (rows, columns), which is not transposed.
     */
    void addProduct(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c);

    /** The same with c as zero before. */
    default void product(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        for (int row = 0; row < rows; row++) {
            c.of().zero(c.place(row, 0), c.place(row, 0) + columns);
        }
        addProduct(rows, columns, inner, a, b, c);
    }

    /** Up to so many factors of a sum, all implementations give the same bits by {@link #addProductInOrder}. */
    int MOST_IN_ORDER = 256;

    /**
     * The same to a c that is zero before. With floats and an {@code inner} up to {@link #MOST_IN_ORDER}, each sum goes on in the order of inner, with
     * one rounding for a multiplication and its addition, as in {@link orrery.table.cells.Factors}: so a gradient has the same bits wherever it is
     * summed up.
     */
    default void addProductInOrder(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        addProduct(rows, columns, inner, a, b, c);
    }

    /** For numbers of a type: by vectors, if the JVM was started with them. */
    static Matrices of(Tensor.Type type) {
        return type == Tensor.Type.FLOAT32 && hasVectors() ? new VectorMatrices() : new ScalarMatrices();
    }

    /** Whether the JVM was started with vectors. */
    static boolean hasVectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }
}
