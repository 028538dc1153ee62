package orrery.spark;

import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import orrery.data.Nearest;

/**
 * What becomes of rows whose numbers are null, NaN or infinite, or whose vectors are null or have such entries; the meaning
 * of the parameter {@code handleInvalid}, as Spark ML has it.
 */
enum Invalid {
    /** They are an error. */
    ERROR,
    /** They are left out, at training and at prediction. */
    SKIP,
    /** The mean of the training data takes the place of null and NaN. Infinite numbers are an error. */
    KEEP;

    static final List<String> NAMES = List.of("error", "skip", "keep");

    static Invalid parse(String name) {
        int k = NAMES.indexOf(name);
        if (k < 0) {
            throw new IllegalArgumentException(
                    "handleInvalid must be error, skip or keep, got '" + name + "'" + Nearest.hint(name, NAMES));
        }
        return values()[k];
    }

    /** The rows of a frame that are not left out. */
    Dataset<Row> kept(Dataset<Row> frame, List<Input> inputs) {
        if (this != SKIP) {
            return frame;
        }
        var kept = frame;
        for (var input : inputs) {
            if (input.as() == Input.As.NUMBER || input.as() == Input.As.VECTOR) {
                kept = kept.filter(isValid(input, input.of(frame)));
            }
        }
        return kept;
    }

    private static Column isValid(Input input, Column values) {
        if (input.as() == Input.As.VECTOR) {
            return functions
                    .udf((UDF1<Object, Boolean>) Invalid::isFinite, DataTypes.BooleanType)
                    .apply(values);
        }
        return values.isNotNull()
                .and(functions.not(functions.isnan(values)))
                .and(functions.abs(values).lt(Double.POSITIVE_INFINITY));
    }

    private static boolean isFinite(@Nullable Object vector) {
        if (vector == null) {
            return false;
        }
        boolean[] isFinite = {true};
        Entries.of(vector, (feature, value) -> isFinite[0] &= Double.isFinite(value));
        return isFinite[0];
    }
}
