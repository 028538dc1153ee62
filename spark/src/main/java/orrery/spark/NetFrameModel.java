package orrery.spark;

import java.io.IOException;
import org.apache.spark.TaskContext;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import orrery.data.Columns;
import orrery.data.DataException;
import orrery.deep.train.NetModel;
import orrery.store.Place;

/**
 * A net for data frames; raw predictions are the outputs of the last layer. {@link #setOutputLayer} adds the output of any layer as a
 * column, as features for other models.
 */
public final class NetFrameModel extends ClassifierModel<NetFrameModel, NetModel> {
    private static final long serialVersionUID = 1;

    private final Param<String> outputLayer;
    private final Param<String> outputCol;

    NetFrameModel(String uid, NetModel model) {
        super(uid, model, model.schema(), model.classNames());
        outputLayer = new Param<>(uid, "outputLayer", "the layer whose output is added as a column; empty for none");
        outputCol = new Param<>(uid, "outputCol", "the column of that layer's output");
        setDefault(outputLayer, "");
        setDefault(outputCol, "output");
    }

    /** Reads models: those that were saved, and files of nets that were trained on CSV files with the same columns, or vectors. */
    public static MLReader<NetFrameModel> read() {
        return reader(NetFrameModel::loadFile, NetFrameModel::new);
    }

    /** Loads what {@code save} has saved, or a file of Orrery's. */
    public static NetFrameModel load(String place) {
        return read().load(place);
    }

    private static NetModel loadFile(Place file) throws IOException {
        var model = NetModel.load(file);
        if (!RowFeatures.canBeOf(model.schema())) {
            throw new DataException(
                    file + ": is no net of numeric and categorical columns or of vectors, which data frames need");
        }
        return model;
    }

    public Param<String> outputLayer() {
        return outputLayer;
    }

    public Param<String> outputCol() {
        return outputCol;
    }

    /**
     * Adds the output of a layer as a column of vectors.
     *
     * @throws IllegalArgumentException if the net has no such layer
     */
    public NetFrameModel setOutputLayer(String layer) {
        model().net().output(layer);
        set(outputLayer, layer);
        return this;
    }

    /** What the column of that layer's output is called: {@code output} if nothing is said. */
    public NetFrameModel setOutputCol(String column) {
        set(outputCol, column);
        return this;
    }

    @Override
    NetFrameModel again() {
        return new NetFrameModel(uid(), model());
    }

    @Override
    public StructType transformSchema(StructType frame) {
        var with = super.transformSchema(frame);
        var layer = getOrDefault(outputLayer);
        return layer.isEmpty()
                ? with
                : new Outputs()
                        .with(getOrDefault(outputCol), SQLDataTypes.VectorType())
                        .addedTo(with);
    }

    @Override
    Dataset<Row> predict(Dataset<Row> frame, Column features) {
        var with = super.predict(frame, features);
        var layer = getOrDefault(outputLayer);
        return layer.isEmpty()
                ? with
                : with.withColumn(
                        getOrDefault(outputCol),
                        functions
                                .udf(
                                        new Layer(sent(frame.sparkSession()), rowPlaces(), refusesMissing(), layer),
                                        SQLDataTypes.VectorType())
                                .apply(features));
    }

    @Override
    UDF1<Row, Vector> margins(Dataset<Row> frame, int[] places, int size) {
        return new Margins(sent(frame.sparkSession()), rowPlaces(), refusesMissing(), places, size);
    }

    @Override
    Column probabilities(Dataset<Row> frame, Column margins, int[] places, int size) {
        return functions
                .udf(
                        (UDF1<Vector, Vector>) raw -> {
                            var byClass = new double[places.length];
                            for (int k = 0; k < byClass.length; k++) {
                                byClass[k] = raw.apply(places[k]);
                            }
                            return placed(NetModel.probabilities(byClass), places, size, 0);
                        },
                        SQLDataTypes.VectorType())
                .apply(margins);
    }

    /** A net that computes a row at a time, until the task ends. */
    private static final class Computing implements Columns.Sink {
        private final NetModel.Scorer scorer;

        Computing(NetModel model) {
            scorer = model.scorer();
            var task = TaskContext.get();
            if (task != null) {
                task.addTaskCompletionListener(ended -> {
                    scorer.close();
                    return scala.runtime.BoxedUnit.UNIT;
                });
            }
        }

        @Override
        public void feature(long feature, float value) {
            scorer.feature(feature, value);
        }
    }

    /** Raw predictions by class of a row's features. */
    private static final class Margins extends OfRow<NetModel, Computing> implements UDF1<Row, Vector> {
        private static final long serialVersionUID = 1;
        private final int[] places;
        private final int size;

        Margins(Sent<NetModel> model, int[] rowPlaces, boolean refusesMissing, int[] places, int size) {
            super(model, rowPlaces, refusesMissing);
            this.places = places;
            this.size = size;
        }

        @Override
        Ready<Computing> ready(NetModel model) {
            return new Ready<>(model.schema(), new Computing(model));
        }

        @Override
        public Vector call(Row row) {
            var mine = mine();
            mine.features().of(row, mine.sink());
            return placed(mine.sink().scorer.outputs(), places, size, Double.NEGATIVE_INFINITY);
        }
    }

    /** The output of a layer for a row's features. */
    private static final class Layer extends OfRow<NetModel, Computing> implements UDF1<Row, Vector> {
        private static final long serialVersionUID = 1;
        private final String layer;

        Layer(Sent<NetModel> model, int[] rowPlaces, boolean refusesMissing, String layer) {
            super(model, rowPlaces, refusesMissing);
            this.layer = layer;
        }

        @Override
        Ready<Computing> ready(NetModel model) {
            return new Ready<>(model.schema(), new Computing(model));
        }

        @Override
        public Vector call(Row row) {
            var mine = mine();
            mine.features().of(row, mine.sink());
            return Vectors.dense(mine.sink().scorer.outputs(layer));
        }
    }
}
