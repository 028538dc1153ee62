package orrery.deep.layer;

import orrery.deep.tensor.Tensor;

/** Sums over matrices that lie row after row. */
final class Sums {
    private Sums() {}

    /** Adds each column's sum. */
    static void ofColumns(Tensor matrix, long rows, int columns, Tensor to) {
        for (long row = 0; row < rows; row++) {
            for (int c = 0; c < columns; c++) {
                to.add(c, matrix.get(row * columns + c));
            }
        }
    }
}
