package orrery.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.jspecify.annotations.Nullable;
import orrery.data.Columns;
import orrery.data.DataException;
import orrery.data.Nearest;
import orrery.data.ReadOptions.Role;
import orrery.data.Schema;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.Loss;

/** A linear model that was trained on a data frame, or loaded, and adds its predictions to others. */
public final class LinearFrameModel {
    private final LinearModel model;
    private final String label;

    /** @param label the column that is predicted, which other data frames need not have */
    LinearFrameModel(LinearModel model, String label) {
        this.model = model;
        this.label = label;
    }

    /** Loads a model that was trained on a data frame, or on a CSV file with the same columns. */
    public static LinearFrameModel load(Path file) throws IOException {
        var model = LinearModel.load(file);
        boolean hasOtherColumns = model.schema().columns().stream()
                .anyMatch(column -> column.role() == Role.TEXT || column.role() == Role.GROUP);
        if (model.schema().columns().isEmpty()
                || hasOtherColumns
                || model.classes().isEmpty()) {
            throw new DataException(
                    file + ": is no classifier of numeric and categorical columns, which data frames need");
        }
        var label = model.schema().columns().stream()
                .filter(column -> column.role() == Role.LABEL)
                .map(Schema.Column::name)
                .findFirst()
                .orElse("label");
        return new LinearFrameModel(model, label);
    }

    /** The model itself, which needs no Spark. */
    public LinearModel model() {
        return model;
    }

    /** Keeps it in one file, which every Orrery reads. */
    public void save(Path file) throws IOException {
        model.save(file);
    }

    /** The frame with two columns more: {@code prediction}, a class, and {@code probability}, an array by class. */
    public Dataset<Row> transform(Dataset<Row> frame) throws IOException {
        for (var name : List.of("prediction", "probability")) {
            if (Arrays.asList(frame.columns()).contains(name)) {
                throw new DataException("the data frame has a column '" + name + "' already; rename it");
            }
        }
        var file = Files.createTempFile("orrery-model", ".safetensors");
        byte[] bytes;
        try {
            model.save(file);
            bytes = Files.readAllBytes(file);
        } finally {
            Files.deleteIfExists(file);
        }
        var context = JavaSparkContext.fromSparkContext(frame.sparkSession().sparkContext());
        var schema = frame.schema()
                .add("prediction", DataTypes.StringType)
                .add("probability", DataTypes.createArrayType(DataTypes.DoubleType));
        return frame.mapPartitions(new Predicting(context.broadcast(bytes), positions(frame)), Encoders.row(schema));
    }

    /** By column of the model: where the frame has it; -1 for those that are not looked at. */
    private int[] positions(Dataset<Row> frame) throws DataException {
        var known = Arrays.asList(frame.columns());
        var columns = model.schema().columns();
        var positions = new int[columns.size()];
        for (int c = 0; c < positions.length; c++) {
            boolean isFeature =
                    columns.get(c).role() == Role.NUMERIC || columns.get(c).role() == Role.CATEGORICAL;
            positions[c] = isFeature ? known.indexOf(columns.get(c).name()) : -1;
            if (isFeature && positions[c] < 0) {
                throw new DataException("the data frame has no column '"
                        + columns.get(c).name() + "', which the model of '" + label + "' was trained on"
                        + Nearest.hint(columns.get(c).name(), known));
            }
        }
        return positions;
    }

    /** Predicts the rows of a partition, some hundreds at a time. */
    private static final class Predicting implements MapPartitionsFunction<Row, Row>, Serializable {
        private static final long serialVersionUID = 1;
        private static final int AT_ONCE = 1024;

        private final Broadcast<byte[]> bytes;
        private final int[] positions;

        Predicting(Broadcast<byte[]> bytes, int[] positions) {
            this.bytes = bytes;
            this.positions = positions;
        }

        private LinearModel load() throws IOException {
            var file = Files.createTempFile("orrery-model", ".safetensors");
            try {
                Files.write(file, bytes.getValue());
                return LinearModel.load(file);
            } finally {
                Files.deleteIfExists(file);
            }
        }

        @Override
        public Iterator<Row> call(Iterator<Row> rows) throws Exception {
            var model = load();
            return new Iterator<>() {
                private Iterator<Row> ready = List.<Row>of().iterator();

                @Override
                public boolean hasNext() {
                    return ready.hasNext() || rows.hasNext();
                }

                @Override
                public Row next() {
                    if (!ready.hasNext()) {
                        var some = new ArrayList<Row>();
                        while (some.size() < AT_ONCE && rows.hasNext()) {
                            some.add(rows.next());
                        }
                        try {
                            ready = predicted(model, some).iterator();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                    return ready.next();
                }
            };
        }

        private List<Row> predicted(LinearModel model, List<Row> rows) throws IOException {
            var ofModel = model.schema().columns();
            var encoder = new Columns(model.schema(), false);
            var classes = model.classes();
            for (var row : rows) {
                var values = new @Nullable Object[ofModel.size()];
                for (int c = 0; c < values.length; c++) {
                    values[c] = positions[c] < 0 ? null : row.get(positions[c]);
                }
                encoder.add(values);
            }
            var out = new ArrayList<Row>();
            boolean hasProbabilities = model.loss() != Loss.HINGE && model.loss() != Loss.SQUARED_HINGE;
            model.predict(encoder.pack(), (i, predicted) -> {
                int best = 0;
                var list = new ArrayList<Double>();
                for (int k = 0; k < predicted.length; k++) {
                    best = predicted[k] > predicted[best] ? k : best;
                    list.add((double) predicted[k]);
                }
                var row = rows.get((int) i);
                var all = new @Nullable Object[row.size() + 2];
                for (int c = 0; c < row.size(); c++) {
                    all[c] = row.get(c);
                }
                all[row.size()] = classes.get(best);
                all[row.size() + 1] = hasProbabilities ? list.toArray(Double[]::new) : null;
                out.add(RowFactory.create(all));
            });
            return out;
        }
    }
}
