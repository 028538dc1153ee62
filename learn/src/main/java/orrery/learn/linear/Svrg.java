package orrery.learn.linear;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.examples.Partition;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Task;
import orrery.engine.train.KeyedRows;
import orrery.engine.train.Recipe;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;

/**
 * A linear model by stochastic variance-reduced gradients (Johnson and Zhang, NIPS 2013), as a task of two kinds of stages
 * (FlexPS, section 8): the full gradient u at the weights w' so far, by many workers, then many small steps along the
 * gradient of a batch at w, less that at w', plus u, by few. For smooth losses.
 *
 * <p>The penalty and u change every weight at every step. They are never added: after E steps of size r the weights are
 * {@code w = a v + b u} with a = (1 - r l2)^E and b = -(1 - a) / l2, so only v is a table that changes, and only where a
 * batch has features. Between two epochs w is written out. Workers that are at different clocks see w a little differently,
 * so the steps want a bound of staleness, and under Asp come to nothing in particular.
 */
final class Svrg implements Recipe<LinearModel> {
    private static final int PAIRS = 200; // of examples, by which overlap is estimated
    private static final int WINDOWS = 20; // cuts of a stage whose workers are to be found
    private static final int LEAST_WINDOW = 10; // clocks
    private static final double MOST_DECAY = 30; // of weights by the penalty in one epoch: by exp(-30)

    private static final String STOCHASTIC = "stochastic";

    static final String WEIGHTS = "weights"; // v; its last row is the intercept
    static final String GRADIENT = "gradient"; // u
    static final String ANCHOR = "anchor"; // w'

    private final Loss loss;
    private final SvrgOptions options;
    private final Loaded data;
    private final Optional<Examples> validation;
    private final Run run;
    private final Labels labels;
    private final Partition partition; // of the stochastic steps
    private final int features;
    private final double rate;
    private final Job job;

    Svrg(String app, Loss loss, SvrgOptions options, Loaded data, Optional<Examples> validation, Run run)
            throws DataException {
        if (!run.consistency().sharesTable()
                || run.consistency().announcesAhead().isPresent()) {
            throw new IllegalArgumentException(
                    "svrg sums a gradient over all workers and reads whole tables: not under " + run.consistency());
        }
        if (loss == Loss.HINGE || loss == Loss.SOFTMAX) {
            throw new IllegalArgumentException(
                    loss == Loss.HINGE
                            ? "svrg is for smooth losses; the hinge loss is not, its square is"
                            : "svrg is for two classes or numbers, not for softmax");
        }
        this.loss = loss;
        this.options = options;
        this.data = data;
        this.validation = validation;
        this.run = run;
        labels = loss.isClassification()
                ? Labels.of(data.examples(), data.schema())
                : new Labels(List.of(), new double[0]);
        if (loss.isClassification() && labels.count() != 2) {
            throw new DataException(app + " needs 2 classes, the data has " + labels.count());
        }
        partition = Partition.divided(data.examples().size(), options.batch(), run.seed(), 1);
        features = data.examples().features();
        rate = options.rate() > 0 ? options.rate() : derivedRate();
        if (rate * options.l2() >= 1) {
            throw new IllegalArgumentException(
                    "rate x l2 must be below 1, or steps would turn weights over; the rate is " + rate + ", l2 "
                            + options.l2());
        }
        job = new Job(
                app + " by svrg",
                tables(),
                Task.of(fold(), full(), stochastic()).repeat(options.epochs()));
    }

    private List<TableSpec> tables() {
        var weights = TableSpec.dense(WEIGHTS, features + 1L, 1).with(run.consistency());
        return List.of(
                weights.withWorkers(),
                TableSpec.dense(GRADIENT, features + 1L, 1)
                        .with(run.consistency())
                        .withWorkers(),
                TableSpec.dense(ANCHOR, features + 1L, 1)
                        .with(run.consistency())
                        .withWorkers());
    }

    /** What the steps need to know. */
    Loss loss() {
        return loss;
    }

    Examples examples() {
        return data.examples();
    }

    int features() {
        return features;
    }

    boolean hasIntercept() {
        return options.intercept();
    }

    double rate() {
        return rate;
    }

    /** 1 or -1; under least squares the label itself. */
    double target(double label) {
        return !loss.isClassification() ? label : labels.find(label) == 1 ? 1 : -1;
    }

    /** The factor of v in the weights after so many steps. */
    double a(double steps) {
        return Math.exp(steps * Math.log1p(-rate * options.l2()));
    }

    /** The factor of u. */
    double b(double steps) {
        return options.l2() == 0 ? -rate * steps : -(1 - a(steps)) / options.l2();
    }

    // Stages

    /** Writes out the weights that the last epoch has come to; the gradient begins anew. */
    private Stage fold() {
        return new Stage("fold", 1, worker -> new SvrgFold(this, worker)).with(options.full());
    }

    private Stage full() {
        return new Stage("full", 1, 1, worker -> Measured.by(worker, new SvrgFull(this, worker), this::measure))
                .with(options.full());
    }

