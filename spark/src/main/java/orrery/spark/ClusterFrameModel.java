package orrery.spark;

import java.io.IOException;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import orrery.data.DataException;
import orrery.learn.cluster.ClusterModel;
import orrery.store.Place;

/**
 * Clusters for data frames. Adds {@code prediction}, the nearest centroid's number, and {@code distance} to it, by the names
 * that parameters give them.
 */
public final class ClusterFrameModel extends ExampleModel<ClusterFrameModel, ClusterModel> {
    private static final long serialVersionUID = 1;

    private final Param<String> predictionCol;
    private final Param<String> distanceCol;

    ClusterFrameModel(String uid, ClusterModel model) {
        super(uid, model, model.schema());
        predictionCol = new Param<>(uid, "predictionCol", "the column of clusters' numbers; empty for none");
        distanceCol = new Param<>(uid, "distanceCol", "the column of distances to the centroids; empty for none");
        setDefault(predictionCol, "prediction");
        setDefault(distanceCol, "distance");
    }

    public Param<String> predictionCol() {
        return predictionCol;
    }

    public Param<String> distanceCol() {
        return distanceCol;
    }

    public ClusterFrameModel setPredictionCol(String column) {
        set(predictionCol, column);
        return this;
    }

    public ClusterFrameModel setDistanceCol(String column) {
        set(distanceCol, column);
        return this;
    }

    /** The centroids in the units of the data, (clusters, features); of categories, in parts of the rows that have them. */
    public Vector[] clusterCenters() {
        var clusters = model();
        var centers = new Vector[clusters.clusters()];
        for (int c = 0; c < centers.length; c++) {
            var center = new double[clusters.features()];
            for (int f = 0; f < center.length; f++) {
                center[f] = clusters.schema().original(f, clusters.centroids()[c * center.length + f]);
            }
            centers[c] = Vectors.dense(center);
        }
        return centers;
    }

    /** Reads models: those that were saved, and files of clusters of CSV files with the same columns. */
    public static MLReader<ClusterFrameModel> read() {
        return reader(ClusterFrameModel::loadFile, ClusterFrameModel::new);
    }

    /** Loads what {@code save} has saved, or a file of Orrery's. */
    public static ClusterFrameModel load(String place) {
        return read().load(place);
    }

    private static ClusterModel loadFile(Place file) throws IOException {
        var model = ClusterModel.load(file);
        if (!RowFeatures.canBeOf(model.schema())) {
            throw new DataException(file + ": are no clusters of numeric and categorical columns or of vectors, which"
                    + " data frames need");
        }
        return model;
    }

    @Override
    ClusterFrameModel again() {
        return new ClusterFrameModel(uid(), model());
    }

    static Outputs outputs(String prediction, String distance) {
        return new Outputs().with(prediction, DataTypes.IntegerType).with(distance, DataTypes.DoubleType);
    }

    @Override
    public StructType transformSchema(StructType frame) {
        inputs(frame);
        return outputs(getOrDefault(predictionCol), getOrDefault(distanceCol)).addedTo(frame);
    }

    @Override
    Dataset<Row> predict(Dataset<Row> frame, Column features) {
        var prediction = getOrDefault(predictionCol);
        var nearest = functions
                .udf(new Nearest(sent(frame.sparkSession()), rowPlaces(), refusesMissing()), DataTypes.IntegerType)
                .apply(features);
        var with = prediction.isEmpty() ? frame : frame.withColumn(prediction, nearest);
        var known = prediction.isEmpty() ? nearest : with.col(Input.quoted(prediction));
        var distance = functions
                .udf(new Distance(sent(frame.sparkSession()), rowPlaces(), refusesMissing()), DataTypes.DoubleType)
                .apply(features, known);
        return getOrDefault(distanceCol).isEmpty() ? with : with.withColumn(getOrDefault(distanceCol), distance);
    }

    /** What finds the centroids of a row. */
    private abstract static class OfRowsClusters extends OfRow<ClusterModel, ClusterModel.Finder> {
        private static final long serialVersionUID = 1;

        OfRowsClusters(Sent<ClusterModel> model, int[] rowPlaces, boolean refusesMissing) {
            super(model, rowPlaces, refusesMissing);
        }

        @Override
        Ready<ClusterModel.Finder> ready(ClusterModel model) {
            return new Ready<>(model.schema(), model.finder());
        }

        final ClusterModel.Finder finder(Row row) {
            var mine = mine();
            mine.sink().begin();
            mine.features().of(row, mine.sink());
            return mine.sink();
        }
    }

    private static final class Nearest extends OfRowsClusters implements UDF1<Row, Integer> {
        private static final long serialVersionUID = 1;

        Nearest(Sent<ClusterModel> model, int[] rowPlaces, boolean refusesMissing) {
            super(model, rowPlaces, refusesMissing);
        }

        @Override
        public Integer call(Row row) {
            return finder(row).nearest();
        }
    }

    private static final class Distance extends OfRowsClusters implements UDF2<Row, Integer, Double> {
        private static final long serialVersionUID = 1;

        Distance(Sent<ClusterModel> model, int[] rowPlaces, boolean refusesMissing) {
            super(model, rowPlaces, refusesMissing);
        }

        @Override
        public Double call(Row row, Integer cluster) {
            return Math.sqrt(finder(row).squaredDistance(cluster));
        }
    }
}
