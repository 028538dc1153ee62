package orrery.learn.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import orrery.data.Data;
import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.Run;
import orrery.table.Consistency;

final class DualTest {
    private static final double L2 = 0.01;
    private static final DualOptions OPTIONS =
            DualOptions.defaults().withL2(L2).withTolerance(0).withPasses(400);

    @TempDir
    Path folder;

    /** Examples of two classes that overlap, or of numbers; 0 is no feature of some. */
    private Loaded data(boolean hasClasses) throws IOException {
        var random = new SplittableRandom(4);
        var text = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            var x = new double[6];
            double sum = 0.5;
            for (int f = 0; f < x.length; f++) {
                x[f] = random.nextInt(3) == 0 ? 0 : random.nextGaussian();
                sum += (f - 2.5) * x[f];
            }
            double y = sum + 2 * random.nextGaussian();
            text.append(hasClasses ? (y > 0 ? "1" : "-1") : String.format(Locale.ROOT, "%.4f", y));
            for (int f = 0; f < x.length; f++) {
                if (x[f] != 0) {
                    text.append(String.format(Locale.ROOT, " %d:%.4f", f + 1, x[f]));
                }
            }
            text.append('\n');
        }
        var file = folder.resolve(hasClasses ? "classes.libsvm" : "numbers.libsvm");
        Files.writeString(file, text);
        return Data.parse(file, ReadOptions.defaults(), null, true);
    }

    private static LinearLearner learner(String app) {
        return switch (app) {
            case "lr" -> new LogisticRegression(LinearOptions.defaults());
            case "svm" -> new LinearSvm(LinearOptions.defaults(), false);
            case "squared" -> new LinearSvm(LinearOptions.defaults(), true);
            default -> new LeastSquares(LinearOptions.defaults());
        };
    }

    private static LinearModel train(String app, Loaded data, DualOptions options, Run run) throws IOException {
        return learner(app).prepare(data, Optional.empty(), options, run).run().model();
    }

    /** The weights, then the intercept. */
    private static double[] found(LinearModel model, Loaded data) {
        var found = new double[data.examples().features() + 1];
        for (int f = 0; f < found.length - 1; f++) {
            found[f] = model.weight(f, 0);
        }
        found[found.length - 1] = model.intercept(0);
        return found;
    }

    /** The mean loss and the penalty, from their definition. */
    private static double objective(double[] weights, Loaded data, Loss loss) {
        double sum = 0;
        var cursor = data.examples().cursor();
        for (long i = 0; i < data.examples().size(); i++) {
            cursor.move(i);
            double margin = weights[weights.length - 1];
            for (int k = cursor.from(); k < cursor.to(); k++) {
                margin += weights[cursor.indices()[k]] * cursor.values()[k];
            }
            sum += loss.of(margin, cursor.label());
        }
        double square = 0;
        for (double weight : weights) {
            square += weight * weight;
        }
        return sum / data.examples().size() + L2 / 2 * square;
    }

    /** Wherever one goes from what is found, the objective rises; and it does not matter how many have found it. */
    @ParameterizedTest
    @CsvSource({"lr,1", "lr,3", "svm,1", "svm,3", "squared,1", "squared,4", "least-squares,1", "least-squares,2"})
    void findsTheOptimum(String app, int workers) throws IOException {
        var data = data(!app.equals("least-squares"));
        var loss = learner(app).loss();
        var weights = found(train(app, data, OPTIONS, Run.local(workers)), data);
        double least = objective(weights, data, loss);
        for (int f = 0; f < weights.length; f++) {
            for (double by : new double[] {0.02, -0.04, 0.02}) {
                weights[f] += by;
                assertThat(objective(weights, data, loss)).isGreaterThan(least - 1e-6);
            }
        }
        var alone = found(train(app, data, OPTIONS, Run.local(1)), data);
        assertThat(objective(alone, data, loss)).isCloseTo(least, within(1e-5));
    }

    @Test
    void endsWhenTheWeightsHardlyChange() throws IOException {
        var data = data(true);
        var early = learner("lr")
                .prepare(data, Optional.empty(), OPTIONS.withTolerance(0.1), Run.local(2))
                .run();
        assertThat(early.outcome().examples()).isLessThan(300L * 100);
        double due = objective(found(train("lr", data, OPTIONS, Run.local(1)), data), data, Loss.LOGISTIC);
        assertThat(objective(found(early.model(), data), data, Loss.LOGISTIC)).isCloseTo(due, within(0.01));
    }

    @Test
    void whatItIsNotForIsAnError() throws IOException {
        var data = data(true);
        assertThatThrownBy(() -> new SoftmaxRegression(LinearOptions.defaults())
                        .prepare(data, Optional.empty(), OPTIONS, Run.local(1)))
                .hasMessageContaining("dual is for two classes or numbers");
        assertThatThrownBy(() -> train("lr", data, OPTIONS, Run.local(2).with(new Consistency.Asp())))
                .hasMessageContaining("under bsp, not under asp");
        var file = folder.resolve("three.libsvm");
        Files.writeString(file, "1 1:1\n2 1:2\n3 1:3\n");
        var three = Data.parse(file, ReadOptions.defaults(), null, true);
        assertThatThrownBy(() -> train("lr", three, OPTIONS, Run.local(1)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("lr needs 2 classes, the data has 3");
    }
}
