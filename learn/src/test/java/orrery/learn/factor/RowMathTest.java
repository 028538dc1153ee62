package orrery.learn.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RowMathTest {
    private static float[] random(SplittableRandom random, int length) {
        var row = new float[length];
        for (int c = 0; c < length; c++) {
            row[c] = (float) random.nextGaussian();
        }
        return row;
    }

    /** Whatever the length, and nothing beyond it is touched. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void vectorsYieldTheBitsOfTheOracle(long seed) {
        var random = new SplittableRandom(seed);
        var due = new ScalarRows();
        var vectors = new VectorRows();
        for (int n = 1; n < 140; n++) {
            var p = random(random, n + 1);
            var q = random(random, n + 1);
            assertThat(vectors.dot(p, q, n)).as("%d long", n).isEqualTo(due.dot(p, q, n));
            var p2 = p.clone();
            var q2 = q.clone();
            due.step(p, q, n, 0.3f, 0.9f);
            vectors.step(p2, q2, n, 0.3f, 0.9f);
            assertThat(p2).isEqualTo(p);
            assertThat(q2).isEqualTo(q);
        }
    }

    @Test
    void theProductIsThatOfTheDefinition() {
        var random = new SplittableRandom(4);
        for (int n = 1; n < 140; n++) {
            var p = random(random, n + 1);
            var q = random(random, n + 1);
            double due = 0;
            for (int c = 0; c < n; c++) {
                due += (double) p[c] * q[c];
            }
            assertThat((double) new ScalarRows().dot(p, q, n)).isCloseTo(due, within(1e-4));
        }
    }

    /** The build starts tests with the module; here it is missing only where the machine has no such vectors. */
    @Test
    void vectorsAreTakenWhereTheyAreFast() {
        assertThat(RowMath.best()).isInstanceOf(VectorRows.areFast() ? VectorRows.class : ScalarRows.class);
    }
}
