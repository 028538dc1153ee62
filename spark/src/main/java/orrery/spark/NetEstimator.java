package orrery.spark;

import java.io.IOException;
import java.util.List;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;
import orrery.data.Schema;
import orrery.deep.net.Net;
import orrery.deep.net.Zoo;
import orrery.deep.train.Course;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetModel;
import orrery.deep.train.NetOptions;
import orrery.table.spec.UpdateRule;

/**
 * Trains nets on data frames to tell classes apart. The features are the net's input in its order: of images row by row, pixel by
 * pixel, channel by channel, such as {@link ImageColumns} makes of JPEG and PNG. Each member trains on its own part of the rows; the
 * weights are in tables, of which each member owns a part. With {@code setConsistency("local:50")} members take 50 steps
 * on their own before they average what they have learned, which is SparkNet's way (Moritz et al., ICLR 2016), with no driver in between.
 *
 * <p>Nets are computed by libtorch where {@code -Dorrery.libtorch} names a folder of it on each executor ({@code
 * spark.executor.extraJavaOptions}), else in Java.
 */
public final class NetEstimator extends ClassifierEstimator<NetEstimator, NetFrameModel> {
    private static final long serialVersionUID = 1;
    private static final List<String> RULES = List.of("sgd", "momentum", "adagrad", "adam");

    private final Param<String> net;
    private final IntParam passes;
    private final IntParam batchSize;
    private final Param<String> rule;
    private final DoubleParam rate;
    private final DoubleParam momentum;
    private final DoubleParam decay;
    private final Param<String> schedule;
    private final DoubleParam clip;
    private transient @Nullable NetModel start;

    /** Caffe's LeNet, 10 passes, if nothing is said. */
    public NetEstimator() {
        this(Identifiable$.MODULE$.randomUID("orrery-net"));
    }

    /** The same with an identifier, as Spark makes it when it loads a pipeline. */
    public NetEstimator(String uid) {
        super(uid);
        net = new Param<>(uid, "net", "the net: a name, such as lenet, or JSON");
        passes = new IntParam(uid, "passes", "how often each example is used");
        batchSize = new IntParam(uid, "batchSize", "examples per worker and clock");
        rule = new Param<>(uid, "rule", "sgd, momentum, adagrad or adam");
        rate = new DoubleParam(uid, "rate", "learning rate; 0 for 0.01, of adam 0.001");
        momentum = new DoubleParam(uid, "momentum", "of the rule momentum");
        decay = new DoubleParam(uid, "decay", "weight decay, not of biases and scales");
        schedule = new Param<>(uid, "schedule", "how the rate goes: " + Course.FORMS);
        clip = new DoubleParam(uid, "clip", "the largest norm of a layer's gradient; 0 for any");
        setDefaults();
    }

    /** Reads an estimator that was saved. */
    public static MLReader<NetEstimator> read() {
        return new DefaultParamsReader<>();
    }

    @Override
    void setOwnDefaults() {
        super.setOwnDefaults();
        setDefault(net, "lenet");
        setDefault(passes, 10);
        setDefault(batchSize, 64);
        setDefault(rule, "momentum");
        setDefault(rate, 0.0);
        setDefault(momentum, 0.9);
        setDefault(decay, 5e-4);
        setDefault(schedule, "linear");
        setDefault(clip, 0.0);
    }

