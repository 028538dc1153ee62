package orrery.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Data frames to learn from. */
final class Frames {
    static final StructType SCHEMA = new StructType()
            .add("x", DataTypes.DoubleType)
            .add("n", DataTypes.IntegerType)
            .add("colour", DataTypes.StringType)
            .add("late", DataTypes.IntegerType);

    private Frames() {}

    /** An application of four slots in this JVM. */
    static SparkSession spark() {
        return spark("local[4]");
    }

    static SparkSession spark(String master) {
        return settings(master).getOrCreate();
    }

    static SparkSession.Builder settings(String master) {
        return SparkSession.builder()
                .master(master)
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", "4");
    }

    /** Whether late depends on all of x, n and colour, and on chance. */
    static List<Row> rows(int count, long seed) {
        var random = new SplittableRandom(seed);
        var colours = new String[] {"red", "green", "blue", "black"};
        var rows = new ArrayList<Row>();
        for (int i = 0; i < count; i++) {
            double x = 5 + 3 * random.nextGaussian();
            int n = random.nextInt(100);
            int colour = random.nextInt(colours.length);
            double margin = 0.7 * (x - 5) - 0.03 * (n - 50) + (colour - 1.5);
            int late = random.nextDouble() < 1 / (1 + Math.exp(-margin)) ? 1 : 0;
            rows.add(RowFactory.create(x, n, colours[colour], late));
        }
        return rows;
    }

    static Dataset<Row> frame(SparkSession spark, int count, long seed) {
        return spark.createDataFrame(rows(count, seed), SCHEMA);
    }

    /** The part of the rows whose prediction is what was. */
    static double accuracy(Dataset<Row> predicted) {
        long right = predicted.filter("prediction = late").count();
        return right / (double) predicted.count();
    }
}
