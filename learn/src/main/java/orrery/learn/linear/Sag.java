package orrery.learn.linear;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Verdict;
import orrery.engine.train.KeyedRows;
import orrery.engine.train.Recipe;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;

/**
 * A linear model by the stochastic average gradient (Le Roux, Schmidt and Bach, NIPS 2012): of each example the derivative at
 * its last visit is remembered by the worker whose example it is, and every step goes along the mean of what is remembered
 * of all. For smooth losses; converges linearly at a constant rate, as full gradients do, and costs a batch per step.
 *
 * <p>A step changes every weight. None is ever written: with r the rate, q = 1 - r l2, and a change d of the mean at step
 * s, the weights before step c are {@code -r} times the sum of {@code d (1 - q^(c - s)) / (1 - q)} over all changes. That is
 * {@code -r (g(c) D + q^c H)} with {@code g(c) = (1 - q^c) / (1 - q)}, the sums {@code D} of all d and {@code H} of all
 * {@code d (1 - q^-s) / (1 - q)}: two columns of a table that only adds, and only where a batch has features. So it needs no
 * rule, is read and written by key, and runs under any consistency with one table for all and a bound between workers. Without a penalty g(c) is c, and
 * H the sum of {@code -d s}.
 */
final class Sag implements Recipe<LinearModel> {
    static final String SUMS = "sums"; // D and H by feature; the last row is the intercept's
    private static final double MOST_DECAY = 30; // q^-s must not be too large for floats: exp(30)

    private final Loss loss;
    private final SagOptions options;
    private final Loaded data;
    private final Labels labels;
    private final long seed;
    private final int features;
    private final double rate;
    private final long clocks;
    private final Job job;

    Sag(String app, Loss loss, SagOptions options, Loaded data, Optional<Examples> validation, Run run)
            throws DataException {
        if (!run.consistency().sharesTable()
                || run.consistency().announcesAhead().isPresent()
                || run.consistency() instanceof Consistency.Asp) {
            throw new IllegalArgumentException(
                    "sag sums a gradient over all workers, who must be at about the same step: not under "
                            + run.consistency());
        }
        if (loss == Loss.HINGE || loss == Loss.SOFTMAX) {
            throw new IllegalArgumentException(
                    loss == Loss.HINGE
                            ? "sag is for smooth losses; the hinge loss is not, its square is"
                            : "sag is for two classes or numbers, not for softmax");
        }
        this.loss = loss;
        this.options = options;
        this.data = data;
        var examples = data.examples();
        labels = loss.isClassification() ? Labels.of(examples, data.schema()) : new Labels(List.of(), new double[0]);
        if (loss.isClassification() && labels.count() != 2) {
            throw new DataException(app + " needs 2 classes, the data has " + labels.count());
        }
        features = examples.features();
        seed = run.seed();
        long perPass = Math.ceilDiv(examples.size(), (long) options.batch() * run.workers());
        clocks = perPass * options.passes();
        rate = options.rate() > 0 ? options.rate() : derivedRate();
        if (rate * options.l2() >= 1 || rate * options.l2() * clocks > MOST_DECAY) {
            throw new IllegalArgumentException(
                    "rate x l2 x steps must be at most " + MOST_DECAY + ", for sums that floats"
                            + " can hold; the rate is " + rate + ", l2 " + options.l2() + ", and there are " + clocks
                            + " steps: take larger batches, fewer passes or a smaller l2");
        }
        var stage = new Stage(
                "train",
                clocks,
                perPass,
                worker -> validation.isEmpty()
                        ? new SagSteps(this, worker)
                        : Measured.by(
                                worker, new SagSteps(this, worker), session -> measured(session, validation.get())),
                cut -> Verdict.GO_ON);
        var sums = TableSpec.dense(SUMS, features + 1L, 2).with(run.consistency());
        job = new Job(app + " by sag", List.of(sums), List.of(stage));
    }

    long seed() {
        return seed;
    }

    int batch() {
        return options.batch();
    }

    Examples examples() {
        return data.examples();
    }

    Labels labels() {
        return labels;
    }

    Loss loss() {
        return loss;
    }

    int features() {
        return features;
    }

    boolean hasIntercept() {
        return options.intercept();
    }

    /** The factor of D in the weights before a step. */
    private double g(long step, boolean isShrunk) {
        double decay = isShrunk ? rate * options.l2() : 0;
        return decay == 0 ? step : -Math.expm1(step * Math.log1p(-decay)) / decay;
    }

    private double power(long step, boolean isShrunk) {
        return isShrunk ? Math.exp(step * Math.log1p(-rate * options.l2())) : 1;
    }

    /** What a change of 1 adds to H at a step. */
    double h(long step, boolean isShrunk) {
        double decay = isShrunk ? rate * options.l2() : 0;
        return decay == 0 ? -step : -Math.expm1(-step * Math.log1p(-decay)) / decay;
    }

    /** Weights before a step, of which D and H are side by side in {@code sums}; the intercept's if it is not shrunk. */
    void weights(long step, boolean isShrunk, float[] sums, int count, float[] weights) {
        double g = g(step, isShrunk);
        double power = power(step, isShrunk);
        for (int i = 0; i < count; i++) {
            weights[i] = (float) (-rate * (g * sums[2 * i] + power * sums[2 * i + 1]));
        }
    }

    /** One over the smoothness of the loss of an example: the largest squared length times that of the margin's loss. */
    private double derivedRate() {
        double ofMargin = loss.smoothness();
        double longest = 0;
        var cursor = data.examples().cursor();
        for (long i = 0; i < data.examples().size(); i++) {
            cursor.move(i);
            double sum = options.intercept() ? 1 : 0;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                sum += (double) cursor.values()[k] * cursor.values()[k];
            }
            longest = Math.max(longest, sum);
        }
        return longest == 0 ? 1 : 1 / (ofMargin * longest + options.l2());
    }

    // The model

    private Map<String, Double> measured(Session session, Examples validation) {
        return model(session.values(session.table(SUMS)), session.clock())
                .score(validation)
                .named("validation.");
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public LinearModel model(Outcome outcome) {
        var node = outcome.node();
        return model(
                node.values(node.table(SUMS)),
                outcome.cuts().isEmpty() ? 0 : outcome.cuts().getLast().clock());
    }

    private LinearModel model(float[] sums, long step) {
        var weights = new float[features];
        weights(step, true, sums, features, weights);
        var bias = new float[1];
        weights(step, false, Arrays.copyOfRange(sums, 2 * features, 2 * features + 2), 1, bias);
        double baseline = Source.baseline(data.examples(), labels, loss);
        return new LinearModel(
                loss,
                data.schema(),
                labels,
                1,
                new KeyedRows.Dense(weights, 1),
                new double[] {options.intercept() ? bias[0] : 0},
                baseline,
                Map.of());
    }

    @Override
    public Map<String, String> identity() {
        return Map.of(
                "sag",
                options.toString(),
                "rate",
                String.valueOf(rate),
                Identity.DATA,
                data.examples().sum() + ", " + data.examples());
    }

    /** The first example that is a worker's own: each has an even part of all. */
    long first(int worker, int workers) {
        return data.examples().size() * worker / workers;
    }
}
