package orrery.spark;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import orrery.data.Nearest;
import orrery.learn.Layout;
import orrery.learn.linear.Known;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LinearSvm;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.SoftmaxRegression;
import orrery.table.spec.KeySpace;
import orrery.table.spec.UpdateRule;

/** Fits linear classifiers to data frames: logistic regression, support vector machines, softmax. */
public final class LinearEstimator extends ClassifierEstimator<LinearEstimator, LinearFrameModel> {
    private static final long serialVersionUID = 1;
    private static final List<String> FAMILIES = List.of("logistic", "svm", "softmax");
    private static final List<String> RULES = List.of("sgd", "momentum", "adagrad", "adarevision", "adam", "ftrl");

    private final Param<String> family;
    private final Param<String> weightCol;
    private final IntParam passes;
    private final IntParam batchSize;
    private final Param<String> rule;
    private final DoubleParam rate;
    private final DoubleParam l1;
    private final DoubleParam l2;
    private final BooleanParam fitIntercept;
    private final BooleanParam readAhead;
    private final BooleanParam standardization;

    /** Logistic regression, if no family is set. */
    public LinearEstimator() {
        this(Identifiable$.MODULE$.randomUID("orrery-linear"));
    }

    /** The same with an identifier, as Spark makes it when it loads a pipeline. */
    public LinearEstimator(String uid) {
        super(uid);
        family = new Param<>(uid, "family", "logistic, svm or softmax");
        weightCol = new Param<>(uid, "weightCol", "weights of examples; empty for none");
        passes = new IntParam(uid, "passes", "how often each example is used; 0 for as often as so many need");
        batchSize = new IntParam(uid, "batchSize", "examples per worker and clock");
        rule = new Param<>(uid, "rule", "sgd, momentum, adagrad, adarevision, adam or ftrl");
        rate = new DoubleParam(
                uid, "rate", "learning rate: a multiple of what suits the data, or itself if not standardised");
        l1 = new DoubleParam(uid, "l1", "L1 penalty, of sgd, adagrad and ftrl");
        l2 = new DoubleParam(uid, "l2", "L2 penalty, of all but adarevision");
        fitIntercept = new BooleanParam(uid, "fitIntercept", "whether margins have an intercept");
        readAhead = new BooleanParam(uid, "readAhead", "whether examples are on disk, and read ahead at each pass");
        standardization = new BooleanParam(
                uid,
                "standardization",
                "whether features are brought to one scale, and the rate to what suits the data");
        setDefaults();
    }

    /** Of two classes. */
    public static LinearEstimator logisticRegression() {
        return new LinearEstimator();
    }

    /** Of two classes, by the hinge loss. */
    public static LinearEstimator supportVectorMachine() {
        return new LinearEstimator().setFamily("svm");
    }

    /** Of two classes or more. */
    public static LinearEstimator softmax() {
        return new LinearEstimator().setFamily("softmax");
    }

    /** Reads an estimator that was saved. */
    public static MLReader<LinearEstimator> read() {
        return new DefaultParamsReader<>();
    }

    @Override
    void setOwnDefaults() {
        super.setOwnDefaults();
        setDefault(family, "logistic");
        setDefault(weightCol, "");
        setDefault(passes, 0);
        setDefault(batchSize, 64);
        setDefault(rule, "adagrad");
        setDefault(rate, 1.0);
        setDefault(standardization, true);
        setDefault(l1, 0.0);
        setDefault(l2, 0.0);
        setDefault(fitIntercept, true);
        setDefault(readAhead, false);
    }

    public Param<String> family() {
        return family;
    }

    public Param<String> weightCol() {
        return weightCol;
    }

    public IntParam passes() {
        return passes;
    }

    public IntParam batchSize() {
        return batchSize;
    }

    public Param<String> rule() {
        return rule;
    }

    public DoubleParam rate() {
        return rate;
    }

    public DoubleParam l1() {
        return l1;
    }

    public DoubleParam l2() {
        return l2;
    }

    public BooleanParam fitIntercept() {
        return fitIntercept;
    }

    public BooleanParam standardization() {
        return standardization;
    }

    /** {@code logistic}, {@code svm} or {@code softmax}. */
    public LinearEstimator setFamily(String name) {
        return with(family, known(name, FAMILIES, "family"));
    }

    /** Of the weights of examples; without, each weighs 1. */
    public LinearEstimator setWeightCol(String column) {
        return with(weightCol, column);
    }

    /** How often each example is used; 0, as if nothing is said, for as often as so many examples need, at least 5. */
    public LinearEstimator setPasses(int count) {
        return with(passes, count);
    }

