package orrery.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;
import orrery.learn.cluster.ClusterModel;
import orrery.store.Place;

/** Clusters for data frames. Adds {@code prediction}, the nearest centroid's number, and {@code distance} to it. */
public final class ClusterFrameModel extends FrameModel<ClusterFrameModel, ClusterModel> {
    private static final long serialVersionUID = 1;

    ClusterFrameModel(String uid, ClusterModel model) {
        super(uid, model);
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
        if (!Packing.canPack(model.schema())) {
            throw new DataException(file + ": are no clusters of numeric and categorical columns or of vectors, which"
                    + " data frames need");
        }
        return model;
    }

    @Override
    ClusterFrameModel again() {
        return new ClusterFrameModel(uid(), model());
    }

    static StructType added(StructType frame) {
        return Predicting.add(
                frame, new StructType().add("prediction", DataTypes.IntegerType).add("distance", DataTypes.DoubleType));
    }

    @Override
    public StructType transformSchema(StructType frame) {
        Packing.positions(model().schema(), frame);
        return added(frame);
    }

    @Override
    Dataset<Row> predict(Dataset<Row> frame) {
        var positions = Packing.positions(model().schema(), frame.schema());
        return Predicting.of(frame, added(frame.schema()), model(), model -> rows -> {
            var packing = Packing.of(model.schema(), positions, false);
            rows.forEach(packing::add);
            var found = new ArrayList<@Nullable Object[]>();
            model.assign(
                    packing.pack(), (i, cluster, squared) -> found.add(new Object[] {cluster, Math.sqrt(squared)}));
            return List.copyOf(found);
        });
    }
}
