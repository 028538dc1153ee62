package orrery.bench.defaults;

import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Parameter;
import de.bwaldvogel.liblinear.SolverType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import orrery.bench.Cpu;
import orrery.bench.Liblinear;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.data.ReadOptions.Role;
import orrery.engine.stage.Run;
import orrery.learn.linear.LeastSquares;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.SoftmaxRegression;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench defaults}. */
@Command(
        name = "defaults",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Training without a flag but the data and the label, against the best of liblinear (-s 0, 7, 1; C 0.1, 1, 10)"
                    + " and least squares on the same features.",
            "SET is generated:NAME, or NAME=TRAIN[,TEST][:LABEL[:IGNORE:TEXT]]; a fifth is held out where no TEST is given."
        })
public final class DefaultsBench implements Callable<Integer> {
    private static final List<SolverType> SOLVERS =
            List.of(SolverType.L2R_LR, SolverType.L2R_LR_DUAL, SolverType.L2R_L2LOSS_SVC_DUAL);
    private static final double[] COSTS = {0.1, 1, 10};
    private static final double OF_SQUARES = 0.02; // allowed over the error of least squares
    private static final double OF_ACCURACY = 0.005;

    @Parameters(
            arity = "0..*",
            paramLabel = "SET",
            description = "Sets (default: jdk-verbs and all that are generated).")
    List<String> sets = List.of();

    @Option(
            names = "--limit",
            paramLabel = "SECONDS",
            description = "liblinear's settings are tried for so long a set (default: ${DEFAULT-VALUE}).")
    double limit = 120;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /**
     * What a set shows.
     *
     * @param ours accuracy, or the root of the mean squared error
     * @param best the peer's
     * @param allowed how far ours may be behind: in accuracy, or as a part of the error
     */
    private record Row(
            String name,
            long train,
            long test,
            boolean isNumbers,
            double ours,
            double best,
            String by,
            double allowed,
            double seconds,
            double baseline) {
        double behind() {
            return isNumbers ? ours / best - 1 : best - ours;
        }

        boolean holds() {
            return behind() <= allowed;
        }

        Map<String, Object> toMap() {
            var map = new LinkedHashMap<String, Object>();
            map.put("name", name);
            map.put("train", train);
            map.put("test", test);
            map.put("metric", isNumbers ? "rmse" : "accuracy");
            map.put("ours", ours);
            map.put("peer", best);
            map.put("peerName", by);
            map.put("behind", behind());
            map.put("allowed", allowed);
            map.put("holds", holds());
            map.put("cpuSeconds", seconds);
            map.put("baseline", baseline);
            return map;
        }
    }

    @Override
    public Integer call() throws Exception {
        Linear.disableDebugOutput();
        var asked = sets;
        if (asked.isEmpty()) {
            asked = new ArrayList<>(List.of("jdk-verbs=jdk-verbs"));
            for (var name : Made.NAMES) {
                asked.add("generated:" + name);
            }
        }
        try (var report = Report.of(spec, json)) {
            report.say(String.format(
                    "%-16s %9s %9s %12s %12s %10s %9s %9s  %s",
                    "set", "train", "test", "ours", "peer", "behind", "allowed", "CPU s", "peer"));
            int within = 0;
            for (var set : asked) {
                var row = measure(set);
                tell(report, row);
                within += row.holds() ? 1 : 0;
            }
            report.say(within + " of " + asked.size() + " within what is allowed");
        }
        return 0;
    }

    private static void tell(Report report, Row row) {
        double scale = row.isNumbers() ? 1 : 100;
        report.row(
                String.format(
                        Locale.ROOT,
                        "%-16s %9d %9d %12.2f %12.2f %9.2f%% %8.2f%% %9.2f  %s%s",
                        row.name(),
                        row.train(),
                        row.test(),
                        scale * row.ours(),
                        scale * row.best(),
                        100 * row.behind(),
                        100 * row.allowed(),
                        row.seconds(),
                        row.by(),
                        row.holds() ? "" : "   SHORT"),
                row.toMap());
    }

