package orrery.spark;

import java.util.BitSet;
import java.util.List;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import orrery.data.Nearest;
import orrery.learn.factor.FactorModel;

/**
 * Factors for data frames of users and items. Adds {@code prediction}, a float, by the name that a parameter gives it; of users
 * and items that the model does not know, by {@code coldStartStrategy}, it is the mean and the bias of the one that is known.
 */
public final class FactorFrameModel extends FrameModel<FactorFrameModel, FactorModel> {
    private static final long serialVersionUID = 1;
    private static final List<String> COLD_STARTS = List.of("bias", "nan", "drop");

    private final Param<String> userCol;
    private final Param<String> itemCol;
    private final Param<String> predictionCol;
    private final Param<String> coldStartStrategy;
    private final Param<String> userType;
    private final Param<String> itemType;

    FactorFrameModel(String uid, FactorModel model) {
        super(uid, model);
        userCol = new Param<>(uid, "userCol", "users");
        itemCol = new Param<>(uid, "itemCol", "items");
        predictionCol = new Param<>(uid, "predictionCol", "the column of predictions");
        coldStartStrategy = new Param<>(
                uid,
                "coldStartStrategy",
                "of users and items that the model does not know: bias (the mean and the bias that is known), nan, drop");
        userType = new Param<>(uid, "userType", "the type of users in the ratings");
        itemType = new Param<>(uid, "itemType", "the type of items in the ratings");
        setDefault(userCol, "user");
        setDefault(itemCol, "item");
        setDefault(predictionCol, "prediction");
        setDefault(coldStartStrategy, "bias");
        setDefault(userType, "string");
        setDefault(itemType, "string");
    }

    /** Reads models: those that were saved, and files of factors of any ratings. */
    public static MLReader<FactorFrameModel> read() {
        return reader(FactorModel::load, FactorFrameModel::new);
    }

    /** Loads what {@code save} has saved, or a file of Orrery's. */
    public static FactorFrameModel load(String place) {
        return read().load(place);
    }

    static String coldStart(String name) {
        if (!COLD_STARTS.contains(name)) {
            throw new IllegalArgumentException("coldStartStrategy must be bias, nan or drop, got '" + name + "'"
                    + Nearest.hint(name, COLD_STARTS));
        }
        return name;
    }

    /** The types that users and items had, which recommendations have, too. */
    void setTypes(String ofUsers, String ofItems) {
        set(userType, ofUsers);
        set(itemType, ofItems);
    }

    public Param<String> userCol() {
        return userCol;
    }

    public Param<String> itemCol() {
        return itemCol;
    }

    public Param<String> predictionCol() {
        return predictionCol;
    }

    public Param<String> coldStartStrategy() {
        return coldStartStrategy;
    }

    public Param<String> userType() {
        return userType;
    }

    public Param<String> itemType() {
        return itemType;
    }

    public FactorFrameModel setUserCol(String column) {
        set(userCol, column);
        return this;
    }

    public FactorFrameModel setItemCol(String column) {
        set(itemCol, column);
        return this;
    }

    public FactorFrameModel setPredictionCol(String column) {
        set(predictionCol, column);
        return this;
    }

    /** What is predicted for users and items that the model does not know: {@code bias}, {@code nan} or {@code drop}. */
    public FactorFrameModel setColdStartStrategy(String name) {
        set(coldStartStrategy, coldStart(name));
        return this;
    }

    /** How many factors users and items have, without the bias. */
    public int rank() {
        return model().rank();
    }

    @Override
    FactorFrameModel again() {
        return new FactorFrameModel(uid(), model());
    }

    static Outputs outputs(String prediction) {
        return new Outputs().with(prediction, DataTypes.FloatType);
    }

    private List<Input> inputs(StructType frame) {
        return List.of(
                Input.ofModel(frame, getOrDefault(userCol), Input.As.KEY),
                Input.ofModel(frame, getOrDefault(itemCol), Input.As.KEY));
    }

    @Override
    public StructType transformSchema(StructType frame) {
        inputs(frame);
        return outputs(getOrDefault(predictionCol)).addedTo(frame);
    }

    @Override
    Sent<?> send(SparkSession session) {
        return Sent.of(context(session), model(), FactorModel::byName);
    }

    private Sent<FactorModel.ByName> names(SparkSession session) {
        return sent(session);
    }

    @Override
    Dataset<Row> predict(Dataset<Row> frame) {
        var inputs = inputs(frame.schema());
        var model = names(frame.sparkSession());
        boolean guesses = getOrDefault(coldStartStrategy).equals("bias");
        var prediction = functions
                .udf(
                        (UDF2<Object, Object, Float>) (user, item) -> {
                            var by = model.value();
                            int u = by.user(Numbering.key(user, "user").toString());
                            int i = by.item(Numbering.key(item, "item").toString());
                            return guesses || (u >= 0 && i >= 0) ? by.predict(u, i) : Float.NaN;
                        },
                        DataTypes.FloatType)
                .apply(inputs.get(0).of(frame), inputs.get(1).of(frame));
        var name = getOrDefault(predictionCol);
        boolean drops = getOrDefault(coldStartStrategy).equals("drop");
        if (name.isEmpty()) {
            return drops ? frame.filter(functions.not(functions.isnan(prediction))) : frame;
        }
        var with = frame.withColumn(name, prediction);
        return drops ? with.filter(functions.not(functions.isnan(with.col(Input.quoted(name))))) : with;
    }

