package orrery.learn.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import orrery.data.Data;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.store.Storage;
import orrery.table.spec.Consistency;

final class SvrgTest {
    private static final double L2 = 1e-3;
    private static final int FEATURES = 30;

    @TempDir
    Path folder = Path.of("");

    private Loaded data(boolean hasClasses) throws IOException {
        var random = new SplittableRandom(5);
        var truth = random.doubles(FEATURES, -2, 2).toArray();
        var text = new StringBuilder();
        for (int i = 0; i < 1500; i++) {
            double margin = 0.7;
            var line = new StringBuilder();
            for (int f = random.nextInt(4); f < FEATURES; f += 1 + random.nextInt(8)) {
                double x = random.nextDouble(-1, 1);
                line.append(' ').append(f).append(':').append((float) x);
                margin += truth[f] * x;
            }
            margin += random.nextGaussian();
            text.append(hasClasses ? (margin > 0 ? "1" : "-1") : String.valueOf((float) margin))
                    .append(line)
                    .append('\n');
        }
        var file = Files.writeString(folder.resolve("data-" + hasClasses + ".libsvm"), text);
        return Data.parse(file, ReadOptions.defaults(), null, true);
    }

    private static LinearLearner learner(Loss loss) {
        return switch (loss) {
            case LOGISTIC -> new LogisticRegression(LinearOptions.defaults());
            case SQUARED_HINGE -> new LinearSvm(LinearOptions.defaults(), true);
            case SQUARED -> new LeastSquares(LinearOptions.defaults());
            default -> throw new IllegalArgumentException();
        };
    }

    private static double objective(Loaded data, Loss loss, double[] w) {
        double sum = 0;
        var cursor = data.examples().cursor();
        for (long i = 0; i < data.examples().size(); i++) {
            cursor.move(i);
            sum += loss.of(margin(cursor, w), target(loss, cursor.label()));
        }
        double square = 0;
        for (int f = 0; f < FEATURES; f++) {
            square += w[f] * w[f];
        }
        return sum / data.examples().size() + L2 / 2 * square;
    }

    private static double target(Loss loss, double label) {
        return loss.isClassification() ? (label > 0 ? 1 : -1) : label;
    }

    private static double margin(orrery.data.Examples.Cursor cursor, double[] w) {
        double margin = w[FEATURES];
        for (int k = cursor.from(); k < cursor.to(); k++) {
            margin += w[cursor.indices()[k]] * cursor.values()[k];
        }
        return margin;
    }