    private Row measure(String set) throws Exception {
        if (set.startsWith("generated:")) {
            String name = set.substring(10);
            var folder = Files.createTempDirectory("orrery-defaults");
            var file = Made.write(name, folder);
            try {
                return measure(name, file.toString(), "", ReadOptions.defaults());
            } finally {
                Files.delete(file);
                Files.delete(folder);
            }
        }
        String name = set.substring(0, set.indexOf('='));
        var parts = set.substring(set.indexOf('=') + 1).split(":", -1);
        var files = parts[0].split(",", -1);
        var options = ReadOptions.defaults();
        if (parts.length > 1) {
            options = options.withRole(parts[1], Role.LABEL);
        }
        if (parts.length > 3) {
            options = options.withRole(parts[2], Role.IGNORE).withRole(parts[3], Role.TEXT);
        }
        return measure(name, files[0], files.length > 1 ? files[1] : "", options);
    }

    private Row measure(String name, String trainFile, String testFile, ReadOptions options) throws Exception {
        var data = Data.withDefaults();
        var all = data.read(trainFile, options);
        Examples train = all.examples();
        Examples test;
        if (testFile.isEmpty()) {
            var split = train.split(0.2, 1);
            train = split.train();
            test = split.test();
        } else {
            test = data.readLike(testFile, all.schema(), options, true).examples();
        }
        var loaded = new Loaded(train, all.schema());
        int classes = classes(train);
        return classes > 100 ? numbers(name, loaded, test) : classes(name, loaded, test, classes);
    }

    private static int classes(Examples examples) {
        var labels = new java.util.HashSet<Double>();
        for (long i = 0; i < examples.size(); i++) {
            labels.add(examples.label(i));
        }
        return labels.size();
    }

    private Row classes(String name, Loaded train, Examples test, int classes) throws IOException {
        var options = LinearOptions.defaults();
        long before = Cpu.nanos();
        var model = classes == 2
                ? new LogisticRegression(options).fit(train, Run.local(2))
                : new SoftmaxRegression(options).fit(train, Run.local(2));
        double seconds = (Cpu.nanos() - before) / 1e9;
        var metrics = model.score(test);
        double best = 0;
        String by = "";
        long start = System.nanoTime();
        int tried = 0;
        var problem = Liblinear.withIntercept(train.examples());
        for (double cost : COSTS) {
            for (var solver : SOLVERS) {
                if ((System.nanoTime() - start) / 1e9 > limit) {
                    continue;
                }
                tried++;
                var peer = Linear.train(problem, new Parameter(solver, cost, 0.01, 1000, 0.1));
                long right = 0;
                var cursor = test.cursor();
                for (long i = 0; i < test.size(); i++) {
                    cursor.move(i);
                    right += Linear.predict(peer, Liblinear.withIntercept(cursor, problem.n)) == cursor.label() ? 1 : 0;
                }
                double accuracy = right / (double) test.size();
                if (accuracy > best) {
                    best = accuracy;
                    by = "-s " + solver.getId() + " C " + cost;
                }
            }
        }
        by += tried < SOLVERS.size() * COSTS.length ? " (of " + tried + " settings)" : "";
        double error = 2 * Math.sqrt(best * (1 - best) / test.size());
        return new Row(
                name,
                train.examples().size(),
                test.size(),
                false,
                metrics.get("accuracy"),
                best,
                by,
                Math.max(OF_ACCURACY, error),
                seconds,
                metrics.get("baselineAccuracy"));
    }

    private static Row numbers(String name, Loaded train, Examples test) throws IOException {
        long before = Cpu.nanos();
        var model = new LeastSquares(LinearOptions.defaults()).fit(train, Run.local(2));
        double seconds = (Cpu.nanos() - before) / 1e9;
        var metrics = model.score(test);
        return new Row(
                name,
                train.examples().size(),
                test.size(),
                true,
                metrics.get("rmse"),
                Squares.fit(train.examples()).error(test),
                "least squares",
                OF_SQUARES,
                seconds,
                metrics.get("baselineRmse"));
    }
}
