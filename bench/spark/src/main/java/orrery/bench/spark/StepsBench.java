package orrery.bench.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.engine.event.RunEvent;
import orrery.spark.Cluster;
import orrery.spark.LinearEstimator;
import orrery.spark.LinearFrameModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench spark steps}. */
@Command(
        name = "steps",
        mixinStandardHelpOptions = true,
        description =
                "Logistic regression on flights by tau local steps, on two executors of a standalone cluster: bytes and"
                        + " seconds per pass, and the loss, averaged through the shards and through the driver (treeAggregate).")
final class StepsBench implements Callable<Integer> {
    @Option(names = "--part", paramLabel = "X", description = "Of 3,000,000 flights (default: ${DEFAULT-VALUE}).")
    double part = 0.1;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Examples per step and worker (default: ${DEFAULT-VALUE}).")
    int batch = 256;

    @Option(names = "--passes", paramLabel = "N", description = "Over the flights (default: ${DEFAULT-VALUE}).")
    int passes = 3;

    @Option(names = "--rate", paramLabel = "X", description = "AdaGrad's (default: ${DEFAULT-VALUE}).")
    double rate = 0.1;

    @Option(names = "--taus", paramLabel = "N", split = ",", description = "Steps between averages (default: 1,10,50).")
    List<Integer> taus = List.of(1, 10, 50);

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /**
     * What a pass takes.
     *
     * @param bytes over the loopback interface, all of them
     * @param loss held out, after all passes
     */
    record Pass(double seconds, double bytes, double loss) {}

    @Override
    public Integer call() throws Exception {
        Path home = Files.createTempDirectory("orrery-steps");
        try (var report = Report.of(spec, json);
                var cluster = new Cluster(home, 2);
                var spark = cluster.settings(false)
                        .config("spark.jars", System.getProperty("orrery.shaded") + "," + ownJar())
                        .config("spark.executor.memory", "1g")
                        .getOrCreate()) {
            var split = FlightRows.of(spark, part).randomSplit(new double[] {5, 1}, 1);
            var train = split[0].repartition(2).persist(StorageLevel.MEMORY_ONLY());
            var test = split[1].repartition(2).persist(StorageLevel.MEMORY_ONLY());
            report.say(String.format(
                    Locale.ROOT, "%,d flights to train on, %,d to test; 2 executors", train.count(), test.count()));
            ours(taus.getLast(), train, test); // the compiler's
            report.say(
                    "tau   through the shards: s/pass   MB/pass  loss    through the driver: s/pass   MB/pass  loss");
            var figures = new ArrayList<Figure>();
            try (var peer = new DriverAveraging(train, batch, (float) rate)) {
                for (int tau : taus) {
                    var ours = ours(tau, train, test);
                    var driver = peer.train(tau, passes, test);
                    report.row(
                            String.format(
                                    Locale.ROOT,
                                    "%3d   %28.2f  %8.2f  %.6f  %27.2f  %8.2f  %.6f",
                                    tau,
                                    ours.seconds(),
                                    ours.bytes() / 1e6,
                                    ours.loss(),
                                    driver.seconds(),
                                    driver.bytes() / 1e6,
                                    driver.loss()),
                            "name",
                            "local steps",
                            "tau",
                            tau,
                            "loss",
                            ours.loss(),
                            "lossThroughDriver",
                            driver.loss());
                    figures.add(figure("tau " + tau + ": seconds a pass", "s", ours.seconds(), driver.seconds()));
                    figures.add(figure("tau " + tau + ": MB a pass", "MB", ours.bytes() / 1e6, driver.bytes() / 1e6));
                }
            }
            report.figures(figures);
        }
        return 0;
    }

    private static Figure figure(String name, String unit, double ours, double peer) {
        return Figure.less(
                name,
                unit,
                ours,
                peer,
                "treeAggregate",
                1,
                "bytes of the loopback interface between the cuts after the first pass and the last, TCP's and Spark's own"
                        + " included; the driver's averaging is measured over 150 rounds where there are more");
    }

    /** The jar of these benchmarks, for executors. */
    static String ownJar() throws Exception {
        return Path.of(StepsBench.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
    }

    private Pass ours(int tau, Dataset<Row> train, Dataset<Row> test) throws Exception {
        var times = new ArrayList<Long>();
        var bytes = new ArrayList<Long>();
        var model = LinearEstimator.logisticRegression()
                .setConsistency("local:" + tau)
                .setPasses(passes)
                .setBatchSize(batch)
                .setStandardization(false) // as the driver that averages
                .setRate(rate)
                .setRepartition(false)
                .setWorkers(2)
                .setListener(event -> {
                    if (event instanceof RunEvent.CutReached) {
                        times.add(System.nanoTime());
                        bytes.add(Loopback.bytes());
                    }
                })
                .fit(train);
        int spans = times.size() - 1;
        return new Pass(
                (times.getLast() - times.getFirst()) / 1e9 / spans,
                (bytes.getLast() - bytes.getFirst()) / (double) spans,
                loss(model, test));
    }

    private static double loss(LinearFrameModel model, Dataset<Row> test) {
        return LogisticBench.loss(model, test);
    }
}