    /** The optimum by many steps of plain gradient descent in doubles. */
    private static double[] optimum(Loaded data, Loss loss) {
        var w = new double[FEATURES + 1];
        var cursor = data.examples().cursor();
        long n = data.examples().size();
        for (int step = 0; step < 4000; step++) {
            var g = new double[FEATURES + 1];
            for (long i = 0; i < n; i++) {
                cursor.move(i);
                double slope = loss.slope(margin(cursor, w), target(loss, cursor.label())) / n;
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    g[cursor.indices()[k]] += slope * cursor.values()[k];
                }
                g[FEATURES] += slope;
            }
            for (int f = 0; f < FEATURES; f++) {
                w[f] -= 0.4 * (g[f] + L2 * w[f]);
            }
            w[FEATURES] -= 0.4 * g[FEATURES];
        }
        return w;
    }

    private static double[] weights(LinearModel model) {
        var w = new double[FEATURES + 1];
        for (int f = 0; f < FEATURES; f++) {
            w[f] = model.weight(f, 0);
        }
        w[FEATURES] = model.intercept(0);
        return w;
    }

    @ParameterizedTest
    @EnumSource(
            value = Loss.class,
            names = {"LOGISTIC", "SQUARED_HINGE", "SQUARED"})
    void comesToTheOptimum(Loss loss) throws IOException {
        var data = data(loss.isClassification());
        var options = SvrgOptions.defaults().withL2(L2).withEpochs(30);
        var model = learner(loss)
                .prepare(data, Optional.empty(), options, Run.local(3))
                .run()
                .model();
        double least = objective(data, loss, optimum(data, loss));
        assertThat(objective(data, loss, weights(model)) - least).isBetween(-1e-6, 1e-4 * least);
    }

    /** As fast as the theory says: the gap falls by a factor with every epoch, where a plain step's noise would not let it. */
    @Test
    void theGapFallsGeometrically() throws IOException {
        var data = data(true);
        double least = objective(data, Loss.LOGISTIC, optimum(data, Loss.LOGISTIC));
        var gaps = new ArrayList<Double>();
        var options = SvrgOptions.defaults().withL2(L2).withEpochs(12);
        learner(Loss.LOGISTIC)
                .prepare(data, Optional.empty(), options, Run.local(2).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut && cut.stage().startsWith("full")) {
                        gaps.add(cut.metrics().get("loss") + cut.metrics().get("penalty") - least);
                    }
                }))
                .run();
        assertThat(gaps).hasSize(12);
        assertThat(gaps.getFirst()).isCloseTo(Math.log(2) - least, within(1e-6));
        assertThat(gaps.get(11)).isLessThan(1e-3 * gaps.getFirst());
    }

    /** The penalty and u are never added to the weights; a step that adds them comes to the same. */
    @ParameterizedTest
    @CsvSource({"0", "0.001", "0.1"})
    void theLazyDenseTermIsExact(double l2) throws IOException {
        var data = data(true);
        var options =
                SvrgOptions.defaults().withL2(l2).withEpochs(2).withBatch(1).withRate(0.05);
        var svrg = learner(Loss.LOGISTIC).prepare(data, Optional.empty(), options, Run.local(1));
        var w = weights(svrg.run().model());
        var plain = plain(data, l2, 0.05, 2, svrg);
        for (int f = 0; f <= FEATURES; f++) {
            assertThat(w[f]).isCloseTo(plain[f], within(2e-4));
        }
    }

    /** Johnson and Zhang's algorithm as it is written, in doubles, with the same examples in the same order. */
    private static double[] plain(Loaded data, double l2, double rate, int epochs, Training<LinearModel> svrg) {
        var examples = data.examples();
        int n = (int) examples.size();
        var cursor = examples.cursor();
        var w = new double[FEATURES + 1];
        for (int epoch = 0; epoch < epochs; epoch++) {
            var anchor = w.clone();
            var u = new double[FEATURES + 1];
            for (int i = 0; i < n; i++) {
                cursor.move(i);
                double slope = Loss.LOGISTIC.slope(margin(cursor, anchor), target(Loss.LOGISTIC, cursor.label())) / n;
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    u[cursor.indices()[k]] += slope * cursor.values()[k];
                }
                u[FEATURES] += slope;
            }
            var partition = orrery.engine.examples.Partition.divided(
                    n, 1, svrg.settings().seed(), 1);
            for (int t = 0; t < n; t++) {
                cursor.move(partition.order(t, 0, 1).at(t));
                double y = target(Loss.LOGISTIC, cursor.label());
                double slope =
                        Loss.LOGISTIC.slope(margin(cursor, w), y) - Loss.LOGISTIC.slope(margin(cursor, anchor), y);
                for (int f = 0; f <= FEATURES; f++) {
                    w[f] -= rate * (u[f] + (f < FEATURES ? l2 * w[f] : 0));
                }
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    w[cursor.indices()[k]] -= rate * slope * cursor.values()[k];
                }
                w[FEATURES] -= rate * slope;
            }
        }
        return w;
    }

    /** Many for the full gradient, some for the steps, under whatever consistency. */
    @ParameterizedTest
    @CsvSource({"bsp, 4, 1", "bsp, 2, 3", "ssp:1, 4, 2", "essp:3, 3, 2"})
    void anyNumbersOfWorkersComeToTheOptimum(String consistency, int full, int stochastic) throws IOException {
        var data = data(true);
        var options = SvrgOptions.defaults()
                .withL2(L2)
                .withEpochs(30)
                .with(Parallelism.anywhere(full), Parallelism.onOneMember(stochastic));
        var run = Run.local(1).with(Consistency.parse(consistency));
        var model = learner(Loss.LOGISTIC)
                .prepare(data, Optional.empty(), options, run)
                .run()
                .model();
        double least = objective(data, Loss.LOGISTIC, optimum(data, Loss.LOGISTIC));
        assertThat(objective(data, Loss.LOGISTIC, weights(model)) - least).isBetween(-1e-6, 1e-3 * least);
    }

    /** With numbers that change while it runs. */
    @Test
    void workersOfTheStepsAreFound() throws IOException {
        var data = data(true);
        var options = SvrgOptions.defaults().withL2(L2).withEpochs(30).with(Parallelism.OF_RUN, Parallelism.found(3));
        var resized = new ArrayList<RunEvent>();
        var model = learner(Loss.LOGISTIC)
                .prepare(data, Optional.empty(), options, Run.local(2).listening(event -> {
                    if (event instanceof RunEvent.Resized) {
                        resized.add(event);
                    }
                }))
                .run()
                .model();
        assertThat(resized).isNotEmpty();
        double least = objective(data, Loss.LOGISTIC, optimum(data, Loss.LOGISTIC));
        assertThat(objective(data, Loss.LOGISTIC, weights(model)) - least).isBetween(-1e-6, 1e-3 * least);
    }

    @Test
    void goesOnToTheSameBits() throws IOException {
        var data = data(true);
        var options = SvrgOptions.defaults().withL2(L2).withEpochs(4);
        var due = learner(Loss.LOGISTIC)
                .prepare(data, Optional.empty(), options, Run.local(2))
                .run()
                .model();
        var storage = Storage.local(folder.resolve("kept"));
        var kept = Run.local(2).with(Checkpoints.in(storage));
        var stops = new ArrayList<Training<LinearModel>>();
        var svrg = learner(Loss.LOGISTIC).prepare(data, Optional.empty(), options, kept.listening(event -> {
            if (event instanceof RunEvent.CutReached cut && cut.stage().equals("stochastic 2")) {
                stops.getFirst().job().stop();
            }
        }));
        stops.add(svrg);
        assertThat(svrg.run().outcome().status()).isEqualTo(Outcome.Status.STOPPED);
        var again = Run.local(2).with(Checkpoints.in(storage).resuming());
        var model = learner(Loss.LOGISTIC)
                .prepare(data, Optional.empty(), options, again)
                .run()
                .model();
        assertThat(weights(model)).isEqualTo(weights(due));
    }

    /** Ended after a full gradient, and with a penalty that forgets the weights many times in a pass. */
    @Test
    void isAsFarAsItHasCome() throws IOException {
        var data = data(true);
        var options = SvrgOptions.defaults().withL2(L2).withEpochs(4);
        var stops = new ArrayList<Training<LinearModel>>();
        var losses = new ArrayList<Double>();
        var svrg = learner(Loss.LOGISTIC)
                .prepare(data, Optional.empty(), options, Run.local(2).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut && cut.stage().equals("full 3")) {
                        losses.add(cut.metrics().get("loss") + cut.metrics().get("penalty"));
                        stops.getFirst().job().finish();
                    }
                }));
        stops.add(svrg);
        var model = svrg.run().model();
        assertThat(objective(data, Loss.LOGISTIC, weights(model))).isCloseTo(losses.getFirst(), within(1e-5));
        var strict = SvrgOptions.defaults().withL2(0.5).withEpochs(10);
        var shrunk = learner(Loss.LOGISTIC)
                .prepare(data, Optional.empty(), strict, Run.local(1))
                .run()
                .model();
        for (double w : weights(shrunk)) {
            assertThat(Math.abs(w)).isLessThan(2);
        }
        assertThatThrownBy(
                        () -> learner(Loss.LOGISTIC).prepare(data, Optional.empty(), strict.withRate(3), Run.local(1)))
                .hasMessageContaining("rate x l2 must be below 1");
        assertThatThrownBy(() -> learner(Loss.LOGISTIC)
                        .prepare(data, Optional.empty(), options, Run.local(1).with(new Consistency.Local(4))))
                .hasMessageContaining("not under local:4");
    }

    @Test
    void saysWhatItIsNotFor() throws IOException {
        var data = data(true);
        var svm = new LinearSvm(LinearOptions.defaults(), false);
        assertThatThrownBy(() -> svm.prepare(data, Optional.empty(), SvrgOptions.defaults(), Run.local(1)))
                .hasMessage("svrg is for smooth losses; the hinge loss is not, its square is");
        for (var bad : List.<Runnable>of(
                () -> SvrgOptions.defaults().withEpochs(0),
                () -> SvrgOptions.defaults().withBatch(0),
                () -> SvrgOptions.defaults().withInner(0),
                () -> SvrgOptions.defaults().withRate(-1),
                () -> SvrgOptions.defaults().withL2(-1))) {
            assertThatThrownBy(bad::run).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
