package orrery.bench.keyed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.engine.train.ModelRows;
import orrery.learn.cluster.ClusterModel;
import orrery.learn.factor.FactorModel;
import orrery.learn.linear.LinearModel;
import orrery.store.Json;
import orrery.table.Node;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench keyed}. */
@Command(
        name = "keyed",
        mixinStandardHelpOptions = true,
        description =
                "Models by key, as whole commands: larger than a process, with 20 million 64-bit keys, with weights"
                        + " that are made late or dropped, and against weights side by side where these fit. 20 minutes.")
public final class KeyedBench implements Callable<Integer> {
    private static final int HEAP_MIB = 256;
    private static final long BYTES_OF_WEIGHT = 2 * Float.BYTES; // with AdaGrad's state
    private static final int KEYS = 20_000_000;

    @Parameters(
            arity = "0..*",
            paramLabel = "DATA",
            description = "Data to compare layouts on, with what orrery train needs to read it, such as"
                    + " \"lr a9a.svm\" or \"lr reviews.tsv --label 1\".")
    List<String> data = List.of();

    @Option(
            names = "--only",
            paramLabel = "REGEX",
            description = "Only the parts whose name matches: capacity 1.2,"
                    + " capacity 2.4, factors, clusters, keys, make, cost.")
    String only = ".*";

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs of cost (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private final String orrery = Path.of(System.getProperty("orrery.root", "."), "orrery")
            .toAbsolutePath()
            .toString();

    @Override
    public Integer call() throws Exception {
        var folder = Files.createTempDirectory("orrery-keyed");
        try (var report = Report.of(spec, json)) {
            if ("capacity 1.2".matches(only)) {
                capacity(report, folder.resolve("a"), 1.2, 2, 3);
            }
            if ("capacity 2.4".matches(only)) {
                capacity(report, folder.resolve("b"), 2.4, 4, 6);
            }
            if ("factors".matches(only)) {
                factors(report, folder.resolve("f"));
            }
            if ("clusters".matches(only)) {
                clusters(report, folder.resolve("g"));
            }
            if ("keys".matches(only)) {
                keys(report, folder.resolve("c"));
            }
            if ("make".matches(only)) {
                make(report, folder.resolve("d"));
            }
            if ("cost".matches(only)) {
                for (var each : data) {
                    cost(report, folder.resolve("e"), each);
                }
            }
        } finally {
            try (var all = Files.walk(folder)) {
                for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        return 0;
    }

    // Larger than a process

    private void capacity(Report report, Path folder, double heaps, int members, int other) throws Exception {
        long features = (long) (heaps * (HEAP_MIB << 20) / BYTES_OF_WEIGHT);
        var data = Zipf.folder(folder.resolve("train"), 12, 120_000, features, 1);
        var test = Zipf.folder(folder.resolve("test"), 1, 10_000, features, 2).resolve("part-0.svm");
        var train = List.of("train", "lr", data.toString(), "--stream", "--passes", "3", "--workers", "12");
        String what = String.format(
                Locale.ROOT,
                "lr, %,d features, weights and state %d MiB",
                features,
                (features * BYTES_OF_WEIGHT) >> 20);
        larger(report, folder, what, heaps, train, test, "logLoss", members, other, KeyedBench::sumOfWeights);
    }

    /** Few users and many items, so that most of the rows are items'. */
    private void factors(Report report, Path folder) throws Exception {
        Files.createDirectories(folder);
        int rank = 1000;
        int users = 400;
        int items = (int) (1.2 * (HEAP_MIB << 20) / Float.BYTES / (rank + 2)) - users; // with a row's AdaGrad
        var ratings = folder.resolve("ratings.csv");
        var test = folder.resolve("ratings-test.csv");
        Zipf.ratings(ratings, users, items, 200_000, 1);
        Zipf.ratings(test, users, items, 20_000, 2);
        var train = List.of(
                "train",
                "mf",
                ratings.toString(),
                "--rank",
                "" + rank,
                "--passes",
                "6",
                "--rate",
                "0.05",
                "--workers",
                "4");
        String what = String.format(Locale.ROOT, "mf, rank %d, %,d users and %,d items, 307 MiB", rank, users, items);
        larger(report, folder, what, 1.2, train, test, "rmse", 2, 3, KeyedBench::sumOfFactors);
    }

    private void clusters(Report report, Path folder) throws Exception {
        int features = 20_000;
        int clusters = (int) (1.2 * (HEAP_MIB << 20) / Float.BYTES / features);
        var data = Zipf.folder(folder.resolve("train"), 1, 6_000, features, 1).resolve("part-0.svm");
        var test = Zipf.folder(folder.resolve("test"), 1, 2_000, features, 2).resolve("part-0.svm");
        var train = List.of(
                "train",
                "kmeans",
                data.toString(),
                "--clusters",
                "" + clusters,
                "--iterations",
                "7",
                "--tolerance",
                "0",
                "--workers",
                "3");
        String what = String.format(Locale.ROOT, "kmeans, %,d clusters of %,d features, 307 MiB", clusters, features);
        larger(report, folder, what, 1.2, train, test, "inertia", 2, 3, KeyedBench::sumOfClusters);
    }

    /** A sum of a model in a run's folder. */
    @FunctionalInterface
    private interface Sum {
        String of(Path run) throws IOException;
    }

    /** Trains, stops and resumes elsewhere, measures and predicts where no process has room for all; then where one has. */
    private void larger(
            Report report,
            Path folder,
            String what,
            double heaps,
            List<String> train,
            Path test,
            String metric,
            int members,
            int other,
            Sum sum)
            throws Exception {
        var keyed = with(train, "--layout", "keyed", "--json");
        String small = "-Xmx" + HEAP_MIB + "m";
        var whole = folder.resolve("whole");
        var shared = run(small, folder, with(keyed, "--processes", "" + members, "--run", whole.toString()));
        var stopped = folder.resolve("stopped");
        stop(small, folder, with(keyed, "--processes", "" + members, "--run", stopped.toString()), stopped);
        run(small, folder, List.of("train", "--resume", stopped.toString(), "--processes", "" + other, "--json"));
        var alone = folder.resolve("alone");
        var one = run("-Xmx3g", folder, with(keyed, "--run", alone.toString()));
        String due = sum.of(alone);
        boolean isSame = sum.of(whole).equals(due) && sum.of(stopped).equals(due);
        var measured = run(small, folder, List.of("evaluate", whole.toString(), test.toString(), "--json"));
        var measuredAlone = run("-Xmx3g", folder, List.of("evaluate", alone.toString(), test.toString(), "--json"));
        long lines = lines(small, folder, List.of("predict", whole.toString(), test.toString()));
        double is = metric(measured, "test", metric);
        report.row(
                String.format(
                        Locale.ROOT,
                        "%s, on %d processes of %d MiB, then stopped and resumed on %d: %s one process computes; test %s %.4f"
                                + " (%.4f), %,d predictions; CPU %.1f s against %.1f",
                        what,
                        members,
                        HEAP_MIB,
                        other,
                        isSame ? "the bits that" : "NOT the bits that",
                        metric,
                        is,
                        metric(measuredAlone, "test", metric),
                        lines,
                        number(shared, "cpuSeconds"),
                        number(one, "cpuSeconds")),
                "name",
                "capacity",
                "model",
                train.get(1),
                "heaps",
                heaps,
                "members",
                members,
                "equalBits",
                isSame,
                metric,
                is,
                "predictions",
                lines,
                "cpuSeconds",
                number(shared, "cpuSeconds"),
                "cpuSecondsOfOne",
                number(one, "cpuSeconds"));
    }

    /** A sum of all weights and their features. */
    private static String sumOfWeights(Path run) throws IOException {
        var model = LinearModel.load(run.resolve("model.safetensors"));
        var crc = new CRC32C();
        var bytes = ByteBuffer.allocate(Long.BYTES + Float.BYTES);
        model.forEachWeight((feature, row) -> {
            bytes.clear().putLong(feature).putFloat(row[0]).flip();
            crc.update(bytes);
        });
        return crc.getValue() + " " + model.intercept(0);
    }

    private static String sumOfFactors(Path run) throws IOException {
        var model = FactorModel.load(run.resolve("model.safetensors"));
        return sum(model.userFactors(), model.rank() + 1) + " " + sum(model.itemFactors(), model.rank() + 1);
    }

    private static String sumOfClusters(Path run) throws IOException {
        var model = ClusterModel.load(run.resolve("model.safetensors"));
        return String.valueOf(sum(model.centres(), model.features()));
    }

    private static long sum(ModelRows rows, int width) {
        var crc = new CRC32C();
        var row = new float[width];
        var bytes = ByteBuffer.allocate(width * Float.BYTES);
        for (int number = 0; number < rows.count(); number++) {
            rows.row(number, row);
            bytes.clear().asFloatBuffer().put(row);
            crc.update(bytes);
        }
        return crc.getValue();
    }

    // 64-bit keys

    private void keys(Report report, Path folder) throws Exception {
        Files.createDirectories(folder);
        double bytes = bytesPerKey();
        var numbered = folder.resolve("numbered.svm");
        var keyed = folder.resolve("keyed.svm");
        Zipf.twice(numbered, keyed, KEYS / 20, 100_000, 1);
        var numberedTest = folder.resolve("numbered-test.svm");
        var keyedTest = folder.resolve("keyed-test.svm");
        Zipf.twice(numberedTest, keyedTest, 50_000, 100_000 + KEYS, 2);
        var common = List.of("train", "lr", "--stream", "--passes", "2", "--workers", "2", "--json", "--quiet");
        var byKey = run(
                "-Xmx1g",
                folder,
                with(
                        common,
                        keyed.toString(),
                        "--test",
                        keyedTest.toString(),
                        "--hash-bits",
                        "64",
                        "--processes",
                        "2",
                        "--run",
                        folder.resolve("keyed").toString()));
        var dense = run(
                "-Xmx6g",
                folder,
                with(
                        common,
                        numbered.toString(),
                        "--test",
                        numberedTest.toString(),
                        "--layout",
                        "dense",
                        "--run",
                        folder.resolve("dense").toString()));
        double touched = 2.0 * 40 * KEYS / 20; // accesses in all passes
        double perSecond = touched / trained(byKey);
        report.row(
                String.format(
                        Locale.ROOT,
                        "%,d distinct 64-bit keys: %.1f bytes a key with AdaGrad's state; lr on 2 processes of 1 GiB: test log-loss"
                                + " %.4f, of a dense model of the same features %.4f; %,.0f keys a CPU second of training (dense"
                                + " %,.0f)",
                        KEYS,
                        bytes,
                        metric(byKey, "test", "logLoss"),
                        metric(dense, "test", "logLoss"),
                        perSecond,
                        touched / trained(dense)),
                "name",
                "keys",
                "bytesPerKey",
                bytes,
                "logLoss",
                metric(byKey, "test", "logLoss"),
                "logLossDense",
                metric(dense, "test", "logLoss"),
                "keysPerCpuSecond",
                perSecond);
    }

    /** What a key takes of the heap, its index and AdaGrad's state among it: live, after collections. */
    private static double bytesPerKey() {
        long before = live();
        var node = new Node();
        var table = node.create(TableSpec.sparse("w", 1).with(new UpdateRule.AdaGrad(0.1f)));
        node.begin(1, 0, Duration.ofMinutes(5));
        var session = node.session(0);
        var some = new long[100_000];
        var values = new float[some.length];
        Arrays.fill(values, 1);
        for (int from = 0; from < KEYS; from += some.length) {
            for (int i = 0; i < some.length; i++) {
                some[i] = Zipf.key(from + i + 1L);
            }
            session.add(table, some, values);
            session.tick();
        }
        session.finish();
        return (live() - before) / (double) node.residentRows(table);
    }

    private static long live() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        var runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    // Weights that are made late, or dropped

    private void make(Report report, Path folder) throws Exception {
        Files.createDirectories(folder);
        var train = folder.resolve("clicks.csv");
        var test = folder.resolve("clicks-test.csv");
        Zipf.clicks(train, 200_000, 24, 1);
        Zipf.clicks(test, 50_000, 24, 2);
        var settings = List.of(
                "",
                "--make-after 2",
                "--make-after 3",
                "--make-after 5",
                "--make-share 0.5",
                "--make-share 0.1",
                "--drop-unused 500",
                "--make-after 3 --drop-unused 500",
                "--rule ftrl --l1 0.01",
                "--rule ftrl --l1 0.01 --make-share 0.1");
        for (var setting : settings) {
            var run = folder.resolve("run" + settings.indexOf(setting));
            var command = with(
                    List.of("train", "lr", train.toString(), "--label", "click", "--test", test.toString()),
                    "--hash-bits",
                    "64",
                    "--passes",
                    "1",
                    "--workers",
                    "2",
                    "--json",
                    "--run",
                    run.toString());
            command = setting.isEmpty() ? command : with(command, setting.split(" "));
            var result = run("-Xmx2g", folder, command);
            var rows = new AtomicLong();
            var used = new AtomicLong();
            LinearModel.load(run.resolve("model.safetensors")).forEachWeight((feature, row) -> {
                rows.incrementAndGet();
                used.addAndGet(row[0] == 0 ? 0 : 1);
            });
            report.row(
                    String.format(
                            Locale.ROOT,
                            "clicks, %-32s %,9d weights, %,9d of them not 0; test log-loss %.4f; %s updates made none, %s dropped",
                            setting.isEmpty() ? "all are made" : setting,
                            rows.get(),
                            used.get(),
                            metric(result, "test", "logLoss"),
                            result.getOrDefault(Node.ROWS_NOT_MADE, 0),
                            result.getOrDefault(Node.ROWS_DROPPED, 0)),
                    "name",
                    "make",
                    "setting",
                    setting,
                    "weights",
                    rows.get(),
                    "notZero",
                    used.get(),
                    "logLoss",
                    metric(result, "test", "logLoss"));
        }
    }

    // Where all would fit

    private void cost(Report report, Path folder, String of) throws Exception {
        Files.createDirectories(folder);
        var layouts = List.of("dense", "keyed", "sparse", "auto");
        var cpu = new LinkedHashMap<String, List<Double>>();
        var bytes = new LinkedHashMap<String, Double>();
        for (int r = 0; r < runs; r++) {
            for (var layout : layouts) {
                var command = with(List.of("train"), of.split(" "));
                command = with(command, "--processes", "2", "--workers", "2", "--json", "--layout", layout);
                command = with(
                        command,
                        "--run",
                        folder.resolve(layout + r + of.hashCode()).toString());
                var result = run("", folder, command);
                cpu.computeIfAbsent(layout, l -> new ArrayList<>()).add(trained(result));
                bytes.put(layout, number(result, "bytesPerClock"));
            }
        }
        double dense = Figure.median(cpu.getOrDefault("dense", List.of()));
        for (var layout : layouts) {
            double ours = Figure.median(cpu.getOrDefault(layout, List.of()));
            report.row(
                    String.format(
                            Locale.ROOT,
                            "%s, 2 processes: %-6s %.2f CPU-s of training (%.2f of dense), %,.0f bytes a clock",
                            of,
                            layout,
                            ours,
                            ours / dense,
                            bytes.getOrDefault(layout, 0.0)),
                    "name",
                    "cost",
                    "data",
                    of,
                    "layout",
                    layout,
                    "cpuSeconds",
                    ours,
                    "ofDense",
                    ours / dense,
                    "bytesPerClock",
                    bytes.getOrDefault(layout, 0.0));
        }
    }

    // Commands

    private static List<String> with(List<String> command, String... more) {
        var all = new ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }

    private ProcessBuilder command(String flags, Path folder, List<String> arguments) {
        var all = new ArrayList<String>();
        all.add(orrery);
        all.addAll(arguments);
        var builder = new ProcessBuilder(all).directory(folder.toFile());
        builder.environment().put("ORRERY_JAVA_OPTS", flags);
        return builder;
    }

    /** Runs a command to its end; what it prints is JSON. */
    private Map<String, Object> run(String flags, Path folder, List<String> arguments) throws Exception {
        return Json.object(output(flags, folder, arguments), String.join(" ", arguments));
    }

    private long lines(String flags, Path folder, List<String> arguments) throws Exception {
        return output(flags, folder, arguments).lines().count();
    }

    private String output(String flags, Path folder, List<String> arguments) throws Exception {
        var said = Files.createTempFile(folder, "said", ".txt");
        var process =
                command(flags, folder, arguments).redirectError(said.toFile()).start();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", arguments) + ": " + Files.readString(said));
        }
        return text;
    }

    /** Runs a command until it has its first checkpoint, and has it stop at the next cut. */
    private void stop(String flags, Path folder, List<String> arguments, Path run) throws Exception {
        var process = command(flags, folder, arguments)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("stopped.txt").toFile())
                .start();
        while (process.isAlive() && !hasCheckpoint(run)) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        process.destroy();
        process.waitFor();
        if (Files.exists(run.resolve("result.json"))) {
            throw new IOException("the run was over before it could be stopped");
        }
    }

    private static boolean hasCheckpoint(Path run) throws IOException {
        var checkpoints = run.resolve("checkpoints");
        if (!Files.isDirectory(checkpoints)) {
            return false;
        }
        try (var all = Files.list(checkpoints)) {
            return all.anyMatch(folder -> Files.exists(folder.resolve("MANIFEST.json")));
        }
    }

    private static double number(Map<String, Object> result, String name) {
        return result.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    private static double metric(Map<String, Object> result, String of, String name) {
        return result.get(of) instanceof Map<?, ?> metrics && metrics.get(name) instanceof Number number
                ? number.doubleValue()
                : Double.NaN;
    }

    /** CPU seconds of training, of all processes. */
    private static double trained(Map<String, Object> result) {
        return result.get("phases") instanceof Map<?, ?> phases
                        && phases.get("train") instanceof Map<?, ?> train
                        && train.get("cpuSeconds") instanceof Number number
                ? number.doubleValue()
                : Double.NaN;
    }
}
