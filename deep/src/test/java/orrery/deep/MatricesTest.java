package orrery.deep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Matrices.Matrix;
import orrery.deep.tensor.Tensor;

/** Products by vectors, and without, are those of the definition. */
final class MatricesTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1",
        "6, 32, 8",
        "7, 33, 9",
        "5, 3, 300",
        "130, 70, 257",
        "13, 1100, 20",
        "64, 10, 500",
        "200, 64, 75"
    })
    void productsAreThoseOfTheDefinition(int rows, int columns, int inner) {
        var random = new SplittableRandom(rows);
        for (var matrices : new Matrices[] {
            Matrices.of(Tensor.Type.FLOAT32), Matrices.of(Tensor.Type.FLOAT64) // without vectors of our own
        }) {
            for (int which = 0; which < 4; which++) {
                try (var arena = Arena.ofConfined()) {
                    var a = matrix(arena, rows, inner, (which & 1) > 0, random);
                    var b = matrix(arena, inner, columns, (which & 2) > 0, random);
                    var c = matrix(arena, rows, columns, false, random);
                    var due = new double[rows][columns];
                    for (int i = 0; i < rows; i++) {
                        for (int j = 0; j < columns; j++) {
                            due[i][j] = at(c, i, j);
                            for (int p = 0; p < inner; p++) {
                                due[i][j] += at(a, i, p) * at(b, p, j);
                            }
                        }
                    }
                    double before = c.of().get(c.at() + columns); // beside the matrix
                    matrices.addProduct(rows, columns, inner, a, b, c);
                    for (int i = 0; i < rows; i++) {
                        for (int j = 0; j < columns; j++) {
                            assertThat(at(c, i, j)).isCloseTo(due[i][j], within(1e-6 * inner + 1e-5));
                        }
                    }
                    assertThat(c.of().get(c.at() + columns)).isEqualTo(before);
                }
            }
        }
    }

    /** With numbers before it, and beside its rows. */
    private static Matrix matrix(Arena arena, int rows, int columns, boolean isTransposed, SplittableRandom random) {
        int high = isTransposed ? columns : rows;
        int stride = (isTransposed ? rows : columns) + 3;
        var tensor = Tensor.of(arena, Tensor.Type.FLOAT32, high + 1, stride);
        for (int i = 0; i < tensor.size(); i++) {
            tensor.set(i, 2 * random.nextDouble() - 1);
        }
        return new Matrix(tensor, 2, stride, isTransposed);
    }

    private static double at(Matrix m, int row, int column) {
        return m.of().get(m.at()
                + (m.isTransposed() ? (long) column * m.stride() + row : (long) row * m.stride() + column));
    }
}
