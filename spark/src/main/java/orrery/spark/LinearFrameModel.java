package orrery.spark;

import java.io.IOException;
import java.util.Arrays;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructType;
import orrery.data.Columns;
import orrery.data.DataException;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.Loss;
import orrery.store.Place;

/**
 * A linear classifier for data frames. Adds {@code rawPrediction}, a vector of margins by class; {@code probability},
 * likewise, null of support vector machines; and {@code prediction}, a class: a double where labels are numbers or booleans,
 * else a text; all by the names that parameters give them.
 *
 * <p>Where labels are whole numbers from 0 on, up to 10,000, entry k of the vectors is of the class k, as Spark's evaluators
 * take it: of numbers that no label has, the margin is minus infinity and the probability 0. Otherwise entries are of the
 * classes in the order of {@link LinearModel#classes}: numbers by size, texts by the alphabet.
 */
public final class LinearFrameModel extends ExampleModel<LinearFrameModel, LinearModel> {
    private static final long serialVersionUID = 1;
    private static final int MOST_PLACES = 10_000;

    private final Param<String> predictionCol;
    private final Param<String> probabilityCol;
    private final Param<String> rawPredictionCol;
    private final BooleanParam numericLabels;
    private final IntParam numClasses;

    LinearFrameModel(String uid, LinearModel model) {
        super(uid, model, model.schema());
        predictionCol = new Param<>(uid, "predictionCol", "the column of predicted classes; empty for none");
        probabilityCol = new Param<>(uid, "probabilityCol", "the column of probabilities by class; empty for none");
        rawPredictionCol = new Param<>(uid, "rawPredictionCol", "the column of margins by class; empty for none");
        numericLabels = new BooleanParam(uid, "numericLabels", "whether labels were numbers or booleans");
        numClasses = new IntParam(uid, "numClasses", "how many classes the vectors have at least");
        setDefault(predictionCol, "prediction");
        setDefault(probabilityCol, "probability");
        setDefault(rawPredictionCol, "rawPrediction");
        setDefault(numericLabels, model.classes().stream().allMatch(LinearFrameModel::isNumber));
        setDefault(numClasses, 0);
    }