    public Param<String> net() {
        return net;
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

    public DoubleParam momentum() {
        return momentum;
    }

    public DoubleParam decay() {
        return decay;
    }

    public Param<String> schedule() {
        return schedule;
    }

    public DoubleParam clip() {
        return clip;
    }

    /** The net. */
    public NetEstimator setNet(Net to) {
        return with(net, to.json());
    }

    /** A published net, such as {@code lenet} or {@code cifar10-quick}; {@code deepfm} and {@code wide-and-deep} are as wide as the data. */
    public NetEstimator setNet(String name) {
        Zoo.net(name);
        return with(net, name);
    }

    /** How often each example is used. */
    public NetEstimator setPasses(int count) {
        return with(passes, count);
    }

    /** Examples per worker and clock. */
    public NetEstimator setBatchSize(int examples) {
        return with(batchSize, examples);
    }

    /** {@code sgd}, {@code momentum} (as if nothing is said), {@code adagrad} or {@code adam}. */
    public NetEstimator setRule(String name) {
        return with(rule, LinearEstimator.known(name, RULES, "rule"));
    }

    /** The learning rate; 0, as if nothing is said, for 0.01, of adam 0.001. */
    public NetEstimator setRate(double to) {
        return with(rate, to);
    }

    /** Of the rule momentum. */
    public NetEstimator setMomentum(double to) {
        return with(momentum, to);
    }

    /** Weight decay, not of biases and scales. */
    public NetEstimator setDecay(double to) {
        return with(decay, to);
    }

    /** How the rate goes: {@code constant}, {@code linear} (as if nothing is said), {@code cosine}, {@code step:PASSES:FACTOR}, {@code inverse:GAMMA:POWER}. */
    public NetEstimator setSchedule(String to) {
        Course _ = Course.parse(to);
        return with(schedule, to);
    }

    /** The largest norm of a layer's gradient, which is shortened to it; 0, as if nothing is said, for any. */
    public NetEstimator setClip(double norm) {
        return with(clip, norm);
    }

    /**
     * A model to begin with, of the same net and classes, such as the one of a stream's last batch; its {@code schedule} should then be
     * {@code constant}. Null to begin by chance. Not saved.
     */
    public NetEstimator setStart(@Nullable NetFrameModel model) {
        start = model == null ? null : model.model();
        return this;
    }

    @Override
    public NetEstimator copy(ParamMap extra) {
        var copy = super.copy(extra);
        copy.start = start;
        return copy;
    }

    private Net built() {
        var text = getOrDefault(net);
        if (Zoo.names().contains(text)) {
            return Zoo.net(text);
        }
        try {
            return Net.parse(text, "the parameter net");
        } catch (IOException e) {
            throw new IllegalArgumentException(e.getMessage() + "; it is JSON, or one of the names " + Zoo.names(), e);
        }
    }

    private NetOptions options(Net of) {
        float norm = number(clip);
        return new NetOptions(
                of,
                number(passes),
                number(batchSize),
                updates(),
                Course.parse(getOrDefault(schedule)),
                number(decay),
                norm == 0 ? Float.POSITIVE_INFINITY : norm);
    }

    private UpdateRule updates() {
        var name = LinearEstimator.known(getOrDefault(rule), RULES, "rule");
        float usual = name.equals("adam") ? 0.001f : 0.01f;
        float step = number(rate) == 0 ? usual : number(rate);
        return switch (name) {
            case "sgd" -> new UpdateRule.Sgd(step);
            case "adagrad" -> new UpdateRule.AdaGrad(step);
            case "adam" -> new UpdateRule.Adam(step);
            default -> new UpdateRule.Momentum(step, number(momentum), 0);
        };
    }

    @Override
    String weights() {
        return "";
    }

    @Override
    void check() {
        var of = options(built()).net();
        if (of.classes() == 0 || of.steps() > 1) {
            throw new IllegalArgumentException(
                    "on data frames nets tell classes apart, one for each row; this net gives "
                            + (of.classes() == 0 ? "a number" : "a class at each of " + of.steps() + " steps"));
        }
    }

    /** The net, as wide as the data if it is one for categories. */
    private Net suiting(Schema schema) throws DataException {
        var text = getOrDefault(net);
        return Zoo.names().contains(text) ? NetLearning.published(text, schema) : built();
    }

    @Override
    NetFrameModel train(Dataset<Row> frame, int members) throws IOException {
        var context = context(frame);
        var label = inputs(frame.schema()).getFirst();
        var dealt = deal(frame, members);
        var part = Part.of(dealt, SparkMembers.coresOfTask(context));
        var begin = start;
        try (var folder = folder(frame, members, dealt.survey().content());
                var sent = begin == null ? null : Sent.of(context, begin)) {
            var settings = settings(context, members, folder);
            var member = new NetMember(options(suiting(part.none().schema())), sent, part, settings);
            var trained = run(context, dealt.rows(), member, settings, folder, member::training);
            var model = new NetFrameModel(uid(), trained.model().from(provenance(context, dealt.read())));
            model.setNumbers(label.isNumber(), classesOf(frame, label));
            model.keep(summary(trained, dealt.size(), dealt.read()));
            return copyValues(model, extractParamMap());
        }
    }
}
