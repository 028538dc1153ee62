package orrery.spark;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;
import orrery.data.Nearest;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LinearSvm;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.SoftmaxRegression;
import orrery.table.UpdateRule;

/** Fits linear classifiers to data frames: logistic regression, support vector machines, softmax. */
public final class LinearEstimator extends ExampleEstimator<LinearEstimator, LinearFrameModel> {
    private static final long serialVersionUID = 1;
    private static final List<String> FAMILIES = List.of("logistic", "svm", "softmax");
    private static final List<String> RULES = List.of("sgd", "momentum", "adagrad", "adarevision", "adam", "ftrl");

    private final Param<String> family;
    private final Param<String> labelCol;
    private final Param<String> weightCol;
    private final IntParam passes;
    private final IntParam batchSize;
    private final Param<String> rule;
    private final DoubleParam rate;
    private final DoubleParam l1;
    private final DoubleParam l2;
    private final BooleanParam fitIntercept;
    private final BooleanParam readAhead;

    /** Logistic regression, if no family is set. */
    public LinearEstimator() {
        this(Identifiable$.MODULE$.randomUID("orrery-linear"));
    }

    /** The same with an identifier, as Spark makes it when it loads a pipeline. */
    public LinearEstimator(String uid) {
        super(uid);
        family = new Param<>(uid, "family", "logistic, svm or softmax");
        labelCol = new Param<>(uid, "labelCol", "what is to be predicted");
        weightCol = new Param<>(uid, "weightCol", "weights of examples; empty for none");
        passes = new IntParam(uid, "passes", "how often each example is used");
        batchSize = new IntParam(uid, "batchSize", "examples per worker and clock");
        rule = new Param<>(uid, "rule", "sgd, momentum, adagrad, adarevision, adam or ftrl");
        rate = new DoubleParam(uid, "rate", "learning rate");
        l1 = new DoubleParam(uid, "l1", "L1 penalty, of sgd, adagrad and ftrl");
        l2 = new DoubleParam(uid, "l2", "L2 penalty, of all but adarevision");
        fitIntercept = new BooleanParam(uid, "fitIntercept", "whether margins have an intercept");
        readAhead = new BooleanParam(uid, "readAhead", "whether examples are on disk, and read ahead at each pass");
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
        setDefault(labelCol, "label");
        setDefault(weightCol, "");
        setDefault(passes, 5);
        setDefault(batchSize, 64);
        setDefault(rule, "adagrad");
        setDefault(rate, 0.3);
        setDefault(l1, 0.0);
        setDefault(l2, 0.0);
        setDefault(fitIntercept, true);
        setDefault(readAhead, false);
    }

    public Param<String> family() {
        return family;
    }

    public Param<String> labelCol() {
        return labelCol;
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

    /** {@code logistic}, {@code svm} or {@code softmax}. */
    public LinearEstimator setFamily(String name) {
        return with(family, known(name, FAMILIES, "family"));
    }

    public LinearEstimator setLabelCol(String column) {
        return with(labelCol, column);
    }

    /** Of the weights of examples; without, each weighs 1. */
    public LinearEstimator setWeightCol(String column) {
        return with(weightCol, column);
    }

    public LinearEstimator setPasses(int count) {
        return with(passes, count);
    }

    /** Examples per worker and clock. */
    public LinearEstimator setBatchSize(int examples) {
        return with(batchSize, examples);
    }

    /** How the shards apply gradients: {@code adagrad} if nothing is said. */
    public LinearEstimator setRule(String name) {
        return with(rule, known(name, RULES, "rule"));
    }

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

    private static String known(String name, List<String> names, String what) {
        if (!names.contains(name)) {
            throw new IllegalArgumentException("unknown " + what + " '" + name + "'" + Nearest.hint(name, names));
        }
        return name;
    }

    private LinearLearner learner() {
        var options = new LinearOptions(
                number(passes),
                number(batchSize),
                updates(),
                (boolean) getOrDefault(fitIntercept),
                Map.of(),
                false,
                0,
                LinearOptions.Scaling.NONE);
        return switch (known(getOrDefault(family), FAMILIES, "family")) {
            case "softmax" -> new SoftmaxRegression(options);
            case "svm" -> new LinearSvm(options, false);
            default -> new LogisticRegression(options);
        };
    }

    private UpdateRule updates() {
        var name = known(getOrDefault(rule), RULES, "rule");
        float step = number(rate);
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
    String labels() {
        return getOrDefault(labelCol);
    }

    @Override
    String weights() {
        return getOrDefault(weightCol);
    }

    @Override
    public StructType transformSchema(StructType frame) {
        learner();
        checkColumns(frame);
        var type = frame.apply(labels()).dataType();
        return LinearFrameModel.added(frame, type instanceof NumericType || type instanceof BooleanType);
    }

    @Override
    LinearFrameModel train(Dataset<Row> frame) throws IOException {
        var context = JavaSparkContext.fromSparkContext(frame.sparkSession().sparkContext());
        var settings = settings(context);
        var dealt = deal(frame, settings.members());
        var member = new LinearMember(learner(), Part.of(dealt, settings.perMember()), settings, isReadAhead());
        return new LinearFrameModel(uid(), run(context, dealt.rows(), member, settings, member::training));
    }
}
