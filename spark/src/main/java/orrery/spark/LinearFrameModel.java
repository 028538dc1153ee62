package orrery.spark;

import java.io.IOException;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import orrery.data.DataException;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.Loss;
import orrery.store.Place;

/** A linear classifier for data frames; raw predictions are margins, and support vector machines have no probabilities. */
public final class LinearFrameModel extends ClassifierModel<LinearFrameModel, LinearModel> {
    private static final long serialVersionUID = 1;

    LinearFrameModel(String uid, LinearModel model) {
        super(uid, model, model.schema(), model.classes());
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

    @Override
    LinearFrameModel again() {
        return new LinearFrameModel(uid(), model());
    }

    @Override
    UDF1<Row, Vector> margins(Dataset<Row> frame, int[] places, int size) {
        return new Margins(sent(frame.sparkSession()), rowPlaces(), refusesMissing(), places, size);
    }

    @Override
    Column probabilities(Dataset<Row> frame, Column margins, int[] places, int size) {
        var loss = model().loss();
        return loss == Loss.HINGE || loss == Loss.SQUARED_HINGE
                ? functions.lit(null).cast(SQLDataTypes.VectorType())
                : functions
                        .udf(new Probabilities(sent(frame.sparkSession()), places, size), SQLDataTypes.VectorType())
                        .apply(margins);
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
