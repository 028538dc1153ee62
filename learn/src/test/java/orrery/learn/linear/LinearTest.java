package orrery.learn.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.Data;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.engine.train.RocCurve;
import orrery.table.spec.Consistency;
import orrery.table.spec.UpdateRule;

final class LinearTest {
    @TempDir
    Path folder;

    /** Examples of a true model: labels follow from a seeded weight vector, with noise. */
    private Loaded synthetic(String kind, int n) throws IOException {
        var random = new SplittableRandom(11);
        var truth = new double[3][40];
        for (var row : truth) {
            for (int i = 0; i < row.length; i++) {
                row[i] = random.nextGaussian();
            }
        }
        var text = new StringBuilder();
        for (int e = 0; e < n; e++) {
            var margins = new double[3];
            var line = new StringBuilder();
            for (int k = 0; k < 8; k++) {
                int feature = k * 5 + random.nextInt(5);
                float x = (float) random.nextGaussian();
                line.append(' ').append(feature).append(':').append(x);
                for (int c = 0; c < 3; c++) {
                    margins[c] += x * truth[c][feature];
                }
            }
            double noise = 0.1 * random.nextGaussian();
            String label = switch (kind) {
                case "two" -> margins[0] + noise > 0 ? "1" : "-1";
                case "three" ->
                    String.valueOf(
                            margins[0] > margins[1]
                                    ? (margins[0] > margins[2] ? 10 : 30)
                                    : (margins[1] > margins[2] ? 20 : 30));
                default -> String.format(Locale.ROOT, "%.4f", margins[0] + 3 + noise);
            };
            text.append(label).append(line).append('\n');
        }
        var file = Files.writeString(folder.resolve(kind + ".libsvm"), text);
        return Data.parse(file, ReadOptions.defaults(), null, true);
    }

    private static LinearOptions options(UpdateRule rule) {
        return LinearOptions.plain().with(rule).withPasses(6).withBatch(32);
    }

