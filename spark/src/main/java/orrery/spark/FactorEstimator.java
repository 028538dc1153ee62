package orrery.spark;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import orrery.data.DataException;
import orrery.data.Nearest;
import orrery.data.Ratings;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;

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
        rate = new DoubleParam(uid, "rate", "learning rate, of the first pass for sgd");
        decay = new DoubleParam(uid, "decay", "by which the rate is multiplied after each pass of sgd");
        regParam = new DoubleParam(uid, "regParam", "L2 penalty of factors and biases, per rating");
        method = new Param<>(uid, "method", "sgd, or adarevision (at the shards)");
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
        setDefault(method, "sgd");
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

    /** {@code sgd} or {@code adarevision}. */
    public FactorEstimator setMethod(String name) {
        return with(method, name);
    }

    private FactorOptions options() {
        var how = switch (getOrDefault(method)) {
            case "sgd" -> FactorOptions.Method.SGD;
            case "adarevision" -> FactorOptions.Method.ADA_REVISION;
            default ->
                throw new IllegalArgumentException(
                        "method must be sgd or adarevision, got '" + getOrDefault(method) + "'");
        };
        return new FactorOptions(number(rank), number(passes), number(rate), number(decay), number(regParam), how);
    }

    /** What is wrong with a column of users or items, told in words. */
    static void checkKey(StructType frame, String column) {
        DataType type = type(frame, column);
        if (!(type instanceof ByteType
                || type instanceof ShortType
                || type instanceof IntegerType
                || type instanceof LongType
                || type instanceof StringType)) {
            throw new IllegalArgumentException("column '" + column + "' is of type " + type.typeName()
                    + "; users and items are whole numbers or texts: cast it");
        }
    }

    private static DataType type(StructType frame, String column) {
        var known = Arrays.asList(frame.fieldNames());
        if (!known.contains(column)) {
            throw new IllegalArgumentException(
                    "the data frame has no column '" + column + "'" + Nearest.hint(column, known));
        }
        return frame.apply(column).dataType();
    }

    @Override
    public StructType transformSchema(StructType frame) {
        options();
        checkKey(frame, getOrDefault(userCol));
        checkKey(frame, getOrDefault(itemCol));
        var type = type(frame, getOrDefault(ratingCol));
        if (!(type instanceof NumericType)) {
            throw new IllegalArgumentException("column '" + getOrDefault(ratingCol) + "' is of type " + type.typeName()
                    + "; ratings are numbers: cast it");
        }
        return FactorFrameModel.added(frame);
    }

    @Override
    FactorFrameModel train(Dataset<Row> frame) throws IOException {
        var context = JavaSparkContext.fromSparkContext(frame.sparkSession().sparkContext());
        var settings = settings(context);
        var rows = frame.select(Stream.of(userCol, itemCol, ratingCol)
                        .map(column -> functions.col("`" + getOrDefault(column).replace("`", "``") + "`"))
                        .toArray(Column[]::new))
                .javaRDD();
        var parts = Explained.told(() -> rows.mapPartitions(
                        part -> List.of(RatingRows.Seen.of(part)).iterator())
                .collect());
        var seen = RatingRows.Seen.of(parts);
        if (seen.count() == 0) {
            throw new DataException("the data frame has no ratings");
        }
        var division = seen.division(settings.workers());
        var names = context.broadcast(seen);
        try {
            var options = options();
            var member = new FactorMember(options, division, settings);
            var none = new Ratings(
                    seen.users().names(),
                    seen.items().names(),
                    division.userCount(),
                    division.itemCount(),
                    new int[0],
                    new int[0],
                    new float[0]);
            var model = run(
                    context,
                    RatingRows.deal(rows, names, division, settings.members()),
                    member,
                    settings,
                    run -> new MatrixFactorization(options).prepare(none, division, run));
            return copyValues(new FactorFrameModel(uid(), model), extractParamMap());
        } finally {
            names.destroy();
        }
    }
}
