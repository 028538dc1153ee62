package orrery.spark;

import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.data.Columns;
import orrery.data.Examples;
import orrery.data.ReadOptions.Role;
import orrery.data.Schema;

/** Makes examples of rows that have all columns of a schema, in its order. Confined to one thread. */
final class Packing {
    private final Schema schema;
    private final RowFeatures features;
    private final Examples.Packer packer = new Examples.Packer();
    private final Columns.Sink sink;
    private int label = -1; // places in a row
    private int weight = -1;
    private Columns.@Nullable Labels labels;
    private Schema.@Nullable Column weights;

    /** @param isLabelled whether labels and weights are looked at */
    Packing(Schema schema, boolean isLabelled) {
        this.schema = schema;
        features = RowFeatures.ofAll(schema);
        sink = packer.sink(schema);
        for (int c = 0; isLabelled && c < schema.columns().size(); c++) {
            var column = schema.columns().get(c);
            if (column.role() == Role.LABEL) {
                label = c;
                labels = new Columns.Labels(schema, column);
            } else if (column.role() == Role.WEIGHT) {
                weight = c;
                weights = column;
            }
        }
    }

    void add(Row row) {
        features.of(row, sink);
        packer.example(
                labels == null ? 0 : labels.of(row.<@Nullable Object>getAs(label)),
                weights == null
                        ? 1
                        : (float) (Columns.weight(weights, row.<@Nullable Object>getAs(weight)) / weights.scale()));
    }

    int size() {
        return packer.size();
    }

    Examples pack() {
        return packer.pack(schema.features());
    }
}
