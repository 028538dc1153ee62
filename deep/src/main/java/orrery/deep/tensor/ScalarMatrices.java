package orrery.deep.tensor;

/** Products row by row, without vectors of our own: the compiler makes some of the loop over columns. */
final class ScalarMatrices implements Matrices {
    private static final int INNER = 128; // rows of b at once, which stay in the cache with COLUMNS
    private static final int COLUMNS = 256;

    private final float[] right = new float[INNER * COLUMNS];
    private final float[] sums = new float[COLUMNS];

    @Override
    public void addProduct(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        if (c.of().type() == Tensor.Type.FLOAT64) {
            addDoubles(rows, columns, inner, a, b, c);
            return;
        }
        for (int j = 0; j < columns; j += COLUMNS) {
            int wide = Math.min(COLUMNS, columns - j);
            for (int p = 0; p < inner; p += INNER) {
                int deep = Math.min(INNER, inner - p);
                pack(b, p, deep, j, wide);
                for (int i = 0; i < rows; i++) {
                    c.of().copyTo(c.place(i, j), sums, 0, wide);
                    for (int q = 0; q < deep; q++) {
                        add((float) a.of().get(a.place(i, p + q)), q * wide, wide);
                    }
                    c.of().copy(sums, 0, c.place(i, j), wide);
                }
            }
        }
    }

    private void pack(Matrix b, int row, int rows, int column, int columns) {
        for (int p = 0; p < rows; p++) {
            if (b.isTransposed()) {
                for (int j = 0; j < columns; j++) {
                    right[p * columns + j] = (float) b.of().get(b.place(row + p, column + j));
                }
            } else {
                b.of().copyTo(b.place(row + p, column), right, p * columns, columns);
            }
        }
    }

    private void add(float factor, int from, int count) {
        float[] s = sums;
        float[] r = right;
        for (int j = 0; j < count; j++) {
            s[j] = Math.fma(factor, r[from + j], s[j]);
        }
    }

    /** As it is defined. */
    private static void addDoubles(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        for (int i = 0; i < rows; i++) {
            for (int p = 0; p < inner; p++) {
                double factor = a.of().get(a.place(i, p));
                for (int j = 0; j < columns; j++) {
                    c.of().add(c.place(i, j), factor * b.of().get(b.place(p, j)));
                }
            }
        }
    }
}