    /**
     * The items that each user will think most of.
     *
     * @return the users, and {@code recommendations}: an array of items with their {@code rating}, the best first
     */
    public Dataset<Row> recommendForAllUsers(int items) {
        var users = SparkSession.active().range(model().userCount()).toDF("number");
        return recommended(users, items, true);
    }

    /** The users that will think most of each item, in the same form. */
    public Dataset<Row> recommendForAllItems(int users) {
        var items = SparkSession.active().range(model().itemCount()).toDF("number");
        return recommended(items, users, false);
    }

    /** As {@link #recommendForAllUsers}, for the users of a frame that the model knows. */
    public Dataset<Row> recommendForUserSubset(Dataset<?> users, int items) {
        return recommended(known(users.toDF(), getOrDefault(userCol), true), items, true);
    }

    /** As {@link #recommendForAllItems}, for the items of a frame that the model knows. */
    public Dataset<Row> recommendForItemSubset(Dataset<?> items, int users) {
        return recommended(known(items.toDF(), getOrDefault(itemCol), false), users, false);
    }

    private Dataset<Row> known(Dataset<Row> frame, String column, boolean areUsers) {
        var model = names(frame.sparkSession());
        var number = functions.udf(
                (UDF1<Object, Long>) key -> {
                    var name = Numbering.key(key, areUsers ? "user" : "item").toString();
                    return (long)
                            (areUsers ? model.value().user(name) : model.value().item(name));
                },
                DataTypes.LongType);
        var keys = Input.ofModel(frame.schema(), column, Input.As.KEY).of(frame);
        return frame.select(number.apply(keys).as("number"))
                .filter("number >= 0")
                .distinct();
    }

    private Dataset<Row> recommended(Dataset<Row> numbers, int count, boolean areUsers) {
        if (count < 1) {
            throw new IllegalArgumentException("1 recommendation or more must be asked for, got " + count);
        }
        var model = names(numbers.sparkSession());
        var name = functions.udf(
                (UDF1<Long, String>) number -> areUsers
                        ? model.value().model().userName(number.intValue())
                        : model.value().model().itemName(number.intValue()),
                DataTypes.StringType);
        var entry = new StructType().add("of", DataTypes.StringType).add("rating", DataTypes.FloatType);
        var best = functions.udf(
                (UDF1<Long, List<Row>>) number -> {
                    var factors = model.value().model();
                    var entries = areUsers
                            ? factors.recommend(number.intValue(), count, new BitSet())
                            : factors.recommendUsers(number.intValue(), count);
                    return entries.stream()
                            .map(of -> RowFactory.create(of.name(), (float) of.rating()))
                            .toList();
                },
                DataTypes.createArrayType(entry));
        var self = areUsers ? userCol : itemCol;
        var other = areUsers ? itemCol : userCol;
        var type = new StructType()
                .add(
                        getOrDefault(other),
                        org.apache.spark.sql.types.DataType.fromDDL(getOrDefault(areUsers ? itemType : userType)))
                .add("rating", DataTypes.FloatType);
        return numbers.select(
                name.apply(numbers.col("number"))
                        .cast(getOrDefault(areUsers ? userType : itemType))
                        .as(getOrDefault(self)),
                best.apply(numbers.col("number"))
                        .cast(DataTypes.createArrayType(type))
                        .as("recommendations"));
    }

    /** The factors of users: {@code id}, {@code features}, an array of {@link #rank} floats, and {@code bias}. */
    public Dataset<Row> userFactors() {
        return factors(true);
    }

    /** The factors of items, in the same form. A rating is the mean, both biases, and the product of the factors. */
    public Dataset<Row> itemFactors() {
        return factors(false);
    }

    private Dataset<Row> factors(boolean areUsers) {
        var session = SparkSession.active();
        var model = names(session);
        int rank = rank();
        var row = new StructType()
                .add("id", DataTypes.StringType)
                .add("features", DataTypes.createArrayType(DataTypes.FloatType))
                .add("bias", DataTypes.FloatType);
        var of = functions.udf(
                (UDF1<Long, Row>) number -> {
                    var factors = model.value().model();
                    var all = areUsers ? factors.users() : factors.items();
                    int at = number.intValue() * (rank + 1);
                    var features = new Float[rank];
                    for (int c = 0; c < rank; c++) {
                        features[c] = all[at + c];
                    }
                    return RowFactory.create(
                            areUsers ? factors.userName(number.intValue()) : factors.itemName(number.intValue()),
                            List.of(features),
                            all[at + rank]);
                },
                row);
        var numbers = session.range(areUsers ? model().userCount() : model().itemCount())
                .toDF("number");
        return numbers.select(of.apply(numbers.col("number")).as("of"))
                .select(
                        functions
                                .col("of.id")
                                .cast(getOrDefault(areUsers ? userType : itemType))
                                .as("id"),
                        functions.col("of.features"),
                        functions.col("of.bias"));
    }
}
