package orrery.learn.linear;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.engine.train.KeyedRows;
import orrery.engine.train.Recipe;
import orrery.table.spec.TableSpec;

/**
 * A linear model with an L2 penalty, found by coordinate descent in the dual (Hsieh et al., "A Dual Coordinate Descent
 * Method for Large-scale Linear SVM", ICML 2008; of the logistic loss Yu, Huang and Lin, Machine Learning 85, 2011). It
 * minimises {@code |w|^2 / 2 + C sum of c loss(y, w x)} over the examples, c their weights, and C = 1 / (l2 n).
 *
 * <p>Each worker has the dual variables of its own examples. In a clock it goes over them once, from the weights that all
 * have come to, as if what it changes were changed so by every worker; what all have changed is added up (Ma et al.,
 * "Adding vs. Averaging in Distributed Primal-Dual Optimization", ICML 2015: CoCoA+). With one worker this is the method
 * itself. Examples are taken as they are, without scaling. Of more than two classes there is one such model for each, of
 * it against the rest; all are found in the same passes.
 */
final class Dual implements Recipe<LinearModel> {
    static final String WEIGHTS = "weights"; // the last is the intercept
    private static final int BETWEEN_CUTS = 5; // passes

    private final Loss loss;
    private final DualOptions options;
    private final Loaded data;
    private final Optional<Examples> validation;
    private final Run run;
    private final Labels labels;
    private final LinearOptions weighing;
    private final float[] classWeights;
    private final int features;
    private final int width;
    private final long stride;
    private final Job job;

    Dual(LinearLearner learner, DualOptions options, Loaded data, Optional<Examples> validation, Run run)
            throws DataException {
        String app = learner.name();
        loss = learner.loss();
        if (loss == Loss.SOFTMAX) {
            throw new IllegalArgumentException(
                    "dual is not for softmax; lr and svm by dual learn each class against the rest");
        }
        if (!run.consistency().isExact()) {
            throw new IllegalArgumentException(
                    "dual adds up what all workers have changed at the same weights: under bsp, not under "
                            + run.consistency());
        }
        this.options = options;
        this.data = data;
        this.validation = validation;
        this.run = run;
        labels = loss.isClassification()
                ? Labels.of(data.examples(), data.schema())
                : new Labels(List.of(), new double[0]);
        if (loss.isClassification() && labels.count() < 2) {
            throw new DataException(app + " needs 2 classes or more, the data has " + labels.names());
        }
        Labels.checkFit(app, loss, data.schema());
        weighing = learner.options();
        labels.checkWeights(weighing);
        classWeights = labels.weights(weighing, Optional.of(data.examples()));
        features = data.examples().features();
        stride = stride(data.examples().size());
        width = labels.count() > 2 ? labels.count() : 1;
        var stage = new Stage(
                "dual",
                options.passes(),
                Math.min(BETWEEN_CUTS, options.passes()),
                worker -> validated(worker, new DualStep(this, worker)));
        job = new Job(app + " by dual", List.of(TableSpec.dense(WEIGHTS, features + 1L, width)), List.of(stage));
    }

    Loss loss() {
        return loss;
    }

    DualOptions options() {
        return options;
    }

    Examples examples() {
        return data.examples();
    }

    long seed() {
        return run.seed();
    }

    int features() {
        return features;
    }

    /** Models that are found: one, or one per class. */
    int width() {
        return width;
    }

    /** What the loss of an example counts beside half the square of the weights' length. */
    double cost(Examples.Cursor example) {
        double c = options.l2() == 0 ? 1 : 1 / (options.l2() * data.examples().size());
        return c * example.weight() * (loss.isClassification() ? classWeights[labels.find(example.label())] : 1);
    }

    /** The class that an example belongs to. */
    int classOf(double label) {
        return labels.find(label);
    }

    /**
     * The example that comes at a place, in an order that is fixed and spread over the data: files are often sorted, and no
     * worker should have one class alone.
     */
    int spread(long place) {
        return (int) (place * stride % data.examples().size());
    }

    /** About the golden section of the number of examples, without a common divisor. */
    private static long stride(long count) {
        long stride = Math.max(1, Math.round(count * 0.6180339887498949));
        while (gcd(stride, count) != 1) {
            stride++;
        }
        return stride;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    private Step validated(Worker worker, Step step) {
        return validation.isEmpty()
                ? step
                : Measured.by(
                        worker,
                        step,
                        session -> model(session.values(session.table(WEIGHTS)))
                                .score(validation.get())
                                .named("validation."));
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public LinearModel model(Outcome outcome) {
        return model(outcome.node().values(outcome.node().table(WEIGHTS)));
    }

    @Override
    public Map<String, String> identity() {
        return Map.of(
                "dual",
                options.toString(),
                "class weights",
                new TreeMap<>(weighing.classWeights()) + (weighing.balanced() ? ", balanced" : ""),
                Identity.DATA,
                data.examples().sum() + ", " + data.examples());
    }

    private LinearModel model(float[] weights) {
        var intercept = new double[width];
        for (int c = 0; c < width && options.intercept(); c++) {
            intercept[c] = weights[features * width + c];
        }
        double baseline = Source.baseline(data.examples(), labels, loss);
        return new LinearModel(
                loss,
                data.schema(),
                labels,
                width,
                new KeyedRows.Dense(Arrays.copyOf(weights, features * width), width),
                intercept,
                baseline,
                Map.of());
    }
}
