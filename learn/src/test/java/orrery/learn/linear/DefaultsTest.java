package orrery.learn.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Data;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.engine.train.DivergedException;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.spec.UpdateRule;

/** Without a flag, data is learned from however it is scaled. */
final class DefaultsTest {
    private static final int EXAMPLES = 3000;
    private static final double NOISE = 0.5;

    @TempDir
    Path folder;

    /** Three features and what follows from them, each measured in a unit and from an origin of its own. */
    private Loaded data(String label, double[] units, double[] origins) throws IOException {
        var random = new SplittableRandom(7);
        var text = new StringBuilder();
        for (int i = 0; i < EXAMPLES; i++) {
            var x = new double[] {random.nextGaussian(), random.nextGaussian(), random.nextGaussian()};
            double y = x[0] - 2 * x[1] + 0.5 * x[2] + NOISE * random.nextGaussian();
            text.append(
                    switch (label) {
                        case "two" -> y > 0 ? "1" : "-1";
                        case "three" -> y > 1 ? "2" : y > -1 ? "1" : "0";
                        default -> String.format(Locale.ROOT, "%.6f", 200_000 + 50_000 * y);
                    });
            for (int f = 0; f < 3; f++) {
                text.append(String.format(Locale.ROOT, " %d:%.16g", f + 1, origins[f] + units[f] * x[f]));
            }
            text.append('\n');
        }
        var file = Files.writeString(folder.resolve(label + ".libsvm"), text);
        return Data.parse(file, ReadOptions.defaults(), null, true);
    }

    /** A number that differs in its eighth digit is predicted to its tenth. */
    @Test
    void numbersFarFromZeroKeepTheirResolution() throws IOException {
        var random = new SplittableRandom(3);
        var text = new StringBuilder("y,a,b\n");
        for (int i = 0; i < EXAMPLES; i++) {
            double a = random.nextGaussian();
            double b = random.nextGaussian();
            text.append(String.format(
                    Locale.ROOT, "%.4f,%.4f,%.4f%n", -3_000_000 + a - b + 0.1 * random.nextGaussian(), a, b));
        }
        var file = Files.writeString(folder.resolve("far.csv"), text);
        var data = Data.parse(file, ReadOptions.defaults().withRole("y", ReadOptions.Role.LABEL), null, true);
        var model = new LeastSquares(LinearOptions.defaults()).fit(data, Run.local(1));
        assertThat(model.score(data.examples()).get("rmse")).isBetween(0.09, 0.105);
        var saved = folder.resolve("far.safetensors");
        model.save(Place.of(saved));
        assertThat(LinearModel.load(saved).score(data.examples()).get("rmse"))
                .isEqualTo(model.score(data.examples()).get("rmse"));
    }

    private static final double[] ONES = {1, 1, 1};
    private static final double[] ZEROS = {0, 0, 0};

    static List<UpdateRule> rules() {
        return List.of(
                new UpdateRule.Sgd(1),
                new UpdateRule.Momentum(1, 0.9f, 0),
                new UpdateRule.AdaGrad(1),
                new UpdateRule.AdaRevision(1),
                new UpdateRule.Adam(1),
                new UpdateRule.Ftrl(1, 1, 0, 0));
    }

    /** A rate of 1 suits every rule, and every loss. */
    @ParameterizedTest
    @MethodSource("rules")
    void aRateOfOneSuitsEveryRule(UpdateRule rule) throws IOException {
        var options = LinearOptions.defaults().with(rule);
        var run = Run.local(2);
        var two = data("two", ONES, ZEROS);
        double best = 0.925; // the noise turns over some 6 % of the labels
        for (var learner :
                List.of(new LogisticRegression(options), new LinearSvm(options, false), new LinearSvm(options, true))) {
            assertThat(learner.fit(two, run).score(two.examples()).get("accuracy"))
                    .as(learner.name() + " by " + rule)
                    .isGreaterThan(best);
        }
        var three = data("three", ONES, ZEROS);
        assertThat(new SoftmaxRegression(options)
                        .fit(three, run)
                        .score(three.examples())
                        .get("accuracy"))
                .isGreaterThan(0.83);
        var numbers = data("numbers", ONES, ZEROS);
        assertThat(new LeastSquares(options)
                        .fit(numbers, run)
                        .score(numbers.examples())
                        .get("rmse"))
                .isLessThan(
                        (rule instanceof UpdateRule.Ftrl ? 1.1 : 1.03) * NOISE * 50_000); // FTRL's rate does not fall
    }

