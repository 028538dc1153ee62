package orrery.spark;

import org.apache.spark.ml.attribute.Attribute;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;

/** An estimator of classifiers: a column of labels, and the columns that the model adds. */
public abstract class ClassifierEstimator<E extends ClassifierEstimator<E, M>, M extends ClassifierModel<M, ?>>
        extends ExampleEstimator<E, M> {
    private static final long serialVersionUID = 1;

    private final Param<String> labelCol;
    private final Param<String> predictionCol;
    private final Param<String> probabilityCol;
    private final Param<String> rawPredictionCol;

    ClassifierEstimator(String uid) {
        super(uid);
        labelCol = new Param<>(uid, "labelCol", "what is to be predicted");
        predictionCol = new Param<>(uid, "predictionCol", "the column of predicted classes; empty for none");
        probabilityCol = new Param<>(uid, "probabilityCol", "the column of probabilities by class; empty for none");
        rawPredictionCol = new Param<>(uid, "rawPredictionCol", "the column of margins by class; empty for none");
    }

    @Override
    void setOwnDefaults() {
        super.setOwnDefaults();
        setDefault(labelCol, "label");
        setDefault(predictionCol, "prediction");
        setDefault(probabilityCol, "probability");
        setDefault(rawPredictionCol, "rawPrediction");
    }

    public final Param<String> labelCol() {
        return labelCol;
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

    public final E setLabelCol(String column) {
        return with(labelCol, column);
    }

    public final E setPredictionCol(String column) {
        return with(predictionCol, column);
    }

    public final E setProbabilityCol(String column) {
        return with(probabilityCol, column);
    }

    public final E setRawPredictionCol(String column) {
        return with(rawPredictionCol, column);
    }

    @Override
    final String labels() {
        return getOrDefault(labelCol);
    }

    /** Refuses parameters that make no sense. */
    abstract void check();

    @Override
    public final StructType transformSchema(StructType frame) {
        check();
        var inputs = inputs(frame);
        return ClassifierModel.outputs(
                        getOrDefault(rawPredictionCol),
                        getOrDefault(probabilityCol),
                        getOrDefault(predictionCol),
                        inputs.getFirst().isNumber())
                .addedTo(frame);
    }

    /** How many classes the label's metadata say that there are, as those of StringIndexer do; 0 if they say nothing. */
    static int classesOf(Dataset<Row> frame, Input label) {
        var field = frame.select(frame.col(label.path())).schema().apply(0);
        var attribute = field.dataType() instanceof NumericType ? Attribute.fromStructField(field) : null;
        return attribute instanceof NominalAttribute nominal
                        && nominal.getNumValues().isDefined()
                ? (int) nominal.getNumValues().get()
                : 0;
    }
}
