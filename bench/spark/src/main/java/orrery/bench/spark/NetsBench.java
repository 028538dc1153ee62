package orrery.bench.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.data.Schema;
import orrery.deep.net.Zoo;
import orrery.deep.train.Course;
import orrery.deep.train.LocalNet;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetOptions;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.spark.Cluster;
import orrery.spark.NetEstimator;
import orrery.table.spec.UpdateRule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench spark nets}. */
@Command(
        name = "nets",
        mixinStandardHelpOptions = true,
        description =
                "LeNet on mnist by tau local steps, on two executors of a standalone cluster: bytes and seconds a step,"
                        + " and the accuracy, averaged through the shards and through the driver (treeAggregate), as SparkNet does.")
final class NetsBench implements Callable<Integer> {
    @Option(names = "--examples", paramLabel = "N", description = "Of 60,000 digits (default: ${DEFAULT-VALUE}).")
    int examples = 12_800;

    @Option(names = "--passes", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    int passes = 3;

    @Option(
            names = "--taus",
            paramLabel = "N",
            split = ",",
            description = "Steps between averages (default: 1,5,10,50).")
    List<Integer> taus = List.of(1, 5, 10, 50);

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private static final int BATCH = 64;
    private static final int TEST = 6400;
    private static final float RATE = 0.01f;
    private static final float MOMENTUM = 0.9f;
    private static final float DECAY = 5e-4f;

    /**
     * What a step of both executors takes.
     *
     * @param bytes over the loopback interface, all of them
     * @param accuracy on digits that were held out
     */
    record Step(double seconds, double bytes, double accuracy) {}

    @Override
    public Integer call() throws Exception {
        Path home = Files.createTempDirectory("orrery-nets");
        var data = Data.withDefaults().read("mnist", ReadOptions.defaults());
        var held = Data.withDefaults().readLike("mnist-test", data.schema(), ReadOptions.defaults(), true);
        int features = Zoo.net("lenet").inputSize();
        var test = digits(held.examples(), TEST, features);
        try (var report = Report.of(spec, json);
                var cluster = new Cluster(home, 2);
                var spark = cluster.settings(false)
                        .config("spark.jars", System.getProperty("orrery.shaded") + "," + StepsBench.ownJar())
                        .config("spark.executor.memory", "1g")
                        .config("spark.executor.extraJavaOptions", "--add-modules=jdk.incubator.vector")
                        .getOrCreate()) {
            var train = frame(spark, digits(data.examples(), examples, features))
                    .repartition(2)
                    .persist(StorageLevel.MEMORY_ONLY());
            var tests = frame(spark, test).repartition(2).persist(StorageLevel.MEMORY_ONLY());
            report.say(String.format(Locale.ROOT, "%,d digits; 2 executors, nets in Java", train.count()));
            ours("local:" + taus.getLast(), 1, train, tests); // the compiler's
            double among = ours("bsp", passes, train, tests).accuracy();
            double alone = alone(digits(data.examples(), examples, features), test);
            report.row(
                    String.format(
                            Locale.ROOT,
                            "bsp, 2 workers, accuracy: %.4f on two executors, %.4f in one JVM",
                            among,
                            alone),
                    "name",
                    "accuracy under bsp",
                    "executors",
                    among,
                    "oneJvm",
                    alone);
            report.say(
                    "tau   through the shards: ms/step   MB/step  accuracy   through the driver: ms/step   MB/step  accuracy");
            var figures = new ArrayList<Figure>();
            var options = new NetOptions(
                    Zoo.net("lenet"),
                    1,
                    BATCH,
                    new UpdateRule.Momentum(RATE, MOMENTUM, 0),
                    new Course.Constant(),
                    DECAY);
            try (var peer = new DriverNets(train, options)) {
                for (int tau : taus) {
                    var ours = ours("local:" + tau, passes, train, tests);
                    var driver = peer.train(tau, passes * examples / BATCH / 2, test);
                    report.row(
                            String.format(
                                    Locale.ROOT,
                                    "%3d   %27.1f  %8.3f  %.4f  %29.1f  %8.3f  %.4f",
                                    tau,
                                    1e3 * ours.seconds(),
                                    ours.bytes() / 1e6,
                                    ours.accuracy(),
                                    1e3 * driver.seconds(),
                                    driver.bytes() / 1e6,
                                    driver.accuracy()),
                            "name",
                            "nets by local steps",
                            "tau",
                            tau,
                            "accuracy",
                            ours.accuracy(),
                            "accuracyThroughDriver",
                            driver.accuracy());
                    figures.add(figure("tau " + tau + ": seconds a step", "s", ours.seconds(), driver.seconds()));
                    figures.add(figure("tau " + tau + ": MB a step", "MB", ours.bytes() / 1e6, driver.bytes() / 1e6));
                }
            }
            report.figures(figures);
        }
        return 0;
    }

    /** The accuracy of the same training by two threads of this JVM. */
    private double alone(List<LocalNet.Example> train, List<LocalNet.Example> test) throws Exception {
        var options = new NetOptions(
                Zoo.net("lenet"),
                passes,
                BATCH,
                new UpdateRule.Momentum(RATE, MOMENTUM, 0),
                new Course.Constant(),
                DECAY);
        return new NetLearning(options)
                .prepare(loaded(train), Run.local(2))
                .run()
                .model()
                .score(loaded(test).examples())
                .getOrDefault("accuracy", Double.NaN);
    }

    private static Loaded loaded(List<LocalNet.Example> digits) {
        int features = digits.getFirst().numbers().length;
        var packer = new Examples.Packer();
        for (var digit : digits) {
            for (int i = 0; i < digit.numbers().length; i++) {
                packer.feature(i, digit.numbers()[i]);
            }
            packer.example(digit.label(), 1);
        }
        return new Loaded(packer.pack(features), Schema.ofVectors(List.of(), List.of(), features));
    }

    private static Figure figure(String name, String unit, double ours, double peer) {
        return Figure.less(
                name,
                unit,
                ours,
                peer,
                "treeAggregate",
                1,
                "bytes of the loopback interface between the ends of the first pass and of the last, TCP's and Spark's own included");
    }

    private static List<LocalNet.Example> digits(Examples from, int count, int features) {
        var cursor = from.cursor();
        var digits = new ArrayList<LocalNet.Example>();
        for (int n = 0; n < count; n++) {
            cursor.move(n);
            var numbers = new float[features];
            for (int k = cursor.from(); k < cursor.to(); k++) {
                numbers[cursor.indices()[k]] = cursor.values()[k];
            }
            digits.add(new LocalNet.Example(numbers, (int) cursor.label()));
        }
        return digits;
    }

    private static Dataset<Row> frame(SparkSession spark, List<LocalNet.Example> digits) {
        var rows = new ArrayList<Row>();
        for (var digit : digits) {
            var numbers = new double[digit.numbers().length];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = digit.numbers()[i];
            }
            rows.add(RowFactory.create((double) digit.label(), Vectors.dense(numbers)));
        }
        return spark.createDataFrame(
                rows, new StructType().add("label", DataTypes.DoubleType).add("features", SQLDataTypes.VectorType()));
    }

    private static Step ours(String consistency, int passes, Dataset<Row> train, Dataset<Row> test) throws Exception {
        var times = new ArrayList<Long>();
        var bytes = new ArrayList<Long>();
        var clocks = new ArrayList<Long>();
        var model = new NetEstimator()
                .setNet("lenet")
                .setConsistency(consistency)
                .setPasses(passes)
                .setBatchSize(BATCH)
                .setRate(RATE)
                .setMomentum(MOMENTUM)
                .setDecay(DECAY)
                .setSchedule("constant")
                .setRepartition(false)
                .setWorkers(2)
                .setListener(event -> {
                    if (event instanceof RunEvent.CutReached cut) {
                        times.add(System.nanoTime());
                        bytes.add(Loopback.bytes());
                        clocks.add(cut.clock());
                    }
                })
                .fit(train);
        double steps = Math.max(1, clocks.getLast() - clocks.getFirst());
        long right = model.transform(test).filter("prediction = label").count();
        return new Step(
                (times.getLast() - times.getFirst()) / 1e9 / steps,
                (bytes.getLast() - bytes.getFirst()) / steps,
                right / (double) test.count());
    }
}
