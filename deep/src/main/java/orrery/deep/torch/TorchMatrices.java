package orrery.deep.torch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/** Products by libtorch's BLAS. */
final class TorchMatrices implements Matrices {
    private final Caller caller = new Caller(Arena.ofAuto(), Tensor.Type.FLOAT32);

    @Override
    public void addProduct(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        multiply(rows, columns, inner, a, b, c, 1);
    }

    @Override
    public void product(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        multiply(rows, columns, inner, a, b, c, 0);
    }

    private void multiply(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c, double kept) {
        if (rows == 0 || columns == 0) {
            return;
        }
        var left = view(a, rows, inner);
        var right = view(b, inner, columns);
        var sum = view(c, rows, columns);
        try {
            Caller.run(() -> (int) Libtorch.ADD_PRODUCT.invokeExact(sum, sum, left, right, kept, 1.0));
        } finally {
            Caller.delete(left, right, sum);
        }
    }

    private MemorySegment view(Matrix of, int rows, int columns) {
        return of.isTransposed()
                ? caller.matrix(of.of(), of.at(), rows, columns, 1, of.stride())
                : caller.matrix(of.of(), of.at(), rows, columns, of.stride(), 1);
    }
}
