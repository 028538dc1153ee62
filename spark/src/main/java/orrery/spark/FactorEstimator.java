package orrery.spark;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import orrery.data.Ratings;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;
import orrery.store.Json;

/**
 * Factorises the ratings of a data frame; see {@link MatrixFactorization}. Users and items are whole numbers or texts. The
 * workers have users of their own, so that only items' factors go between them.
 */
public final class FactorEstimator extends FrameEstimator<FactorEstimator, FactorFrameModel> {
    private static final long serialVersionUID = 1;

    private final Param<String> userCol;
    private final Param<String> itemCol;
    private final Param<String> ratingCol;
    private final IntParam rank;
    private final IntParam passes;
    private final DoubleParam rate;
    private final DoubleParam decay;
    private final DoubleParam regParam;
    private final Param<String> method;
    private final Param<String> predictionCol;
    private final Param<String> coldStartStrategy;

    /** Of rank 64, if nothing is said. */
    public FactorEstimator() {
        this(Identifiable$.MODULE$.randomUID("orrery-factor"));
    }

    /** The same with an identifier, as Spark makes it when it loads a pipeline. */
    public FactorEstimator(String uid) {
        super(uid);
        userCol = new Param<>(uid, "userCol", "users: whole numbers or texts");
        itemCol = new Param<>(uid, "itemCol", "items: whole numbers or texts");
        ratingCol = new Param<>(uid, "ratingCol", "what users think of items, numbers");
        rank = new IntParam(uid, "rank", "factors of a user or an item, without the bias");
        passes = new IntParam(uid, "passes", "over the ratings");
        rate = new DoubleParam(uid, "rate", "learning rate, of the first pass; each method has its own default");
        decay = new DoubleParam(uid, "decay", "by which the rate is multiplied after each pass; not of adarevision");
        regParam = new DoubleParam(uid, "regParam", "L2 penalty of factors and biases, per rating");
        method = new Param<>(uid, "method", "row-adagrad, sgd, or adarevision (at the shards)");
        predictionCol = new Param<>(uid, "predictionCol", "the column of predictions");
        coldStartStrategy = new Param<>(
                uid,
                "coldStartStrategy",
                "of users and items that the model does not know: bias (the mean and the bias that is known), nan, drop");
        setDefaults();
    }

    /** Reads an estimator that was saved. */
    public static MLReader<FactorEstimator> read() {
        return new DefaultParamsReader<>();
    }

    @Override
    void setOwnDefaults() {
        setDefault(userCol, "user");
        setDefault(itemCol, "item");
        setDefault(ratingCol, "rating");
        setDefault(rank, FactorOptions.DEFAULT.rank());
        setDefault(passes, FactorOptions.DEFAULT.passes());
        setDefault(rate, asWritten(FactorOptions.DEFAULT.rate()));
        setDefault(decay, asWritten(FactorOptions.DEFAULT.decay()));
        setDefault(regParam, asWritten(FactorOptions.DEFAULT.l2()));
        setDefault(method, "row-adagrad");
        setDefault(predictionCol, "prediction");
        setDefault(coldStartStrategy, "bias");
    }

    private static double asWritten(float value) {
        return Double.parseDouble(Float.toString(value));
    }

    public Param<String> userCol() {
        return userCol;
    }

    public Param<String> itemCol() {
        return itemCol;
    }

    public Param<String> ratingCol() {
        return ratingCol;
    }

    public IntParam rank() {
        return rank;
    }

    public IntParam passes() {
        return passes;
    }

    public DoubleParam rate() {
        return rate;
    }

    public DoubleParam decay() {
        return decay;
    }

    public DoubleParam regParam() {
        return regParam;
    }

    public Param<String> method() {
        return method;
    }

    public Param<String> predictionCol() {
        return predictionCol;
    }

    public Param<String> coldStartStrategy() {
        return coldStartStrategy;
    }

    public FactorEstimator setPredictionCol(String column) {
        return with(predictionCol, column);
    }

    /**
     * What the model predicts for users and items that it does not know: {@code bias}, the mean and the bias of the one that is
     * known; {@code nan}, or {@code drop} for no row, as Spark's ALS does.
     */
    public FactorEstimator setColdStartStrategy(String name) {
        return with(coldStartStrategy, FactorFrameModel.coldStart(name));
    }

