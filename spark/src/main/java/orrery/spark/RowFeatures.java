package orrery.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import orrery.data.Columns;
import orrery.data.ReadOptions.Role;
import orrery.data.Schema;

/** Makes features of rows by a schema. Confined to one thread. */
sealed interface RowFeatures {

    /** Gives the features of a row. */
    void of(Row row, Columns.Sink to);

    /** Whether rows of a data frame can be made features by this schema. */
    static boolean canBeOf(Schema schema) {
        return !schema.columns().isEmpty()
                && schema.columns().stream()
                        .noneMatch(column -> column.role() == Role.TEXT || column.role() == Role.GROUP);
    }

    /** What a column of a schema is looked at as to predict; null for those that are not looked at. */
    static Input.@Nullable As as(Schema schema, Schema.Column column) {
        return switch (column.role()) {
            case NUMERIC -> schema.isOfVectors() ? null : Input.As.NUMBER;
            case CATEGORICAL -> Input.As.CATEGORY;
            case IGNORE -> schema.isOfVectors() ? Input.As.VECTOR : null;
            case LABEL, WEIGHT, TEXT, GROUP -> null;
        };
    }

    /** The columns of a frame that a model looks at, in the schema's order. */
    static List<Input> inputs(Schema schema, StructType frame) {
        var inputs = new ArrayList<Input>();
        for (var column : schema.columns()) {
            var as = as(schema, column);
            if (as != null) {
                var input = Input.ofModel(frame, column.name(), as);
                if (input.entries() >= 0 && input.entries() != schema.features()) {
                    throw new IllegalArgumentException("the vectors '" + column.name() + "' have " + input.entries()
                            + " entries, the model was trained on " + schema.features());
                }
                inputs.add(input);
            }
        }
        return List.copyOf(inputs);
    }

    /** By column of the schema: its place in rows of {@link #inputs}; -1 for those that are not looked at. */
    static int[] places(Schema schema) {
        var places = new int[schema.columns().size()];
        int place = 0;
        for (int c = 0; c < places.length; c++) {
            places[c] = as(schema, schema.columns().get(c)) == null ? -1 : place++;
        }
        return places;
    }

    /** Of rows of all the schema's columns, in its order, as they are at training. */
    static RowFeatures ofAll(Schema schema) {
        return of(
                schema,
                IntStream.range(0, schema.columns().size())
                        .map(c -> as(schema, schema.columns().get(c)) == null ? -1 : c)
                        .toArray(),
                false);
    }

    /**
     * The features of rows.
     *
     * @param places by column of the schema, where a row has it; -1 for those that are not looked at
     * @param refusesMissing whether numbers that are null or NaN are an error; else the mean takes their place
     */
    static RowFeatures of(Schema schema, int[] places, boolean refusesMissing) {
        return schema.isOfVectors()
                ? new OfVectors(schema, places, refusesMissing)
                : new OfColumns(schema, places, refusesMissing);
    }

    /** The error that a missing or infinite number is, where it is one. */
    static IllegalArgumentException invalid(String what, @Nullable Object value) {
        return new IllegalArgumentException(what + " is " + value
                + " in a row; setHandleInvalid(\"skip\") leaves such rows out, \"keep\" puts the mean of the training data"
                + " in place of null and NaN");
    }

    /** Of columns that are a feature each. */
    final class OfColumns implements RowFeatures {
        private final Schema schema;
        private final int[] places;
        private final boolean[] isChecked;
        private final Columns columns;
        private final @Nullable Object[] values;

        private OfColumns(Schema schema, int[] places, boolean refusesMissing) {
            this.schema = schema;
            this.places = places;
            columns = new Columns(schema, false);
            values = new @Nullable Object[places.length];
            isChecked = new boolean[places.length];
            for (int c = 0; c < places.length; c++) {
                isChecked[c] = refusesMissing && schema.columns().get(c).role() == Role.NUMERIC;
            }
        }

        @Override
        public void of(Row row, Columns.Sink to) {
            for (int c = 0; c < values.length; c++) {
                @Nullable Object value = places[c] < 0 ? null : row.get(places[c]);
                if (isChecked[c] && (value == null || !Double.isFinite(((Number) value).doubleValue()))) {
                    throw invalid("column '" + schema.columns().get(c).name() + "'", value);
                }
                values[c] = value;
            }
            columns.features(values, to);
        }
    }

    /** Of one column of vectors, some of whose entries may be counted from an origin. */
    final class OfVectors implements RowFeatures {
        private final String name;
        private final int place;
        private final int features;
        private final boolean refusesMissing;
        private final Schema.@Nullable Column[] known; // by feature: how it is counted, and what stands for it
        private final int[] far; // features that are counted from an origin
        private final boolean[] isThere; // of all features, in the row under way; where some are far

        private OfVectors(Schema schema, int[] places, boolean refusesMissing) {
            this.refusesMissing = refusesMissing;
            features = schema.features();
            var columns = schema.columns();
            int vectors = IntStream.range(0, places.length)
                    .filter(c -> columns.get(c).role() == Role.IGNORE)
                    .findFirst()
                    .orElseThrow();
            name = columns.get(vectors).name();
            place = places[vectors];
            var numbered = columns.stream()
                    .filter(column -> column.role() == Role.NUMERIC)
                    .toList();
            known = new Schema.@Nullable Column[numbered.isEmpty() ? 0 : features];
            numbered.forEach(column -> known[Integer.parseInt(column.name())] = column);
            far = numbered.stream()
                    .filter(column -> column.origin() != 0)
                    .mapToInt(column -> Integer.parseInt(column.name()))
                    .toArray();
            isThere = new boolean[far.length == 0 ? 0 : features];
        }

        @Override
        public void of(Row row, Columns.Sink to) {
            @Nullable Object vector = row.get(place);
            if (vector == null) {
                if (refusesMissing) {
                    throw invalid("the vector '" + name + "'", null);
                }
                for (int f = 0; f < known.length; f++) {
                    missing(f, to);
                }
                return;
            }
            if (Entries.size(vector) != features) {
                throw new IllegalArgumentException("the vector '" + name + "' has " + Entries.size(vector)
                        + " entries in a row, the model was trained on " + features);
            }
            boolean notesFar = far.length > 0 && vector instanceof SparseVector;
            Entries.of(vector, (f, value) -> {
                if (notesFar) {
                    isThere[f] = true;
                }
                feature(f, value, to);
            });
            if (notesFar) {
                for (int f : far) {
                    if (!isThere[f]) {
                        feature(f, 0, to);
                    }
                }
                Arrays.fill(isThere, false);
            }
        }

        private void feature(int f, double value, Columns.Sink to) {
            var column = known.length == 0 ? null : known[f];
            if (Double.isNaN(value) && !refusesMissing) {
                missing(f, to);
                return;
            }
            float feature = column == null ? (float) value : column.value(value);
            if (!(Math.abs(feature) <= Float.MAX_VALUE)) {
                throw invalid("entry " + f + " of the vector '" + name + "'", value);
            }
            if (feature != 0) {
                to.feature(f, feature);
            }
        }

        private void missing(int f, Columns.Sink to) {
            var column = known.length == 0 ? null : known[f];
            if (column != null && column.imputed() != 0) {
                to.feature(f, column.imputed());
            }
        }
    }
}
