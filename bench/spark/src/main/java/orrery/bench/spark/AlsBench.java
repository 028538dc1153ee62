package orrery.bench.spark;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.ml.recommendation.ALS;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.bench.factor.Generated;
import orrery.data.Ratings;
import orrery.spark.FactorEstimator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench spark als}. */
@Command(
        name = "als",
        mixinStandardHelpOptions = true,
        description =
                "Factorising generated ratings of the shape of Netflix': CPU seconds to the error of Spark's ALS.")
final class AlsBench implements Callable<Integer> {
    private static final int[] PASSES = {2, 3, 4, 5, 6, 8, 10, 12, 15, 20};

    @Option(names = "--ratings", paramLabel = "N", description = "So many (default: ${DEFAULT-VALUE}).")
    int count = 7_350_000;

    @Option(names = "--rank", paramLabel = "N", description = "Factors (default: ${DEFAULT-VALUE}).")
    int rank = 64;

    @Option(names = "--iterations", paramLabel = "N", split = ",", description = "Of ALS (default: 5,10).")
    List<Integer> iterations = List.of(5, 10);

    @Option(names = "--reg", paramLabel = "X", description = "ALS' regParam (default: ${DEFAULT-VALUE}).")
    double reg = 0.1;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 1;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private record Reached(List<Double> seconds, double rmse) {
        double cpu() {
            return Figure.median(seconds);
        }
    }

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json);
                var spark = LocalSpark.session()) {
            var split = Generated.netflix(48_019, 17_770, count, 1).ratings().split(0.05, 1);
            var train = frame(spark, split.train());
            var test = frame(spark, split.test());
            report.say(String.format(
                    Locale.ROOT,
                    "%,d ratings to train on, %,d to test, cached; rank %d",
                    train.count(),
                    test.count(),
                    rank));
            Map<Integer, Reached> als = new TreeMap<>();
            Map<Integer, Reached> ours = new TreeMap<>();
            for (int run = 0; run < runs; run++) {
                for (int n : iterations) {
                    reach(
                            als,
                            n,
                            test,
                            () -> new ALS()
                                    .setRank(rank)
                                    .setMaxIter(n)
                                    .setRegParam(reg)
                                    .setNumBlocks(2)
                                    .setSeed(1)
                                    .setIntermediateStorageLevel("MEMORY_ONLY")
                                    .fit(train));
                }
                for (int passes : PASSES) {
                    reach(
                            ours,
                            passes,
                            test,
                            () -> new FactorEstimator()
                                    .setRank(rank)
                                    .setPasses(passes)
                                    .setRate(0.04)
                                    .setDecay(0.9)
                                    .setRegParam(0.05)
                                    .setWorkers(2)
                                    .fit(train));
                }
            }
            als.forEach((n, r) -> tell(report, "ALS, %2d iterations:   %8.2f CPU s, test rmse %.4f", "ALS", n, r));
            ours.forEach((n, r) ->
                    tell(report, "FactorEstimator, %2d passes: %8.2f CPU s, test rmse %.4f", "FactorEstimator", n, r));
            var figures = new ArrayList<Figure>();
            als.forEach((n, r) -> ours.values().stream()
                    .filter(o -> o.rmse() <= r.rmse())
                    .min((a, b) -> Double.compare(a.cpu(), b.cpu()))
                    .ifPresent(o -> figures.add(Figure.less(
                            String.format(Locale.ROOT, "to rmse %.4f, ALS after %d iterations", r.rmse(), n),
                            "CPU s",
                            o.cpu(),
                            r.cpu(),
                            "MLlib 4.1.0's ALS",
                            runs,
                            "both from the same cached frame, in one JVM with two cores, numbering and dealing out"
                                    + " included; ALS has no biases"))));
            report.figures(figures);
        }
        return 0;
    }

    private static void tell(Report report, String format, String name, int passes, Reached reached) {
        report.row(
                String.format(Locale.ROOT, format, passes, reached.cpu(), reached.rmse()),
                "name",
                name,
                "passes",
                passes,
                "cpuSeconds",
                reached.cpu(),
                "testRmse",
                reached.rmse());
    }

    /** Fits something. */
    @FunctionalInterface
    private interface Fitting {
        Transformer fit();
    }

    private static void reach(Map<Integer, Reached> reached, int setting, Dataset<Row> test, Fitting fitting)
            throws Exception {
        var model = new Transformer[1];
        double seconds = Cpu.seconds(() -> model[0] = fitting.fit());
        reached.computeIfAbsent(setting, s -> new Reached(new ArrayList<>(), rmse(model[0].transform(test))))
                .seconds()
                .add(seconds);
    }

    private static double rmse(Dataset<Row> predicted) {
        return new RegressionEvaluator()
                .setLabelCol("rating")
                .setPredictionCol("prediction")
                .evaluate(predicted
                        .na()
                        .drop()
                        .withColumn("rating", functions.col("rating").cast("double")));
    }

    private static Dataset<Row> frame(SparkSession spark, Ratings ratings) throws IOException {
        var schema = new StructType()
                .add("user", DataTypes.IntegerType)
                .add("item", DataTypes.IntegerType)
                .add("rating", DataTypes.FloatType);
        var file = Files.createTempFile("ratings", ".csv");
        try (var out = new PrintWriter(Files.newBufferedWriter(file))) {
            for (int i = 0; i < ratings.size(); i++) {
                out.println(ratings.users()[i] + "," + ratings.items()[i] + "," + ratings.values()[i]);
            }
        }
        file.toFile().deleteOnExit();
        var frame =
                spark.read().schema(schema).csv(file.toString()).repartition(2).persist(StorageLevel.MEMORY_ONLY());
        frame.count();
        return frame;
    }
}
