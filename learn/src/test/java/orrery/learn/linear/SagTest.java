package orrery.learn.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.learn.InNodes;
import orrery.store.Storage;
import orrery.table.spec.Consistency;

@Timeout(120)
final class SagTest {
    private static final int FEATURES = 20;
    private static final int EXAMPLES = 300;

    @TempDir
    Path folder = Path.of("");

    private static Loaded data(boolean isClassification) {
        var random = new SplittableRandom(3);
        var packer = new Examples.Packer();
        for (int i = 0; i < EXAMPLES; i++) {
            double sum = 0.5;
            for (int f = random.nextInt(4); f < FEATURES; f += 1 + random.nextInt(6)) {
                float value = (float) (random.nextDouble() * 2 - 1);
                packer.feature(f, value);
                sum += value * (f % 5 - 2);
            }
            double noise = random.nextDouble() - 0.5;
            packer.example(isClassification ? (sum + 2 * noise > 0 ? 1 : 0) : sum + noise, 1);
        }
        return new Loaded(
                packer.pack(FEATURES), Schema.ofFeatures("libsvm", List.of(), List.of(), FEATURES), Reading.of("made"));
    }

    private static LinearModel train(LinearLearner learner, SagOptions options, Run run) throws Exception {
        return learner.prepare(data(learner.loss().isClassification()), Optional.empty(), options, run)
                .run()
                .model();
    }

    /** The algorithm as it was published, with every weight changed by every step, in doubles. */
    private static double[] published(Loaded data, SagOptions options, long seed, double rate, Loss loss) {
        var w = new double[FEATURES + 1];
        var mean = new double[FEATURES + 1];
        var slopes = new double[EXAMPLES];
        var cursor = data.examples().cursor();
        long steps = options.passes() * Math.ceilDiv((long) EXAMPLES, options.batch());
        for (long step = 0; step < steps; step++) {
            var random = new SplittableRandom(seed * 31 * 0x9e3779b97f4a7c15L + step);
            var before = w.clone();
            for (int b = 0; b < options.batch(); b++) {
                int i = random.nextInt(EXAMPLES);
                cursor.move(i);
                double margin = before[FEATURES];
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    margin += before[cursor.indices()[k]] * cursor.values()[k];
                }
                double slope = loss.isClassification()
                        ? loss.slope(margin, cursor.label() == 1 ? 1 : -1)
                        : loss.slope(margin, cursor.label());
                double change = (slope - slopes[i]) / EXAMPLES;
                slopes[i] = slope;
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    mean[cursor.indices()[k]] += change * cursor.values()[k];
                }
                mean[FEATURES] += change;
            }
            for (int f = 0; f <= FEATURES; f++) {
                w[f] -= rate * (mean[f] + (f < FEATURES ? options.l2() * w[f] : 0));
            }
        }
        return w;
    }

    @ParameterizedTest(name = "{0}, l2 {1}")
    @CsvSource({"true, 0", "true, 0.01", "false, 0", "false, 0.001"})
    void doesWhatWasPublished(boolean isClassification, double l2) throws Exception {
        var options =
                SagOptions.defaults().withPasses(6).withBatch(3).withL2(l2).withRate(0.05);
        LinearLearner learner = isClassification
                ? new LogisticRegression(LinearOptions.defaults())
                : new LeastSquares(LinearOptions.defaults());
        var model = train(learner, options, Run.local(1).withSeed(9));
        var due = published(data(isClassification), options, 9, 0.05, learner.loss());
        for (int f = 0; f < FEATURES; f++) {
            assertThat((double) model.weight(f, 0)).isCloseTo(due[f], within(2e-4));
        }
        assertThat(model.intercept(0)).isCloseTo(due[FEATURES], within(2e-4));
    }

    @Test
    void findsTheOptimum() throws Exception {
        var options = SagOptions.defaults().withPasses(50).withBatch(2).withL2(0.01);
        var sag = train(new LogisticRegression(LinearOptions.defaults()), options, Run.local(2));
        var svrg = new LogisticRegression(LinearOptions.defaults())
                .prepare(
                        data(true),
                        Optional.empty(),
                        SvrgOptions.defaults().withEpochs(60).withL2(0.01),
                        Run.local(1))
                .run()
                .model();
        for (int f = 0; f < FEATURES; f++) {
            assertThat(sag.weight(f, 0)).isCloseTo(svrg.weight(f, 0), within(2e-3f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ssp:2", "essp:1"})
    void looserConsistenciesFindItToo(String consistency) throws Exception {
        var learner = new LogisticRegression(LinearOptions.defaults());
        var model = train(
                learner,
                SagOptions.defaults().withPasses(50).withBatch(2),
                Run.local(3).with(Consistency.parse(consistency)));
        assertThat(model.score(data(true).examples()).values().get("accuracy")).isGreaterThan(0.88);
    }

    @Test
    void membersComputeTheSameBits() throws Exception {
        var learner = new LogisticRegression(LinearOptions.defaults());
        var options = SagOptions.defaults().withPasses(4);
        var run = Run.local(4);
        var due = train(learner, options, run);
        var is = train(
                learner,
                options,
                run.with(new InNodes(
                        2,
                        run,
                        mine -> learner.prepare(data(true), Optional.empty(), options, mine)
                                .join())));
        for (int f = 0; f < FEATURES; f++) {
            assertThat(is.weight(f, 0)).isEqualTo(due.weight(f, 0));
        }
    }

    /** What is remembered of examples is kept: a run that goes on does what one that was never stopped does. */
    @Test
    void aResumedRunRemembers() throws Exception {
        var learner = new LogisticRegression(LinearOptions.defaults());
        var options = SagOptions.defaults().withPasses(6);
        var due = train(learner, options, Run.local(2));
        var kept = Checkpoints.in(Storage.local(folder));
        var stopped = learner.prepare(
                data(true), Optional.empty(), options, Run.local(2).with(kept));
        var outcome = stopped.job()
                .run(stopped.settings().identifiedBy(stopped.identity()).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut && cut.clock() > 20) {
                        stopped.job().stop();
                    }
                }));
        assertThat(outcome.status()).isEqualTo(Outcome.Status.STOPPED);
        var is = train(learner, options, Run.local(2).with(kept.resuming()));
        for (int f = 0; f < FEATURES; f++) {
            assertThat(is.weight(f, 0)).isEqualTo(due.weight(f, 0));
        }
    }

    @Test
    void whatItIsNotForIsSaid() {
        assertThatThrownBy(() ->
                        train(new LinearSvm(LinearOptions.defaults(), false), SagOptions.defaults(), Run.local(1)))
                .hasMessageContaining("smooth losses");
        assertThatThrownBy(() -> train(
                        new LogisticRegression(LinearOptions.defaults()),
                        SagOptions.defaults().withRate(10).withL2(0.05).withPasses(100),
                        Run.local(1)))
                .hasMessageContaining("rate x l2 x steps");
    }
}