    public FactorEstimator setUserCol(String column) {
        return with(userCol, column);
    }

    public FactorEstimator setItemCol(String column) {
        return with(itemCol, column);
    }

    public FactorEstimator setRatingCol(String column) {
        return with(ratingCol, column);
    }

    public FactorEstimator setRank(int factors) {
        return with(rank, factors);
    }

    public FactorEstimator setPasses(int count) {
        return with(passes, count);
    }

    public FactorEstimator setRate(double to) {
        return with(rate, to);
    }

    public FactorEstimator setDecay(double to) {
        return with(decay, to);
    }

    public FactorEstimator setRegParam(double penalty) {
        return with(regParam, penalty);
    }

    /** {@code row-adagrad}, {@code sgd} or {@code adarevision}; passes, rate, decay and penalty that are not set follow it. */
    public FactorEstimator setMethod(String name) {
        return with(method, name);
    }

    private FactorOptions options() {
        var how = switch (getOrDefault(method)) {
            case "row-adagrad" -> FactorOptions.Method.ROW_ADAGRAD;
            case "sgd" -> FactorOptions.Method.SGD;
            case "adarevision" -> FactorOptions.Method.ADA_REVISION;
            default ->
                throw new IllegalArgumentException(
                        "method must be row-adagrad, sgd or adarevision, got '" + getOrDefault(method) + "'");
        };
        var usual = FactorOptions.of(how);
        return new FactorOptions(
                number(rank),
                isSet(passes) ? number(passes) : usual.passes(),
                isSet(rate) ? number(rate) : usual.rate(),
                isSet(decay) ? number(decay) : usual.decay(),
                isSet(regParam) ? number(regParam) : usual.l2(),
                how);
    }

    /** The columns of users, items and ratings. */
    private List<Input> inputs(StructType frame) {
        return List.of(
                Input.of(frame, getOrDefault(userCol), Input.As.KEY),
                Input.of(frame, getOrDefault(itemCol), Input.As.KEY),
                Input.of(frame, getOrDefault(ratingCol), Input.As.RATING));
    }

    @Override
    public StructType transformSchema(StructType frame) {
        options();
        FactorFrameModel.coldStart(getOrDefault(coldStartStrategy));
        inputs(frame);
        return FactorFrameModel.outputs(getOrDefault(predictionCol)).addedTo(frame);
    }

    @Override
    FactorFrameModel train(Dataset<Row> frame, int members) throws IOException {
        var context = context(frame);
        var inputs = inputs(frame.schema());
        var rows = frame.select(Input.of(frame, inputs))
                .toDF("user", "item", "rating")
                .javaRDD();
        var parts = Explained.explaining(() -> rows.mapPartitions(
                        part -> List.of(RatingRows.Seen.part(part)).iterator())
                .collect());
        var seen = RatingRows.Seen.of(parts);
        seen.check();
        var read = Json.line(Map.of(
                "format", "data frame",
                "ratings", seen.count(),
                "users", seen.users().size(),
                "items", seen.items().size(),
                "columns", inputs.toString()));
        System.getLogger(getClass().getName()).log(System.Logger.Level.INFO, () -> uid() + " reads " + read);
        try (var folder = folder(frame, members, seen.content());
                var sent = Sent.of(context, seen)) {
            var settings = settings(context, members, folder);
            var division = seen.division(settings.workers());
            var options = options();
            var member = new FactorMember(options, division, sent, settings);
            var none = new Ratings(
                    seen.users().names(),
                    seen.items().names(),
                    division.userCount(),
                    division.itemCount(),
                    new int[0],
                    new int[0],
                    new float[0]);
            var trained = run(
                    context,
                    RatingRows.deal(rows, sent, division, settings.members()),
                    member,
                    settings,
                    folder,
                    run -> new MatrixFactorization(options).prepare(none, division, run));
            var model = new FactorFrameModel(uid(), trained.model().from(provenance(context, read)));
            model.setTypes(
                    inputs.get(0).type().catalogString(), inputs.get(1).type().catalogString());
            model.keep(summary(trained, seen.count(), read));
            return copyValues(model, extractParamMap());
        }
    }
}
