package orrery.spark;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import orrery.data.Columns;
import orrery.data.Examples;
import orrery.data.Nearest;
import orrery.data.ReadOptions.Role;
import orrery.data.Schema;

/** Makes examples of rows. Confined to one thread. */
interface Packing {
    /** The format of schemas whose features are a column of vectors: the one that has no role. */
    String VECTORS = "vectors";

    void add(Row row);

    int size();

    Examples pack();

    /** The schema of vectors. */
    static Schema vectors(List<Schema.Column> columns, int features, List<String> classes) {
        return Schema.ofFeatures(VECTORS, columns, classes, features);
    }

    /** Whether rows of a data frame can be made examples by this schema. */
    static boolean canPack(Schema schema) {
        return !schema.columns().isEmpty()
                && schema.columns().stream()
                        .noneMatch(column -> column.role() == Role.TEXT || column.role() == Role.GROUP);
    }

    /** By column of the schema: where a frame has it; -1 for those that predictions do not need. */
    static int[] positions(Schema schema, StructType frame) {
        var known = Arrays.asList(frame.fieldNames());
        var positions = new int[schema.columns().size()];
        for (int c = 0; c < positions.length; c++) {
            var column = schema.columns().get(c);
            boolean isFeature = switch (column.role()) {
                case NUMERIC, CATEGORICAL -> true;
                case IGNORE -> schema.format().equals(VECTORS);
                default -> false;
            };
            positions[c] = isFeature ? known.indexOf(column.name()) : -1;
            if (isFeature && positions[c] < 0) {
                throw new IllegalArgumentException("the data frame has no column '" + column.name()
                        + "', which the model was trained on" + Nearest.hint(column.name(), known));
            }
        }
        return positions;
    }

    /**
     * Packs rows by a schema.
     *
     * @param positions by column of the schema, where a row has it; -1 for those that are not looked at
     */
    static Packing of(Schema schema, int[] positions, boolean hasLabels) {
        return schema.format().equals(VECTORS)
                ? new OfVectors(schema, positions, hasLabels)
                : new OfColumns(schema, positions, hasLabels);
    }

    /** Packs rows of the schema's columns, in its order. */
    static Packing ofAll(Schema schema, boolean hasLabels) {
        return of(schema, IntStream.range(0, schema.columns().size()).toArray(), hasLabels);
    }

    /** Of columns that are features each. */
    final class OfColumns implements Packing {
        private final int[] positions;
        private final Columns columns;
        private final @Nullable Object[] values;

        OfColumns(Schema schema, int[] positions, boolean hasLabels) {
            this.positions = positions;
            columns = new Columns(schema, hasLabels);
            values = new @Nullable Object[positions.length];
        }

        @Override
        public void add(Row row) {
            for (int c = 0; c < values.length; c++) {
                values[c] = positions[c] < 0 ? null : row.get(positions[c]);
            }
            columns.add(values);
        }

        @Override
        public int size() {
            return columns.size();
        }

        @Override
        public Examples pack() {
            return columns.pack();
        }
    }

    /** Of one column of vectors. */
    final class OfVectors implements Packing {
        private final Schema schema;
        private final Examples.Packer packer = new Examples.Packer();
        private int label = -1; // positions in a row
        private int weight = -1;
        private int features = -1;
        private Schema.@Nullable Column labels;
        private Schema.@Nullable Column weights;
        private String name = "";

        OfVectors(Schema schema, int[] positions, boolean hasLabels) {
            this.schema = schema;
            for (int c = 0; c < positions.length; c++) {
                var column = schema.columns().get(c);
                switch (column.role()) {
                    case LABEL -> {
                        label = hasLabels ? positions[c] : -1;
                        labels = column;
                    }
                    case WEIGHT -> {
                        weight = hasLabels ? positions[c] : -1;
                        weights = column;
                    }
                    default -> {
                        features = positions[c];
                        name = column.name();
                    }
                }
            }
        }

        @Override
        public void add(Row row) {
            var vector = row.<@Nullable Vector>getAs(features);
            if (vector == null) {
                throw new IllegalArgumentException("the vector '" + name + "' is missing in a row");
            }
            if (vector.size() != schema.features()) {
                throw new IllegalArgumentException("the vector '" + name + "' has " + vector.size()
                        + " features in a row, there are " + schema.features());
            }
            if (vector instanceof SparseVector sparse) {
                for (int k = 0; k < sparse.indices().length; k++) {
                    feature(sparse.indices()[k], sparse.values()[k]);
                }
            } else {
                for (int f = 0; f < vector.size(); f++) {
                    feature(f, vector.apply(f));
                }
            }
            var value = weight < 0 ? null : row.<@Nullable Object>getAs(weight);
            packer.example(
                    labels == null || label < 0 ? 0 : Columns.label(schema, labels, row.<@Nullable Object>getAs(label)),
                    weights == null || value == null ? 1 : Columns.weight(weights, value));
        }

        private void feature(int f, double value) {
            if (!(Math.abs(value) <= Float.MAX_VALUE)) {
                throw new IllegalArgumentException("the vector '" + name + "' has " + value + " at " + f);
            }
            if (value != 0) {
                packer.feature(f, (float) value);
            }
        }

        @Override
        public int size() {
            return packer.size();
        }

        @Override
        public Examples pack() {
            return packer.pack(schema.features());
        }
    }
}
