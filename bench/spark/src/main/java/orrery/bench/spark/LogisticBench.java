package orrery.bench.spark;

import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.evaluation.BinaryClassificationEvaluator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.storage.StorageLevel;
import org.jspecify.annotations.Nullable;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.spark.Cluster;
import orrery.spark.LinearEstimator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench spark lr}. */
@Command(
        name = "lr",
        mixinStandardHelpOptions = true,
        description = "Logistic regression on flights: CPU seconds to the log-loss that Spark MLlib comes to.")
final class LogisticBench implements Callable<Integer> {
    private static final int[] ITERATIONS = {5, 10, 20, 50, 100};
    private static final int[] PASSES = {1, 2, 3, 4, 6, 10};

    @Option(names = "--part", paramLabel = "X", description = "Of 3,000,000 flights (default: ${DEFAULT-VALUE}).")
    double part = 0.2;

    @Option(names = "--reg", paramLabel = "X", description = "MLlib's regParam (default: ${DEFAULT-VALUE}).")
    double reg = 0;

    @Option(names = "--raw", description = "MLlib without its standardisation.")
    boolean raw;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Examples per worker and clock (default: ${DEFAULT-VALUE}).")
    int batch = 1024;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Option(names = "--cluster", description = "On two executors of a standalone cluster, not in this JVM.")
    boolean onCluster;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** What a setting comes to: CPU seconds run by run, and losses, which are the same each time. */
    private record Reached(List<Double> seconds, double train, double test, double auc) {
        double cpu() {
            return Figure.median(seconds);
        }
    }

    /** Fits by one setting. */
    @FunctionalInterface
    private interface Fitting {
        Transformer fit(int setting, Dataset<Row> frame);
    }

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json);
                var cluster = onCluster ? new Cluster(Files.createTempDirectory("orrery-lr"), 2) : null;
                var spark = cluster == null ? LocalSpark.session() : application(cluster)) {
            executors = cluster;
            var split = FlightRows.of(spark, part).randomSplit(new double[] {5, 1}, 1);
            var train = split[0].repartition(2).persist(StorageLevel.MEMORY_ONLY());
            var test = split[1].repartition(2).persist(StorageLevel.MEMORY_ONLY());
            report.say(String.format(
                    Locale.ROOT,
                    "%,d flights to train on, %,d to test, cached as vectors",
                    train.count(),
                    test.count()));
            Map<Integer, Reached> mllib = new TreeMap<>();
            Map<Integer, Reached> ours = new TreeMap<>();
            for (int run = 0; run <= runs; run++) { // the first, on the least settings, is for the compiler
                for (int iterations : run == 0 ? new int[] {5} : ITERATIONS) {
                    reach(iterations, this::mllib, train, test, run == 0 ? new TreeMap<>() : mllib);
                }
                for (int passes : run == 0 ? new int[] {2} : PASSES) {
                    reach(passes, this::ours, train, test, run == 0 ? new TreeMap<>() : ours);
                }
            }
            tell(report, "MLlib's LogisticRegression, by iterations", mllib);
            tell(report, "LinearEstimator, by passes", ours);
            compare(report, mllib, ours);
        }
        return 0;
    }

    private Transformer mllib(int iterations, Dataset<Row> frame) {
        return new LogisticRegression()
                .setMaxIter(iterations)
                .setTol(1e-9)
                .setRegParam(reg)
                .setStandardization(!raw)
                .fit(frame);
    }

    private Transformer ours(int passes, Dataset<Row> frame) {
        return LinearEstimator.logisticRegression()
                .setPasses(passes)
                .setBatchSize(batch)
                .setStandardization(false)
                .setRate(0.1)
                .setRepartition(false)
                .setWorkers(2)
                .fit(frame);
    }

    private @Nullable Cluster executors;

    private static SparkSession application(Cluster cluster) {
        return cluster.settings(false)
                .config("spark.jars", System.getProperty("orrery.shaded"))
                .config("spark.executor.memory", "1g")
                .getOrCreate();
    }

    /** CPU seconds of the driver and of executors. */
    private double cpu() {
        var others = executors == null ? List.<ProcessHandle>of() : executors.executors();
        return Cpu.nanos() / 1e9
                + others.stream()
                                .mapToLong(executor -> executor.info()
                                        .totalCpuDuration()
                                        .orElse(Duration.ZERO)
                                        .toMillis())
                                .sum()
                        / 1e3;
    }

    private void reach(
            int setting, Fitting fitting, Dataset<Row> train, Dataset<Row> test, Map<Integer, Reached> reached)
            throws Exception {
        var model = new Transformer[1];
        double start = cpu();
        model[0] = fitting.fit(setting, train);
        double seconds = cpu() - start;
        var before = reached.get(setting);
        if (before != null) {
            before.seconds().add(seconds);
            return;
        }
        reached.put(
                setting,
                new Reached(
                        new ArrayList<>(List.of(seconds)),
                        loss(model[0], train),
                        loss(model[0], test),
                        auc(model[0], test)));
    }

    /** The mean of -log of what the model gives to what was. */
    static double loss(Transformer model, Dataset<Row> frame) {
        var probability = functions.element_at(
                org.apache.spark.ml.functions.vector_to_array(functions.col("probability"), "float64"),
                functions.col("label").cast("int").plus(1));
        return model.transform(frame)
                .select(functions.avg(functions
                        .log(functions.greatest(probability, functions.lit(1e-15)))
                        .multiply(-1)))
                .first()
                .getDouble(0);
    }

    private static double auc(Transformer model, Dataset<Row> frame) {
        return new BinaryClassificationEvaluator().evaluate(model.transform(frame));
    }

    private static void tell(Report report, String name, Map<Integer, Reached> reached) {
        report.say(name + ": CPU s, log-loss in training and held out, AUC held out");
        reached.forEach((setting, r) -> report.row(
                String.format(
                        Locale.ROOT, "%6d  %8.2f  %.4f  %.4f  %.4f", setting, r.cpu(), r.train(), r.test(), r.auc()),
                "name",
                name,
                "passes",
                setting,
                "cpuSeconds",
                r.cpu(),
                "trainLogLoss",
                r.train(),
                "testLogLoss",
                r.test(),
                "testAuc",
                r.auc()));
    }

    private void compare(Report report, Map<Integer, Reached> mllib, Map<Integer, Reached> ours) {
        var best = mllib.values().stream()
                .min((a, b) -> Double.compare(a.test(), b.test()))
                .orElseThrow();
        var longest = mllib.get(ITERATIONS[ITERATIONS.length - 1]);
        var figures = new ArrayList<Figure>();
        ours.values().stream()
                .filter(r -> r.test() <= best.test())
                .findFirst()
                .ifPresent(enough -> figures.add(figure("to MLlib's best log-loss held out", enough, best)));
        if (longest != null) {
            ours.values().stream()
                    .filter(r -> r.train() <= longest.train())
                    .findFirst()
                    .ifPresent(enough -> figures.add(
                            figure("to MLlib's log-loss in training after 100 iterations", enough, longest)));
        }
        report.figures(figures);
    }

    private Figure figure(String name, Reached ours, Reached peer) {
        return Figure.less(
                name,
                "CPU s",
                ours.cpu(),
                peer.cpu(),
                "MLlib 4.1.0, L-BFGS",
                runs,
                "both from the same cached vectors, "
                        + (executors == null
                                ? "in one JVM with two cores"
                                : "on two executors, the driver's CPU included")
                        + "; the rows stay where they are");
    }
}
