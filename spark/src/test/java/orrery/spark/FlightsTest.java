package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import orrery.data.Cache;
import orrery.data.Columns;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.engine.stage.Run;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LogisticRegression;

/** Flights of half a year, late or not, by what is known of them before; skipped unless {@code orrery data get flights} was done. */
@Timeout(400)
final class FlightsTest {
    private static final String[] CATEGORIES = {
        "hour",
        "origin",
        "destination",
        "weekday",
        "far",
        "pair",
        "originHour",
        "destinationHour",
        "day",
        "originDay",
        "destinationDay"
    };

    @TempDir
    static Path home;

    private static final double PART = Double.parseDouble(System.getProperty("orrery.flights", "0.1"));

    private static Dataset<Row> frame(SparkSession spark, Path file) {
        var date = functions.col("date");
        var origin = functions.col("origin");
        var destination = functions.col("destination");
        return spark.read()
                .parquet(file.toString())
                .sample(PART, 1)
                .select(
                        functions
                                .when(functions.col("delay").gt(15), 1)
                                .otherwise(0)
                                .as("late"),
                        functions.hour(date).as("hour"),
                        origin,
                        destination,
                        functions.dayofweek(date).as("weekday"),
                        functions.floor(functions.col("distance").divide(100)).as("far"),
                        functions.concat_ws("-", origin, destination).as("pair"),
                        functions.concat_ws("-", origin, functions.hour(date)).as("originHour"),
                        functions
                                .concat_ws("-", destination, functions.hour(date))
                                .as("destinationHour"),
                        functions.dayofyear(date).as("day"),
                        functions
                                .concat_ws("-", origin, functions.dayofyear(date))
                                .as("originDay"),
                        functions
                                .concat_ws("-", destination, functions.dayofyear(date))
                                .as("destinationDay"));
    }

    private static Examples examples(Schema schema, Dataset<Row> frame) {
        var columns = new Columns(schema, true);
        var rows = frame.select(schema.columns().stream()
                        .map(column -> functions.col(column.name()))
                        .toArray(org.apache.spark.sql.Column[]::new))
                .toLocalIterator();
        var values = new @Nullable Object[schema.columns().size()];
        while (rows.hasNext()) {
            var row = rows.next();
            for (int c = 0; c < values.length; c++) {
                values[c] = row.get(c);
            }
            columns.add(values);
        }
        return columns.pack();
    }

    private static double auc(LinearModel model, Examples test) {
        return model.score(test).ordered().getOrDefault("auc", Double.NaN);
    }

    @Test
    void sparkLearnsWhatOneJvmLearns() throws Exception {
        var file = Cache.defaultFolder().resolve("data").resolve("flights.parquet");
        assumeTrue(Files.exists(file), "no flights");
        try (var cluster = new Cluster(home, 2);
                var spark = cluster.settings(false)
                        .config("spark.jars", System.getProperty("orrery.shaded"))
                        .config("spark.executor.memory", "1g")
                        .getOrCreate()) {
            var split = frame(spark, file).randomSplit(new double[] {5, 1}, 1);
            var train = split[0];
            var options = LinearOptions.defaults().withPasses(3).withBatch(256);
            train.count(); // executors are there, and warm
            long cpu = cpu();
            long ofExecutors = cpu(cluster);
            long start = System.nanoTime();
            var fitted = LinearEstimator.logisticRegression()
                    .setLabelCol("late")
                    .setCategoricalCols(CATEGORIES)
                    .setHashBits(20)
                    .setWorkers(2)
                    .setPasses(3)
                    .setBatchSize(256)
                    .fit(train)
                    .model();
            double seconds = (cpu() - cpu + cpu(cluster) - ofExecutors) / 1e9;
            double wall = (System.nanoTime() - start) / 1e9;
            var test = examples(fitted.schema(), split[1]);
            double onSpark = auc(fitted, test);
            var all = new Loaded(examples(fitted.schema(), train), fitted.schema());
            cpu = cpu();
            var alone = new LogisticRegression(options).fit(all, Run.local(2));
            double secondsAlone = (cpu() - cpu) / 1e9;
            double inOneJvm = auc(alone, test);
            System.out.printf(
                    Locale.ROOT,
                    "%,d flights: AUC on Spark's cluster %.4f (%.1f s, %.1f CPU-s of driver and executors, data and all), in one JVM %.4f (%.1f CPU-s of training); %s%n",
                    all.examples().size(),
                    onSpark,
                    wall,
                    seconds,
                    inOneJvm,
                    secondsAlone,
                    fitted.score(test).ordered());
            assertThat(onSpark).isCloseTo(inOneJvm, within(0.005));
            assertThat(List.of("0", "1")).isEqualTo(fitted.classes());
        }
    }

    private static long cpu(Cluster cluster) {
        return cluster.executors().stream()
                .mapToLong(executor -> executor.info()
                        .totalCpuDuration()
                        .orElse(java.time.Duration.ZERO)
                        .toNanos())
                .sum();
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
