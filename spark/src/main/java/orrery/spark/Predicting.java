package orrery.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Adds predictions to the rows of a partition, some hundreds at a time.
 *
 * @param model sent to each executor once
 * @param how what is predicted
 */
record Predicting<L>(Broadcast<L> model, How<L> how) implements MapPartitionsFunction<Row, Row> {
    private static final int AT_ONCE = 1024;

    /** Makes ready to predict the rows of a partition. */
    @FunctionalInterface
    interface How<L> extends Serializable {
        Predictor open(L model);
    }

    /** Gives for each row, in their order, the values of the columns that are added. */
    @FunctionalInterface
    interface Predictor {
        List<@Nullable Object[]> predict(List<Row> rows);
    }

    /** The frame with the columns that {@code with} has more. */
    static <L> Dataset<Row> of(Dataset<Row> frame, StructType with, L model, How<L> how) {
        var context = JavaSparkContext.fromSparkContext(frame.sparkSession().sparkContext());
        return frame.mapPartitions(new Predicting<>(context.broadcast(model), how), Encoders.row(with));
    }

    /** A schema with more columns, whose names it must not have. */
    static StructType add(StructType frame, StructType more) {
        for (var field : more.fields()) {
            if (Arrays.asList(frame.fieldNames()).contains(field.name())) {
                throw new IllegalArgumentException(
                        "the data frame has a column '" + field.name() + "' already; rename it");
            }
        }
        var all = new ArrayList<>(Arrays.asList(frame.fields()));
        all.addAll(Arrays.asList(more.fields()));
        return DataTypes.createStructType(all);
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        var predictor = how.open(model.getValue());
        return new Iterator<>() {
            private Iterator<Row> ready = List.<Row>of().iterator();

            @Override
            public boolean hasNext() {
                return ready.hasNext() || rows.hasNext();
            }

            @Override
            public Row next() {
                if (!ready.hasNext()) {
                    ready = some().iterator();
                }
                return ready.next();
            }

            private List<Row> some() {
                var some = new ArrayList<Row>();
                while (some.size() < AT_ONCE && rows.hasNext()) {
                    some.add(rows.next());
                }
                var added = predictor.predict(some);
                for (int i = 0; i < some.size(); i++) {
                    some.set(i, extended(some.get(i), added.get(i)));
                }
                return some;
            }
        };
    }

    private static Row extended(Row row, @Nullable Object[] more) {
        var all = new @Nullable Object[row.size() + more.length];
        for (int c = 0; c < row.size(); c++) {
            all[c] = row.get(c);
        }
        System.arraycopy(more, 0, all, row.size(), more.length);
        return RowFactory.create(all);
    }
}