    static List<UpdateRule> rules() {
        return List.of(
                new UpdateRule.Sgd(0.5f),
                new UpdateRule.Momentum(0.1f, 0.9f, 0),
                new UpdateRule.AdaGrad(0.3f),
                new UpdateRule.AdaRevision(2f),
                new UpdateRule.Adam(0.05f),
                new UpdateRule.Ftrl(0.5f, 0.1f, 0, 0));
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.MethodSource("rules")
    void everyRuleLearnsEveryLoss(UpdateRule rule) throws IOException {
        var two = synthetic("two", 4000);
        var three = synthetic("three", 4000);
        var numbers = synthetic("numbers", 4000);
        for (var consistency : List.of(
                new Consistency.Bsp(), new Consistency.Ssp(2), new Consistency.Asp(), new Consistency.Local(3))) {
            if (rule instanceof UpdateRule.Ftrl && consistency instanceof Consistency.Local) {
                continue; // which is refused
            }
            var run = Run.local(3).with(consistency);
            assertThat(new LogisticRegression(options(rule))
                            .fit(two, run)
                            .score(two.examples())
                            .get("accuracy"))
                    .isGreaterThan(0.95);
            assertThat(new LinearSvm(options(rule), false)
                            .fit(two, run)
                            .score(two.examples())
                            .get("accuracy"))
                    .isGreaterThan(0.95);
            assertThat(new LinearSvm(options(rule), true)
                            .fit(two, run)
                            .score(two.examples())
                            .get("accuracy"))
                    .isGreaterThan(0.95);
            assertThat(new SoftmaxRegression(options(rule))
                            .fit(three, run)
                            .score(three.examples())
                            .get("accuracy"))
                    .isGreaterThan(0.93);
            assertThat(new LeastSquares(options(rule))
                            .fit(numbers, run)
                            .score(numbers.examples())
                            .get("rmse"))
                    .isLessThan(0.8);
        }
    }

    @Test
    void lossesHaveTheirSlopes() {
        var random = new SplittableRandom(1);
        for (var loss : List.of(Loss.LOGISTIC, Loss.HINGE, Loss.SQUARED_HINGE, Loss.SQUARED)) {
            for (int i = 0; i < 1000; i++) {
                double margin = 3 * random.nextGaussian();
                double y = random.nextBoolean() ? 1 : -1;
                if (loss != Loss.HINGE || Math.abs(1 - y * margin) > 1e-3) {
                    double numeric = (loss.of(margin + 1e-6, y) - loss.of(margin - 1e-6, y)) / 2e-6;
                    assertThat(loss.slope(margin, y)).isCloseTo(numeric, within(1e-4));
                }
            }
        }
        assertThat(Loss.LOGISTIC.of(-1000, 1)).isEqualTo(1000);
        assertThat(Loss.LOGISTIC.of(1000, 1)).isZero();
        var margins = new float[] {1000, 1001};
        assertThat(Loss.softmax(margins)).isCloseTo(1001 + Math.log1p(Math.exp(-1)), within(1e-6));
        assertThat(margins[1]).isCloseTo(0.731f, within(1e-3f));
    }

    @Test
    void metricsAgainstTheirDefinitions() {
        var random = new SplittableRandom(2);
        int n = 300;
        var scores = new double[n];
        var isPositive = new boolean[n];
        for (int i = 0; i < n; i++) {
            scores[i] = random.nextInt(30);
            isPositive[i] = random.nextBoolean();
        }
        double wins = 0;
        double pairs = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                if (isPositive[i] && !isPositive[j]) {
                    pairs++;
                    wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }
        assertThat(RocCurve.area(scores, isPositive)).isCloseTo(wins / pairs, within(1e-12));
        assertThat(RocCurve.area(new double[] {Double.NaN, Double.NaN}, new boolean[] {true, false}))
                .isEqualTo(0.5);
        // class 0: precision 8/10, recall 8/9; class 1: 5/6, 5/7; class 2 never occurs
        assertThat(Metrics.macroF1(new long[][] {{8, 1, 0}, {2, 5, 0}, {0, 0, 0}}))
                .isCloseTo((2 * 8 / 19.0 + 2 * 5 / 13.0) / 2, within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void underBspTheModelIsTheSameToTheLastBit(int workers) throws IOException {
        var data = synthetic("three", 3000);
        var learner = new SoftmaxRegression(options(new UpdateRule.AdaGrad(0.3f)));
        assertThat(weights(learner.fit(data, Run.local(workers).withSeed(7))))
                .isEqualTo(weights(learner.fit(data, Run.local(workers).withSeed(7))));
    }

    private static List<Float> weights(LinearModel model) {
        var weights = new ArrayList<Float>();
        for (int f = 0; f < model.features(); f++) {
            for (int m = 0; m < model.margins(); m++) {
                weights.add(model.weight(f, m));
            }
        }
        return weights;
    }

    @Test
    void modelsAreKeptToTheLastBit() throws IOException {
        var data = synthetic("three", 1000);
        var model = new SoftmaxRegression(options(new UpdateRule.AdaGrad(0.3f)))
                .fit(data, Run.local(2))
                .from(Map.of("data", "three"));
        var file = folder.resolve("m.safetensors");
        model.save(file);
        var loaded = LinearModel.load(file);
        assertThat(weights(loaded)).isEqualTo(weights(model));
        assertThat(loaded.score(data.examples())).isEqualTo(model.score(data.examples()));
        assertThat(loaded.classes()).containsExactly("10", "20", "30");
        assertThat(loaded.provenance()).containsEntry("data", "three");
        assertThat(loaded.schema()).isEqualTo(model.schema());
        Files.writeString(folder.resolve("no.safetensors"), "something else entirely");
        assertThatThrownBy(() -> LinearModel.load(folder.resolve("no.safetensors")))
                .hasMessageContaining("not a safetensors file");
    }

    @Test
    void probabilitiesSumToOneAndPredictTheScoredAccuracy() throws IOException {
        var data = synthetic("three", 1000);
        var model = new SoftmaxRegression(options(new UpdateRule.AdaGrad(0.3f))).fit(data, Run.local(2));
        var right = new int[1];
        model.predict(data.examples(), (i, p) -> {
            assertThat(p[0] + p[1] + p[2]).isCloseTo(1, within(1e-5));
            int largest = p[2] > Math.max(p[0], p[1]) ? 2 : p[1] > p[0] ? 1 : 0;
            right[0] += model.classes().get(largest).equals(String.valueOf((int)
                            data.examples().label(i)))
                    ? 1
                    : 0;
        });
        assertThat(right[0] / 1000.0).isEqualTo(model.score(data.examples()).get("accuracy"));
    }

    @Test
    void l1MakesWeightsZeroAndL2MakesThemSmall() throws IOException {
        var data = synthetic("two", 2000);
        var plain = new LogisticRegression(options(new UpdateRule.AdaGrad(0.3f))).fit(data, Run.local(1));
        var l1 =
                new LogisticRegression(options(new UpdateRule.AdaGrad(0.3f, 1e-12f, 0.02f, 0))).fit(data, Run.local(1));
        var l2 = new LogisticRegression(options(new UpdateRule.AdaGrad(0.3f, 1e-12f, 0, 0.1f))).fit(data, Run.local(1));
        assertThat(weights(l1).stream().filter(w -> w == 0).count())
                .isGreaterThan(weights(plain).stream().filter(w -> w == 0).count());
        assertThat(norm(l2)).isLessThan(0.7 * norm(plain));
    }

    private static double norm(LinearModel model) {
        return Math.sqrt(weights(model).stream().mapToDouble(w -> w * w).sum());
    }

    @Test
    void classWeightsMoveTheBoundary() throws IOException {
        var data = synthetic("two", 2000);
        var options = options(new UpdateRule.AdaGrad(0.3f));
        var heavy =
                new LinearOptions(options.passes(), options.batch(), options.rule(), true, Map.of("1", 20f), false, 0);
        assertThat(positives(new LogisticRegression(heavy).fit(data, Run.local(1)), data))
                .isGreaterThan(positives(new LogisticRegression(options).fit(data, Run.local(1)), data));
        var wrong = new LinearOptions(1, 1, options.rule(), true, Map.of("7", 2f), false, 0);
        assertThatThrownBy(() -> new LogisticRegression(wrong).fit(data, Run.local(1)))
                .hasMessage("there is no class '7' to weigh, only [-1, 1]");
    }

    private static long positives(LinearModel model, Loaded data) throws IOException {
        var count = new long[1];
        model.predict(data.examples(), (i, p) -> count[0] += p[1] > 0.5 ? 1 : 0);
        return count[0];
    }

    @Test
    void trainingStopsEarlyAndTakesTheBest() throws IOException {
        var data = synthetic("two", 300);
        var split = data.examples().split(0.5, 1);
        var cuts = new ArrayList<RunEvent.CutReached>();
        var run = Run.local(2).listening(event -> {
            if (event instanceof RunEvent.CutReached cut) {
                cuts.add(cut);
            }
        });
        var model = new LogisticRegression(
                        options(new UpdateRule.AdaGrad(3f)).withPasses(200).withPatience(3))
                .fit(new Loaded(split.train(), data.schema()), split.test(), run);
        assertThat(cuts.size()).isLessThan(200);
        double best = cuts.stream()
                .mapToDouble(cut -> cut.metrics().getOrDefault("validation.logLoss", 9.0))
                .min()
                .orElseThrow();
        assertThat(model.score(split.test()).get("logLoss")).isEqualTo(best);
    }

    @Test
    void dataThatDoNotFitAreRefused() throws IOException {
        var three = synthetic("three", 100);
        assertThatThrownBy(() -> new LogisticRegression(LinearOptions.defaults()).fit(three, Run.local(1)))
                .hasMessage(
                        "lr needs 2 classes, the data has 3 [10, 20, 30]; use softmax, or --solver dual for one class against the rest");
        var numbers = synthetic("numbers", 20_000);
        assertThatThrownBy(() -> new SoftmaxRegression(LinearOptions.defaults()).fit(numbers, Run.local(1)))
                .hasMessageContaining("are they numbers to predict? Then use least-squares");
        assertThatThrownBy(() -> LinearOptions.defaults().with(new UpdateRule.Add()))
                .hasMessageContaining("the rule add takes changes, not gradients");
        assertThatThrownBy(() -> new LogisticRegression(LinearOptions.defaults().withPatience(2))
                        .fit(synthetic("two", 50), Run.local(1)))
                .hasMessageContaining("there is no validation data");
    }

    /** What the README promises, where the data is at hand. */
    @Test
    void realDataReachesItsAccuracy() throws IOException {
        var real = Path.of(System.getProperty("orrery.data", "nowhere"));
        assumeTrue(Files.isDirectory(real.resolve("classify")), "no real data at " + real);
        var data = new Data(Cache.none(), new Catalogue(folder));
        var a9a = data.read(real.resolve("classify/a9a.train.svm.gz").toString(), ReadOptions.defaults());
        var a9aTest = data.readLike(
                real.resolve("classify/a9a.test.svm.gz").toString(), a9a.schema(), ReadOptions.defaults(), true);
        assertThat(new LogisticRegression(LinearOptions.defaults())
                        .fit(a9a, Run.local(2))
                        .score(a9aTest.examples())
                        .get("accuracy"))
                .isGreaterThanOrEqualTo(0.848);
        var scaled = ReadOptions.defaults().withLog1p().withNormalize();
        var news =
                data.read(real.resolve("text/20news/20news-bydate-train.svm.gz").toString(), scaled);
        var newsTest = data.readLike(
                real.resolve("text/20news/20news-bydate-test.svm.gz").toString(), news.schema(), scaled, true);
        assertThat(new SoftmaxRegression(LinearOptions.defaults())
                        .fit(news, Run.local(2))
                        .score(newsTest.examples())
                        .get("accuracy"))
                .isGreaterThanOrEqualTo(0.75);
    }
}
