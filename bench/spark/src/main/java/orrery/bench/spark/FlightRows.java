package orrery.bench.spark;

import java.io.FileNotFoundException;
import java.nio.file.Files;
import org.apache.spark.ml.feature.FeatureHasher;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import orrery.data.Cache;

/** Flights, late or not, with eleven hashed categories each as a vector: those of {@code orrery data get flights}. */
final class FlightRows {
    private FlightRows() {}

    /** Columns {@code label} and {@code features}, of 2^17 features, of a part of all flights. */
    static Dataset<Row> of(SparkSession spark, double part) throws FileNotFoundException {
        var file = Cache.defaultFolder().resolve("data").resolve("flights.parquet");
        if (!Files.exists(file)) {
            throw new FileNotFoundException("the flights are not here yet; fetch them with: orrery data get flights");
        }
        var date = functions.col("date");
        var origin = functions.col("origin");
        var destination = functions.col("destination");
        var hour = functions.hour(date).cast("string");
        var day = functions.dayofyear(date).cast("string");
        var columns = new Column[] {
            functions.when(functions.col("delay").gt(15), 1.0).otherwise(0.0).as("label"),
            hour.as("hour"),
            origin,
            destination,
            functions.dayofweek(date).cast("string").as("weekday"),
            functions
                    .floor(functions.col("distance").divide(100))
                    .cast("string")
                    .as("far"),
            functions.concat_ws("-", origin, destination).as("pair"),
            functions.concat_ws("-", origin, hour).as("originHour"),
            functions.concat_ws("-", destination, hour).as("destinationHour"),
            day.as("day"),
            functions.concat_ws("-", origin, day).as("originDay"),
            functions.concat_ws("-", destination, day).as("destinationDay")
        };
        var frame = spark.read().parquet(file.toString());
        var some = (part < 1 ? frame.sample(part, 1) : frame).select(columns);
        var inputs = new String[columns.length - 1];
        System.arraycopy(some.columns(), 1, inputs, 0, inputs.length);
        return new FeatureHasher()
                .setInputCols(inputs)
                .setOutputCol("features")
                .setNumFeatures(1 << 17)
                .transform(some)
                .select("label", "features");
    }
}
