package orrery.deep.torch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/** Products by libtorch's BLAS. */
final class TorchMatrices implements Matrices {
    private final Matrices inJava = Matrices.of(Tensor.Type.FLOAT32); // where the order of sums matters
    private final Caller caller = new Caller(Arena.ofAuto(), Tensor.Type.FLOAT32);

    @Override
    public void addProduct(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        multiply(rows, columns, inner, a, b, c, 1);
    }

    @Override
    public void addProductInOrder(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        boolean isByTorch = Ordered.IS || c.of().type() == Tensor.Type.FLOAT64;
        (isByTorch ? this : inJava).addProduct(rows, columns, inner, a, b, c);
    }

    /** Whether its sums go on in the order of their factors. */
    private static final class Ordered {
        static final boolean IS = probed();

        private static boolean probed() { // BLAS has other loops for small products and for vectors
            return isOrdered(70, 150, MOST_IN_ORDER)
                    && isOrdered(1, 150, 64)
                    && isOrdered(150, 1, 64)
                    && isOrdered(3, 5, 7)
                    && isOrdered(10, 64, 16);
        }

        private static boolean isOrdered(int rows, int columns, int inner) {
            try (var arena = Arena.ofConfined()) {
                var a = random(arena, inner, rows);
                var b = random(arena, inner, columns);
                var is = Tensor.of(arena, Tensor.Type.FLOAT32, rows, columns);
                var due = Tensor.of(arena, Tensor.Type.FLOAT32, rows, columns);
                var left = Matrix.of(a, 0, rows).transposed();
                var right = Matrix.of(b, 0, columns);
                new TorchMatrices().addProduct(rows, columns, inner, left, right, Matrix.of(is, 0, columns));
                Matrices.of(Tensor.Type.FLOAT32)
                        .addProduct(rows, columns, inner, left, right, Matrix.of(due, 0, columns));
                return is.data().mismatch(due.data()) < 0;
            }
        }

        private static Tensor random(Arena arena, int rows, int columns) {
            var tensor = Tensor.of(arena, Tensor.Type.FLOAT32, rows, columns);
            var random = new SplittableRandom(rows + columns);
            for (long i = 0; i < tensor.size(); i++) {
                tensor.set(i, random.nextDouble() - 0.5);
            }
            return tensor;
        }
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