    /** Units and origins change nothing: the scale is found, and resolution kept. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-6, 1e6})
    void unitsAndOriginsChangeNothing(double unit) throws IOException {
        var run = Run.local(2);
        var options = LinearOptions.defaults();
        var units = new double[] {unit, 1, 1 / unit};
        var origins = new double[] {0, 1.7e9, 3 / unit}; // seconds since 1970; a never absent one
        var plain = data("two", ONES, ZEROS);
        double due = new LogisticRegression(options)
                .fit(plain, run)
                .score(plain.examples())
                .get("accuracy");
        var scaled = data("two", units, origins);
        assertThat(new LogisticRegression(options)
                        .fit(scaled, run)
                        .score(scaled.examples())
                        .get("accuracy"))
                .isGreaterThan(due - 0.01);
        var numbers = data("numbers", units, origins);
        assertThat(new LeastSquares(options)
                        .fit(numbers, run)
                        .score(numbers.examples())
                        .get("rmse"))
                .isLessThan(1.03 * NOISE * 50_000);
    }

    @Test
    void resultsNameTheBaseline() throws IOException {
        var run = Run.local(1);
        var numbers = data("numbers", ONES, ZEROS);
        double mean = new LeastSquares(LinearOptions.defaults())
                .fit(numbers, run)
                .score(numbers.examples())
                .get("baselineRmse");
        assertThat(mean).isBetween(100_000.0, 130_000.0); // the deviation of what is to be learned
        var three = data("three", ONES, ZEROS);
        assertThat(new SoftmaxRegression(LinearOptions.defaults())
                        .fit(three, run)
                        .score(three.examples())
                        .get("baselineAccuracy"))
                .isBetween(0.33, 0.4);
    }

    @Test
    void aTrainingThatDivergesIsAnError() throws IOException {
        var run = Run.local(2);
        var huge = LinearOptions.defaults().with(new UpdateRule.Sgd(1e20f));
        for (var learner : List.of(new LogisticRegression(huge), new LinearSvm(huge, false))) {
            assertThatThrownBy(() -> learner.fit(data("two", ONES, ZEROS), run))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageContaining("the training diverged")
                    .hasMessageContaining("the rate 1.00e+20 is too large");
        }
        assertThatThrownBy(() -> new SoftmaxRegression(huge).fit(data("three", ONES, ZEROS), run))
                .isInstanceOf(DivergedException.class);
        var large = LinearOptions.defaults().with(new UpdateRule.Sgd(300)); // where squares grow without bounds
        assertThatThrownBy(() -> new LeastSquares(large).fit(data("numbers", ONES, ZEROS), run))
                .hasMessageMatching("(?s).*(the training diverged|smaller learning rate).*");
    }

    /** What has diverged has, however often it is asked. */
    @Test
    void aTrainingThatHasDivergedIsAnErrorWhenItIsResumed() throws IOException {
        var checkpoints = Checkpoints.in(Storage.local(folder.resolve("diverged")));
        var learner = new LogisticRegression(LinearOptions.defaults().with(new UpdateRule.Sgd(1e20f)));
        var data = data("two", ONES, ZEROS);
        assertThatThrownBy(() -> learner.fit(data, Run.local(2).with(checkpoints)))
                .isInstanceOf(DivergedException.class);
        assertThat(checkpoints.areAny()).isTrue();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> learner.fit(data, Run.local(2).with(checkpoints.resuming())))
                    .isInstanceOf(DivergedException.class);
        }
    }

    @Test
    void littleDataGetsMorePasses() throws IOException {
        assertThat(Conditioning.passes(200)).isEqualTo(100);
        assertThat(Conditioning.passes(4000)).isEqualTo(25);
        assertThat(Conditioning.passes(1_000_000)).isEqualTo(5);
        var two = data("two", ONES, ZEROS);
        var trained = new LogisticRegression(LinearOptions.defaults())
                .prepare(two, java.util.Optional.empty(), Run.local(1))
                .run();
        assertThat(trained.outcome().examples()).isEqualTo(34L * EXAMPLES);
    }
}
