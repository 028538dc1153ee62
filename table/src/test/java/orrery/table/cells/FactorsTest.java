package orrery.table.cells;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;

/** Sums of products are the same bits however they are computed, and near those of doubles. */
final class FactorsTest {
    private static float[] random(SplittableRandom random, int count) {
        var numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    @Test
    void vectorsGiveTheBitsOfSingleNumbers() {
        var random = new SplittableRandom(1);
        for (int trial = 0; trial < 300; trial++) {
            int rows = random.nextInt(1, 150);
            int width = random.nextInt(1, 120);
            int count = random.nextInt(1, 70);
            int from = random.nextInt(rows);
            int some = random.nextInt(1, rows - from + 1);
            var numbers = random(random, Factors.length(count, rows, width));
            var due = random(random, 3 + some * width);
            var is = due.clone();
            new PairProducts.OneByOne().add(numbers, from, rows, some, count * rows, width, count, due, 3);
            new VectorPairProducts().add(numbers, from, rows, some, count * rows, width, count, is, 3);
            assertThat(Arrays.mismatch(is, due)).isEqualTo(-1);
        }
    }

    @Test
    void areSumsOfProducts() {
        var random = new SplittableRandom(2);
        int rows = 37;
        int width = 41;
        var u = random(random, 9 * rows);
        var v = random(random, 9 * width);
        var is = new float[rows * width];
        Factors.of(rows, width, u, v).addRows(0, rows, is, 0);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < width; c++) {
                double due = 0;
                for (int k = 0; k < 9; k++) {
                    due += (double) u[k * rows + r] * v[k * width + c];
                }
                assertThat((double) is[r * width + c]).isCloseTo(due, org.assertj.core.data.Offset.offset(1e-5));
            }
        }
    }

    @Test
    void joinedAndCutTheyAreTheSame() {
        var random = new SplittableRandom(3);
        int rows = 20;
        int width = 30;
        var all = Factors.of(rows, width, random(random, 5 * rows), random(random, 5 * width));
        var more = Factors.of(rows, width, random(random, 2 * rows), random(random, 2 * width));
        var due = new float[rows * width];
        all.addRows(0, rows, due, 0);
        more.addRows(0, rows, due, 0);
        var is = new float[rows * width];
        var joined = all.and(more);
        joined.ofRows(0, 7).addRows(0, 7, is, 0);
        joined.ofRows(7, rows).addRows(7, rows, is, 7 * width);
        assertThat(Arrays.mismatch(is, due)).isEqualTo(-1);
    }

    @Test
    void sumsThatAreNotFiniteAreRefused() {
        var spec = TableSpec.dense("factors", 2, 2);
        Factors.of(2, 2, new float[] {1e30f, 0}, new float[] {1e8f, 1}).checkFinite(spec); // 1e38
        var large = Factors.of(2, 2, new float[] {0, 1e30f}, new float[] {1, 1e9f});
        assertThatThrownBy(() -> large.checkFinite(spec))
                .isInstanceOf(NonFiniteUpdateException.class)
                .hasMessageContaining("row 1")
                .hasMessageContaining("column 1");
        var nan = Factors.of(2, 2, new float[] {0, Float.NaN}, new float[] {1, 1});
        assertThatThrownBy(() -> nan.checkFinite(spec)).isInstanceOf(NonFiniteUpdateException.class);
        var cancel = Factors.of(2, 2, new float[] {1e30f, 0, -1e30f, 0}, new float[] {1e8f, 1, 2e8f, 1});
        cancel.checkFinite(spec); // each product is finite, and so are the sums
    }
}