    private Stage stochastic() {
        long clocks = clocks();
        long cutEvery = options.stochastic().where() == Parallelism.Where.FOUND
                ? Math.max(LEAST_WINDOW, clocks / WINDOWS)
                : clocks;
        return new Stage(STOCHASTIC, clocks, cutEvery, worker -> new SvrgSteps(this, partition, worker))
                .with(options.stochastic());
    }

    /** As many as are asked for, unless the penalty would make a so small that floats cannot hold v. */
    private long clocks() {
        double most = options.l2() == 0 ? Double.MAX_VALUE : MOST_DECAY / (rate * options.l2() * options.batch());
        return (long) Math.max(1, Math.min(most, Math.rint(options.inner() * partition.clocksPerPass(1))));
    }

    /** Steps that all workers together have made before a clock of the stochastic stage, however many they are. */
    double steps(long clock) {
        long passes = clock / partition.clocksPerPass(1);
        return passes * (double) data.examples().size() + partition.from(clock, 0, 1);
    }

    /** Steps of a whole stochastic stage. */
    double stepsOfEpoch() {
        return steps(clocks());
    }

    private Map<String, Double> measure(Session session) {
        var anchor = session.values(session.table(ANCHOR));
        double square = 0;
        for (int f = 0; f < features; f++) {
            square += (double) anchor[f] * anchor[f];
        }
        var values = new LinkedHashMap<String, Double>();
        values.put("penalty", options.l2() / 2 * square);
        validation.ifPresent(
                examples -> values.putAll(model(anchor).score(examples).named("validation.")));
        return values;
    }

    // The rate

    /**
     * One over the smoothness of the loss: of one example the largest squared length times that of the margin's loss; of a
     * batch more, as far as examples overlap.
     */
    private double derivedRate() {
        var examples = data.examples();
        double ofMargin = loss.smoothness();
        double longest = 0;
        var cursor = examples.cursor();
        for (long i = 0; i < examples.size(); i++) {
            cursor.move(i);
            longest = Math.max(longest, square(cursor));
        }
        longest += options.intercept() ? 1 : 0;
        if (longest == 0) {
            return 1;
        }
        return 1 / ((ofMargin * longest) * (1 + (options.batch() - 1) * overlap(examples)) + options.l2());
    }

    private static double square(Examples.Cursor cursor) {
        double sum = 0;
        for (int k = cursor.from(); k < cursor.to(); k++) {
            sum += (double) cursor.values()[k] * cursor.values()[k];
        }
        return sum;
    }

    /** How far two examples point the same way: the mean of their cosine, which is 0 if they share no feature. */
    private double overlap(Examples examples) {
        if (examples.size() < 2) {
            return 0;
        }
        var random = new SplittableRandom(run.seed());
        var one = examples.cursor();
        var other = examples.cursor();
        double sum = 0;
        var of = new float[features]; // the one example
        for (int pair = 0; pair < PAIRS; pair++) {
            one.move(random.nextLong(examples.size()));
            other.move(random.nextLong(examples.size()));
            for (int k = one.from(); k < one.to(); k++) {
                of[one.indices()[k]] = one.values()[k];
            }
            double dot = options.intercept() ? 1 : 0;
            for (int k = other.from(); k < other.to(); k++) {
                dot += of[other.indices()[k]] * other.values()[k];
            }
            for (int k = one.from(); k < one.to(); k++) {
                of[one.indices()[k]] = 0;
            }
            double more = options.intercept() ? 1 : 0;
            double length = Math.sqrt((square(one) + more) * (square(other) + more));
            sum += length == 0 ? 0 : Math.abs(dot) / length;
        }
        return sum / PAIRS;
    }

    // The model

    @Override
    public Job job() {
        return job;
    }

    @Override
    public LinearModel model(Outcome outcome) {
        var node = outcome.node();
        var v = node.values(node.table(WEIGHTS));
        var u = node.values(node.table(GRADIENT));
        double steps = stepsBy(outcome);
        double a = a(steps);
        double b = b(steps);
        for (int f = 0; f < features; f++) {
            v[f] = (float) (a * v[f] + b * u[f]);
        }
        v[features] = (float) (v[features] - rate * steps * u[features]);
        return model(v);
    }

    /** Steps that the tables' v and u stand for: of the stage in which the job ended. */
    private double stepsBy(Outcome outcome) {
        if (outcome.cuts().isEmpty()) {
            return 0;
        }
        var last = outcome.cuts().getLast();
        return last.stage().startsWith(STOCHASTIC) ? steps(last.clock()) : 0;
    }

    @Override
    public Map<String, String> identity() {
        return Map.of(
                "svrg",
                options.toString(),
                "rate",
                String.valueOf(rate),
                Identity.DATA,
                data.examples().sum() + ", " + data.examples());
    }

    private LinearModel model(float[] weights) {
        var ofFeatures = Arrays.copyOf(weights, features);
        var intercept = new double[] {options.intercept() ? weights[features] : 0};
        double baseline = Source.baseline(data.examples(), labels, loss);
        return new LinearModel(
                loss, data.schema(), labels, 1, new KeyedRows.Dense(ofFeatures, 1), intercept, baseline, Map.of());
    }
}
