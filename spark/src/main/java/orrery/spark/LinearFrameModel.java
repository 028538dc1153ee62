package orrery.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.Loss;
import orrery.store.Place;

/**
 * A linear classifier for data frames. Adds {@code prediction}, a class, as a number if all classes are numbers; {@code
 * rawPrediction}, a vector of margins by class; and {@code probability}, likewise, null of support vector machines.
 */
public final class LinearFrameModel extends FrameModel<LinearFrameModel, LinearModel> {
    private static final long serialVersionUID = 1;

    LinearFrameModel(String uid, LinearModel model) {
        super(uid, model);
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
        if (!Packing.canPack(model.schema()) || model.classes().isEmpty()) {
            throw new DataException(file + ": is no classifier of numeric and categorical columns or of vectors, which"
                    + " data frames need");
        }
        return model;
    }

    @Override
    LinearFrameModel again() {
        return new LinearFrameModel(uid(), model());
    }

    static StructType added(StructType frame, boolean isNumeric) {
        return Predicting.add(
                frame,
                new StructType()
                        .add("rawPrediction", SQLDataTypes.VectorType())
                        .add("probability", SQLDataTypes.VectorType())
                        .add("prediction", isNumeric ? DataTypes.DoubleType : DataTypes.StringType));
    }

    private boolean isNumeric() {
        return model().classes().stream()
                .allMatch(name -> name.matches("[-+]?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false"));
    }

    @Override
    public StructType transformSchema(StructType frame) {
        Packing.positions(model().schema(), frame);
        return added(frame, isNumeric());
    }

    @Override
    Dataset<Row> predict(Dataset<Row> frame) {
        var positions = Packing.positions(model().schema(), frame.schema());
        boolean isNumeric = isNumeric();
        return Predicting.of(
                frame,
                transformSchema(frame.schema()),
                model(),
                model -> rows -> predicted(model, rows, positions, isNumeric));
    }

    private static List<@Nullable Object[]> predicted(
            LinearModel model, List<Row> rows, int[] positions, boolean isNumeric) {
        var packing = Packing.of(model.schema(), positions, false);
        rows.forEach(packing::add);
        var added = new ArrayList<@Nullable Object[]>();
        boolean hasProbabilities = model.loss() != Loss.HINGE && model.loss() != Loss.SQUARED_HINGE;
        try {
            model.predictWithMargins(packing.pack(), (i, margins, probabilities) -> {
                int best = 0;
                for (int k = 1; k < probabilities.length; k++) {
                    best = probabilities[k] > probabilities[best] ? k : best;
                }
                var name = model.classes().get(best);
                added.add(new @Nullable Object[] {
                    vector(margins),
                    hasProbabilities ? vector(probabilities) : null,
                    isNumeric ? (Object) number(name) : name
                });
            });
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return added;
    }

    private static double number(String name) {
        return name.equals("true") ? 1 : name.equals("false") ? 0 : Double.parseDouble(name);
    }

    private static Vector vector(float[] values) {
        var doubles = new double[values.length];
        for (int k = 0; k < values.length; k++) {
            doubles[k] = values[k];
        }
        return Vectors.dense(doubles);
    }
}