    /** Whether a class's name can only be that of a number or a boolean: 7, but not 007. */
    private static boolean isNumber(String name) {
        try {
            return name.equals("true")
                    || name.equals("false")
                    || name.equals(Columns.className(Double.parseDouble(name)))
                    || name.equals(Columns.className(new java.math.BigDecimal(name)));
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** Reads models: those that were saved, and files of models that were trained on CSV files with the same columns. */
    public static MLReader<LinearFrameModel> read() {
        return reader(LinearFrameModel::loadFile, LinearFrameModel::new);
    }

    /** Loads what {@code save} has saved, or a file of Orrery's. */
    public static LinearFrameModel load(String place) {
        return read().load(place);
    }

    private static LinearModel loadFile(Place file) throws IOException {
        var model = LinearModel.load(file);
        if (!RowFeatures.canBeOf(model.schema()) || model.classes().isEmpty()) {
            throw new DataException(file + ": is no classifier of numeric and categorical columns or of vectors, which"
                    + " data frames need");
        }
        return model;
    }

    /** What labels were. */
    void setNumbers(boolean areNumbers, int classes) {
        set(numericLabels, areNumbers);
        set(numClasses, classes);
    }

    public Param<String> predictionCol() {
        return predictionCol;
    }

    public Param<String> probabilityCol() {
        return probabilityCol;
    }

    public Param<String> rawPredictionCol() {
        return rawPredictionCol;
    }

    public BooleanParam numericLabels() {
        return numericLabels;
    }

    public IntParam numClasses() {
        return numClasses;
    }

    public LinearFrameModel setPredictionCol(String column) {
        set(predictionCol, column);
        return this;
    }

    public LinearFrameModel setProbabilityCol(String column) {
        set(probabilityCol, column);
        return this;
    }

    public LinearFrameModel setRawPredictionCol(String column) {
        set(rawPredictionCol, column);
        return this;
    }

    @Override
    LinearFrameModel again() {
        return new LinearFrameModel(uid(), model());
    }

    static Outputs outputs(String raw, String probability, String prediction, boolean areNumbers) {
        return outputs(raw, probability, prediction, areNumbers, 0);
    }

    private static Outputs outputs(String raw, String probability, String prediction, boolean areNumbers, int size) {
        return new Outputs()
                .with(raw, SQLDataTypes.VectorType(), sized(raw, size))
                .with(probability, SQLDataTypes.VectorType(), sized(probability, size))
                .with(prediction, areNumbers ? DataTypes.DoubleType : DataTypes.StringType);
    }

    private static Metadata sized(String name, int size) {
        return size == 0 || name.isEmpty() ? Metadata.empty() : new AttributeGroup(name, size).toMetadata();
    }

    private boolean areNumbers() {
        return (boolean) getOrDefault(numericLabels);
    }

    /** By class, its place in vectors. */
    private int[] places() {
        var classes = model().classes();
        var places = new int[classes.size()];
        for (int k = 0; k < places.length; k++) {
            double value = areNumbers() ? number(classes.get(k)) : Double.NaN;
            if (!(value >= 0 && value < MOST_PLACES && value == Math.rint(value))) {
                Arrays.setAll(places, c -> c);
                return places;
            }
            places[k] = (int) value;
        }
        return places;
    }

    /** Entries of vectors. */
    private int size() {
        int most = Arrays.stream(places()).max().orElse(-1) + 1;
        return Math.max(most, (int) getOrDefault(numClasses));
    }

    @Override
    public StructType transformSchema(StructType frame) {
        inputs(frame);
        return outputs(
                        getOrDefault(rawPredictionCol),
                        getOrDefault(probabilityCol),
                        getOrDefault(predictionCol),
                        areNumbers(),
                        size())
                .addedTo(frame);
    }

    @Override
    Dataset<Row> predict(Dataset<Row> frame, Column features) {
        var raw = getOrDefault(rawPredictionCol);
        var margins = functions
                .udf(
                        new Margins(sent(frame.sparkSession()), rowPlaces(), refusesMissing(), places(), size()),
                        SQLDataTypes.VectorType())
                .apply(features);
        var with = raw.isEmpty() ? frame : frame.withColumn(raw, margins.as(raw, sized(raw, size())));
        var known = raw.isEmpty() ? margins : with.col(Input.quoted(raw));
        var probability = getOrDefault(probabilityCol);
        if (!probability.isEmpty()) {
            with = with.withColumn(
                    probability, probabilities(frame, known).as(probability, sized(probability, size())));
        }
        var prediction = getOrDefault(predictionCol);
        return prediction.isEmpty() ? with : with.withColumn(prediction, classes(known));
    }

    private Column probabilities(Dataset<Row> frame, Column margins) {
        var loss = model().loss();
        return loss == Loss.HINGE || loss == Loss.SQUARED_HINGE
                ? functions.lit(null).cast(SQLDataTypes.VectorType())
                : functions
                        .udf(new Probabilities(sent(frame.sparkSession()), places(), size()), SQLDataTypes.VectorType())
                        .apply(margins);
    }

    private Column classes(Column margins) {
        var names = model().classes();
        var places = places();
        if (!areNumbers()) {
            return functions
                    .udf((UDF1<Vector, String>) vector -> names.get(best(vector, places)), DataTypes.StringType)
                    .apply(margins);
        }
        var values = names.stream().mapToDouble(LinearFrameModel::number).toArray();
        return functions
                .udf((UDF1<Vector, Double>) vector -> values[best(vector, places)], DataTypes.DoubleType)
                .apply(margins);
    }

    /** The class whose margin is greatest; of equal ones the first. */
    private static int best(Vector margins, int[] places) {
        int best = 0;
        for (int k = 1; k < places.length; k++) {
            best = margins.apply(places[k]) > margins.apply(places[best]) ? k : best;
        }
        return best;
    }

    private static double number(String name) {
        return name.equals("true") ? 1 : name.equals("false") ? 0 : Double.parseDouble(name);
    }

    /** Margins by class of a row's features. */
    private static final class Margins extends OfRow<LinearModel, LinearModel.Scorer> implements UDF1<Row, Vector> {
        private static final long serialVersionUID = 1;
        private final int[] places;
        private final int size;

        Margins(Sent<LinearModel> model, int[] rowPlaces, boolean refusesMissing, int[] places, int size) {
            super(model, rowPlaces, refusesMissing);
            this.places = places;
            this.size = size;
        }

        @Override
        Ready<LinearModel.Scorer> ready(LinearModel model) {
            return new Ready<>(model.schema(), model.scorer());
        }

        @Override
        public Vector call(Row row) {
            var mine = mine();
            mine.features().of(row, mine.sink());
            return placed(mine.sink().margins(), places, size, Double.NEGATIVE_INFINITY);
        }
    }

    /** Values by class as a vector, with {@code otherwise} where there is no class. */
    private static Vector placed(double[] values, int[] places, int size, double otherwise) {
        if (values.length == size) {
            return Vectors.dense(values);
        }
        var placed = new double[size];
        Arrays.fill(placed, otherwise);
        for (int k = 0; k < values.length; k++) {
            placed[places[k]] = values[k];
        }
        return Vectors.dense(placed);
    }

    /** Probabilities of margins. */
    private record Probabilities(Sent<LinearModel> model, int[] places, int size) implements UDF1<Vector, Vector> {
        @Override
        public Vector call(Vector margins) {
            var byClass = new double[places.length];
            for (int k = 0; k < byClass.length; k++) {
                byClass[k] = margins.apply(places[k]);
            }
            return placed(model.value().probabilities(byClass), places, size, 0);
        }
    }
}