    /**
     * Whether features are brought to one scale for training, as Spark's own estimators do, and the rate to what suits the
     * data; the model's weights are of the features as they are. If not, passes are 5 and the rate is 0.3 if nothing is said.
     * Vectors of more than 2^20 entries are taken as they are.
     */
    public LinearEstimator setStandardization(boolean standardises) {
        return with(standardization, standardises);
    }

    /** Examples per worker and clock. */
    public LinearEstimator setBatchSize(int examples) {
        return with(batchSize, examples);
    }

    /** How the shards apply gradients: {@code adagrad} if nothing is said. */
    public LinearEstimator setRule(String name) {
        return with(rule, known(name, RULES, "rule"));
    }

    /** The learning rate: a multiple of the one that suits the data (1); the rate itself without standardisation (0.3). */
    public LinearEstimator setRate(double to) {
        return with(rate, to);
    }

    public LinearEstimator setL1(double penalty) {
        return with(l1, penalty);
    }

    public LinearEstimator setL2(double penalty) {
        return with(l2, penalty);
    }

    public LinearEstimator setFitIntercept(boolean fits) {
        return with(fitIntercept, fits);
    }

    public BooleanParam readAhead() {
        return readAhead;
    }

    /**
     * Whether members keep their examples packed on the executors' disks (spark.local.dir) and read them ahead at each pass,
     * for data that are greater than their memory. Each pass then has the same order.
     */
    public LinearEstimator setReadAhead(boolean fromDisk) {
        return with(readAhead, fromDisk);
    }

    static String known(String name, List<String> names, String what) {
        if (!names.contains(name)) {
            throw new IllegalArgumentException("unknown " + what + " '" + name + "'" + Nearest.hint(name, names));
        }
        return name;
    }

    private LinearLearner learner() {
        boolean isScaled = (boolean) getOrDefault(standardization);
        var plain = LinearOptions.plain();
        var options = new LinearOptions(
                isScaled || isSet(passes) ? number(passes) : plain.passes(),
                number(batchSize),
                updates(),
                (boolean) getOrDefault(fitIntercept),
                Map.of(),
                false,
                0,
                isScaled ? LinearOptions.Scaling.FOUND : LinearOptions.Scaling.NONE,
                Layout.AUTO,
                KeySpace.ALL,
                null);
        return switch (known(getOrDefault(family), FAMILIES, "family")) {
            case "softmax" -> new SoftmaxRegression(options);
            case "svm" -> new LinearSvm(options, false);
            default -> new LogisticRegression(options);
        };
    }

    private UpdateRule updates() {
        var name = known(getOrDefault(rule), RULES, "rule");
        boolean isScaled = (boolean) getOrDefault(standardization);
        float step = isScaled || isSet(rate)
                ? number(rate)
                : LinearOptions.plain().rule().rate();
        float one = number(l1);
        float two = number(l2);
        if (one != 0 && !List.of("sgd", "adagrad", "ftrl").contains(name)) {
            throw new IllegalArgumentException("the rule " + name + " has no L1 penalty");
        }
        return switch (name) {
            case "sgd" -> new UpdateRule.Sgd(step, one, two);
            case "momentum" -> new UpdateRule.Momentum(step, 0.9f, two);
            case "adam" -> new UpdateRule.Adam(step, 0.9f, 0.999f, 1e-8f, two);
            case "ftrl" -> new UpdateRule.Ftrl(step, 1, one, two);
            case "adarevision" -> {
                if (two != 0) {
                    throw new IllegalArgumentException("the rule adarevision has no L2 penalty");
                }
                yield new UpdateRule.AdaRevision(step);
            }
            default -> new UpdateRule.AdaGrad(step, 1e-12f, one, two);
        };
    }

    @Override
    boolean isReadAhead() {
        return (boolean) getOrDefault(readAhead);
    }

    @Override
    String weights() {
        return getOrDefault(weightCol);
    }

    @Override
    void check() {
        learner();
    }

    @Override
    LinearFrameModel train(Dataset<Row> frame, int members) throws IOException {
        var context = context(frame);
        var label = inputs(frame.schema()).getFirst();
        var dealt = deal(frame, members);
        var part = Part.of(dealt, SparkMembers.coresOfTask(context));
        var known = new Known(part.sizes(), dealt.sums(), dealt.baseline());
        try (var folder = folder(frame, members, dealt.survey().content());
                var sent = Sent.of(context, known)) {
            var settings = settings(context, members, folder);
            var member = new LinearMember(learner(), part, sent, settings, isReadAhead());
            var trained = run(context, dealt.rows(), member, settings, folder, member::training);
            var model = new LinearFrameModel(uid(), trained.model().from(provenance(context, dealt.read())));
            model.setNumbers(label.isNumber(), classesOf(frame, label));
            model.keep(summary(trained, dealt.size(), dealt.read()));
            return copyValues(model, extractParamMap());
        }
    }
}
