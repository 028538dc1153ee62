package orrery.learn.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import orrery.data.Data;
import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.stage.Run;
import orrery.table.spec.Consistency;
import orrery.table.spec.UpdateRule;

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
                .hasMessageContaining("dual is not for softmax; lr and svm by dual learn each class against the rest");
        assertThatThrownBy(() -> train("lr", data, OPTIONS, Run.local(2).with(new Consistency.Asp())))
                .hasMessageContaining("under bsp, not under asp");
        var file = folder.resolve("one.libsvm");
        Files.writeString(file, "1 1:1\n1 1:2\n");
        var one = Data.parse(file, ReadOptions.defaults(), null, true);
        assertThatThrownBy(() -> train("lr", one, OPTIONS, Run.local(1)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("lr needs 2 classes or more, the data has [1]");
    }

    private Loaded parsed(String name, String text) throws IOException {
        var file = folder.resolve(name);
        Files.writeString(file, text);
        return Data.parse(file, ReadOptions.defaults(), null, true);
    }

    /** Points around three corners, and the same with the labels of one class against the rest. */
    private static String corners(int against) {
        var random = new SplittableRandom(8);
        var text = new StringBuilder();
        for (int i = 0; i < 240; i++) {
            int k = i / 80; // one class after the other, as files often are
            double x = (k == 1 ? 2 : 0) + random.nextGaussian();
            double y = (k == 2 ? 2 : 0) + random.nextGaussian();
            int label = against < 0 ? k : k == against ? 1 : -1;
            text.append(String.format(Locale.ROOT, "%d 1:%.4f 2:%.4f%n", label, x, y));
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource({"lr,1", "svm,2", "squared,3"})
    void eachOfManyClassesIsLearnedAgainstTheRest(String app, int workers) throws IOException {
        var all = train(app, parsed("corners.libsvm", corners(-1)), OPTIONS, Run.local(workers));
        assertThat(all.margins()).isEqualTo(3);
        for (int k = 0; k < 3; k++) {
            var one = train(app, parsed("corner" + k + ".libsvm", corners(k)), OPTIONS, Run.local(workers));
            for (int f = 0; f < 2; f++) {
                assertThat(all.weight(f, k)).isEqualTo(one.weight(f, 0), within(1e-3f));
            }
            assertThat(all.intercept(k)).isEqualTo(one.intercept(0), within(1e-3));
        }
        var data = parsed("corners.libsvm", corners(-1));
        assertThat(all.score(data.examples()).ordered())
                .hasEntrySatisfying("accuracy", accuracy -> assertThat(accuracy).isGreaterThan(0.75));
        var sums = new double[1];
        all.predict(
                data.examples(),
                (i, predicted) -> sums[0] += Arrays.stream(predicted).sum());
        assertThat(sums[0]).isEqualTo(240, within(1e-3));
    }

    /** If each worker had the examples as they lie in the file, each would know one class only. */
    @Test
    void sortedExamplesAreSpreadOverTheWorkers() throws IOException {
        var text = corners(1);
        var sorted = text.lines()
                .sorted()
                .reduce(new StringBuilder(), (all, line) -> all.append(line).append('\n'), StringBuilder::append)
                .toString();
        var data = parsed("sorted.libsvm", sorted);
        var few = DualOptions.defaults().withL2(L2).withTolerance(0).withPasses(10);
        double alone = objective(found(train("lr", data, few, Run.local(1)), data), data, Loss.LOGISTIC);
        double both = objective(found(train("lr", data, few, Run.local(2)), data), data, Loss.LOGISTIC);
        assertThat(both).isCloseTo(alone, within(0.005));
    }

    /** Examples of weight 0 are as if they were not there. */
    @ParameterizedTest
    @CsvSource({"lr", "svm", "squared", "least-squares"})
    void whatWeighsNothingCountsForNothing(String app) throws IOException {
        var random = new SplittableRandom(9);
        var rows = new StringBuilder("x,y,label,w\n");
        var kept = new StringBuilder("x,y,label,w\n");
        for (int i = 0; i < 200; i++) {
            int label = random.nextInt(2);
            boolean counts = random.nextInt(3) > 0;
            var row = String.format(
                    Locale.ROOT,
                    "%.4f,%.4f,%d,%d%n",
                    label + random.nextGaussian(),
                    random.nextGaussian(),
                    counts ? label : 1 - label,
                    counts ? 1 : 0);
            rows.append(row);
            kept.append(counts ? row : "");
        }
        var all = model(app, "all.csv", rows.toString(), 200);
        var few =
                model(app, "kept.csv", kept.toString(), kept.toString().lines().count() - 1);
        for (int f = 0; f < 2; f++) {
            assertThat(all.weight(f, 0)).isEqualTo(few.weight(f, 0), within(0.02f));
        }
    }

    private LinearModel model(String app, String name, String text, long examples) throws IOException {
        var file = folder.resolve(name);
        Files.writeString(file, text);
        var options =
                ReadOptions.defaults().withRole("label", ReadOptions.Role.LABEL).withRole("w", ReadOptions.Role.WEIGHT);
        return train(app, Data.parse(file, options, null, true), OPTIONS.withL2(1.0 / examples), Run.local(2));
    }

    @Test
    void classesWeighAsAskedFor() throws IOException {
        var heavy = new LogisticRegression(
                new LinearOptions(1, 64, new UpdateRule.AdaGrad(0.1f), true, Map.of("1", 3f), false, 0));
        var weighed = parsed("weighed.libsvm", corners(1));
        var repeated = parsed(
                "repeated.libsvm",
                corners(1)
                        + corners(1)
                                .lines()
                                .filter(line -> line.startsWith("1 "))
                                .map(line -> line + "\n" + line + "\n")
                                .collect(Collectors.joining()));
        double part = 240.0 / repeated.examples().size();
        var a = heavy.prepare(weighed, Optional.empty(), OPTIONS, Run.local(1))
                .run()
                .model();
        var b = train("lr", repeated, OPTIONS.withL2(L2 * part), Run.local(1));
        assertThat(a.weight(0, 0)).isEqualTo(b.weight(0, 0), within(1e-3f));
        assertThat(a.intercept(0)).isEqualTo(b.intercept(0), within(1e-3));
    }
}
