package orrery.spark;

import java.util.ArrayList;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import orrery.learn.factor.FactorModel;

/**
 * Factors for data frames of users and items. Adds {@code prediction}, a float; of users and items that the model does not
 * know it is the mean and the bias of the one that it knows.
 */
public final class FactorFrameModel extends FrameModel<FactorFrameModel, FactorModel> {
    private static final long serialVersionUID = 1;

    private final Param<String> userCol;
    private final Param<String> itemCol;

    FactorFrameModel(String uid, FactorModel model) {
        super(uid, model);
        userCol = new Param<>(uid, "userCol", "users");
        itemCol = new Param<>(uid, "itemCol", "items");
        setDefault(userCol, "user");
        setDefault(itemCol, "item");
    }

    /** Reads models: those that were saved, and files of factors of any ratings. */
    public static MLReader<FactorFrameModel> read() {
        return reader(FactorModel::load, FactorFrameModel::new);
    }

    /** Loads what {@code save} has saved, or a file of Orrery's. */
    public static FactorFrameModel load(String place) {
        return read().load(place);
    }

    public Param<String> userCol() {
        return userCol;
    }

    public Param<String> itemCol() {
        return itemCol;
    }

    public FactorFrameModel setUserCol(String column) {
        set(userCol, column);
        return this;
    }

    public FactorFrameModel setItemCol(String column) {
        set(itemCol, column);
        return this;
    }

    @Override
    FactorFrameModel again() {
        return new FactorFrameModel(uid(), model());
    }

    static StructType added(StructType frame) {
        return Predicting.add(frame, new StructType().add("prediction", DataTypes.FloatType));
    }

    @Override
    public StructType transformSchema(StructType frame) {
        FactorEstimator.checkKey(frame, getOrDefault(userCol));
        FactorEstimator.checkKey(frame, getOrDefault(itemCol));
        return added(frame);
    }

    @Override
    Dataset<Row> predict(Dataset<Row> frame) {
        int user = frame.schema().fieldIndex(getOrDefault(userCol));
        int item = frame.schema().fieldIndex(getOrDefault(itemCol));
        return Predicting.of(frame, added(frame.schema()), model(), model -> {
            var byName = model.byName();
            return rows -> {
                var added = new ArrayList<@Nullable Object[]>();
                for (var row : rows) {
                    added.add(new Object[] {byName.predict(text(row, user), text(row, item))});
                }
                return added;
            };
        });
    }

    private static String text(Row row, int column) {
        return row.isNullAt(column) ? "" : row.get(column).toString(); // nobody is called nothing
    }
}
