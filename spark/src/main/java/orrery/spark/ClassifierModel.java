package orrery.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructType;
import orrery.data.Columns;
import orrery.data.Schema;

/**
 * A classifier for data frames. Adds {@code rawPrediction}, a vector by class; {@code probability}, likewise, null of models that
 * have none; and {@code prediction}, a class: a double where labels are numbers or booleans, else a text; all by the names that
 * parameters give them.
 *
 * <p>Where labels are whole numbers from 0 on, up to 10,000, entry k of the vectors is of the class k, as Spark's evaluators
 * take it: of numbers that no label has, the raw prediction is minus infinity and the probability 0. Otherwise entries are of the
 * classes in the model's order: numbers by size, texts by the alphabet.
 */
public abstract class ClassifierModel<M extends ClassifierModel<M, L>, L extends orrery.engine.train.Model>
        extends ExampleModel<M, L> {
    private static final long serialVersionUID = 1;
    private static final int MOST_PLACES = 10_000;

    private final ArrayList<String> classes;
    private final Param<String> predictionCol;
    private final Param<String> probabilityCol;
    private final Param<String> rawPredictionCol;
    private final BooleanParam numericLabels;
    private final IntParam numClasses;

    ClassifierModel(String uid, L model, Schema schema, List<String> classes) {
        super(uid, model, schema);
        this.classes = new ArrayList<>(classes);
        predictionCol = new Param<>(uid, "predictionCol", "the column of predicted classes; empty for none");
        probabilityCol = new Param<>(uid, "probabilityCol", "the column of probabilities by class; empty for none");
        rawPredictionCol = new Param<>(uid, "rawPredictionCol", "the column of margins by class; empty for none");
        numericLabels = new BooleanParam(uid, "numericLabels", "whether labels were numbers or booleans");
        numClasses = new IntParam(uid, "numClasses", "how many classes the vectors have at least");
        setDefault(predictionCol, "prediction");
        setDefault(probabilityCol, "probability");
        setDefault(rawPredictionCol, "rawPrediction");
        setDefault(numericLabels, classes.stream().allMatch(ClassifierModel::isNumber));
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

    /** What labels were. */
    final void setNumbers(boolean areNumbers, int classes) {
        set(numericLabels, areNumbers);
        set(numClasses, classes);
    }

    public final Param<String> predictionCol() {
        return predictionCol;
    }

    public final Param<String> probabilityCol() {
        return probabilityCol;
    }

    public final Param<String> rawPredictionCol() {
        return rawPredictionCol;
    }

    public final BooleanParam numericLabels() {
        return numericLabels;
    }

    public final IntParam numClasses() {
        return numClasses;
    }

    @SuppressWarnings("unchecked") // that is what M is
    public final M setPredictionCol(String column) {
        set(predictionCol, column);
        return (M) this;
    }

    @SuppressWarnings("unchecked") // that is what M is
    public final M setProbabilityCol(String column) {
        set(probabilityCol, column);
        return (M) this;
    }

    @SuppressWarnings("unchecked") // that is what M is
    public final M setRawPredictionCol(String column) {
        set(rawPredictionCol, column);
        return (M) this;
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
                .udf(margins(frame, places(), size()), SQLDataTypes.VectorType())
                .apply(features);
        var with = raw.isEmpty() ? frame : frame.withColumn(raw, margins.as(raw, sized(raw, size())));
        var known = raw.isEmpty() ? margins : with.col(Input.quoted(raw));
        var probability = getOrDefault(probabilityCol);
        if (!probability.isEmpty()) {
            with = with.withColumn(
                    probability,
                    probabilities(frame, known, places(), size()).as(probability, sized(probability, size())));
        }
        var prediction = getOrDefault(predictionCol);
        return prediction.isEmpty() ? with : with.withColumn(prediction, classes(known));
    }

    /**
     * What makes the raw prediction of a row's features.
     *
     * @param places by class, its place in the vector
     * @param size of the vector
     */
    abstract UDF1<Row, Vector> margins(Dataset<Row> frame, int[] places, int size);

    /** The probabilities of raw predictions. */
    abstract Column probabilities(Dataset<Row> frame, Column margins, int[] places, int size);

    private Column classes(Column margins) {
        var names = List.copyOf(classes);
        var places = places();
        if (!areNumbers()) {
            return functions
                    .udf((UDF1<Vector, String>) vector -> names.get(best(vector, places)), DataTypes.StringType)
                    .apply(margins);
        }
        var values = names.stream().mapToDouble(ClassifierModel::number).toArray();
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

    /** Values by class as a vector, with {@code otherwise} where there is no class. */
    static Vector placed(double[] values, int[] places, int size, double otherwise) {
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
}
