package orrery.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** The columns that predictions add to a frame, by the names that parameters give them; none for an empty name. */
final class Outputs {
    private final List<StructField> fields = new ArrayList<>();

    Outputs with(String name, DataType type) {
        return with(name, type, Metadata.empty());
    }

    Outputs with(String name, DataType type, Metadata metadata) {
        if (!name.isEmpty()) {
            fields.add(new StructField(name, type, true, metadata));
        }
        return this;
    }

    /**
     * A frame's schema with these columns.
     *
     * @throws IllegalArgumentException if the frame has one of them already
     */
    StructType addedTo(StructType frame) {
        var all = new ArrayList<>(Arrays.asList(frame.fields()));
        for (var field : fields) {
            for (var known : all) {
                if (Input.isSame(known.name(), field.name())) {
                    throw new IllegalArgumentException("the data frame has a column '" + known.name()
                            + "' already; choose another name by setPredictionCol and its like, or drop the column");
                }
            }
            all.add(field);
        }
        return new StructType(all.toArray(StructField[]::new));
    }
}
