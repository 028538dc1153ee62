package orrery.bench.stages;

import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Model;
import de.bwaldvogel.liblinear.Parameter;
import de.bwaldvogel.liblinear.Problem;
import de.bwaldvogel.liblinear.SolverType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import orrery.bench.Cpu;
import orrery.bench.Crew;
import orrery.bench.Figure;
import orrery.bench.Liblinear;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Nearest;
import orrery.data.ReadOptions;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.SvrgOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench stages}. */
@Command(
        name = "stages",
        mixinStandardHelpOptions = true,
        description =
                "Stages with their own numbers of workers: SVRG against fixed numbers, against liblinear-java, how a"
                        + " model goes from stage to stage, what locks within a process cost.")
public final class StagesBench implements Callable<Integer> {
    private static final List<String> PARTS = List.of("svrg", "liblinear", "locks", "hand-over", "joint");
    private static final int[] FIXED = {1, 2, 4, 8, 16, 32};
    private static final int MOST = 32;
    private static final double L2 = 1e-5;
    private static final double C = 1; // of liblinear, whose objective has the penalty 1 / (C n)
    private static final double GAP = 0.01;
    private static final int WARM = 30; // runs that are not counted

    @Parameters(
            arity = "0..*",
            paramLabel = "FILE",
            description = "Two classes: libsvm, or TSV whose first column is the label and whose last is text.")
    List<String> files = List.of();

    @Option(
            names = "--part",
            paramLabel = "P",
            description = "svrg, liblinear, locks, hand-over or joint (default: all).")
    String part = "";

    @Option(names = "--runs", paramLabel = "N", description = "Runs of each (default: ${DEFAULT-VALUE}).")
    int runs = 5;

    @Option(
            names = "--nanos",
            paramLabel = "X",
            description = "Nanoseconds that an emulated core takes for a feature (default: ${DEFAULT-VALUE}).")
    double nanosPerTouch = 200;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!part.isEmpty() && !PARTS.contains(part)) {
            throw new ParameterException(
                    spec.commandLine(), "there is no part '" + part + "'" + Nearest.hint(part, PARTS));
        }
        try (var report = Report.of(spec, json)) {
            return report(report);
        }
    }

    private int report(Report out) throws Exception {
        if (!Crew.isToLead()) {
            if (part.isEmpty() || part.equals("hand-over")) {
                handOverApart(out);
            }
            if (part.isEmpty() || part.equals("joint")) {
                joint(out);
            }
            return 0;
        }
        Linear.disableDebugOutput();
        if (part.isEmpty() || part.equals("svrg")) {
            svrg(out);
        }
        if (part.isEmpty() || part.equals("liblinear")) {
            for (var file : files) {
                liblinear(out, file);
            }
        }
        if (part.isEmpty() || part.equals("locks")) {
            locks(out);
        }
        if (part.isEmpty() || part.equals("hand-over")) {
            handOverHere(out);
        }
        return part.isEmpty() || part.equals("hand-over") || part.equals("joint") ? out.lead(spec, 2) : 0;
    }

    private static Loaded read(String file) throws Exception {
        var options = ReadOptions.defaults();
        if (file.contains(".tsv")) {
            options = options.withRole("1", ReadOptions.Role.LABEL)
                    .withRole("2", ReadOptions.Role.IGNORE)
                    .withRole("3", ReadOptions.Role.TEXT);
        }
        return Data.withDefaults().read(file, options);
    }

    // SVRG by stages

    private void svrg(Report out) throws Exception {
        var options = SvrgOptions.defaults().withL2(L2).withEpochs(3);
        emulated(out, "webspam-shaped", Shapes.of(4000, 100_000, 400, 1.1), options.withBatch(4));
        emulated(
                out,
                "kdd-shaped",
                Shapes.of(100_000, 500_000, 11, 1.1),
                options.withBatch(8).withInner(0.16));
        for (var file : files) {
            var data = read(file);
            var name = String.valueOf(Path.of(file).getFileName());
            var sized = options.withBatch((int) Math.max(1, data.examples().size() / 1000));
            emulated(out, name, data, sized);
            real(out, name, data, sized);
        }
    }

    private void emulated(Report out, String name, Loaded data, SvrgOptions options) throws Exception {
        out.say(String.format(
                Locale.ROOT,
                "SVRG, %s: %s; emulated cores of %.0f ns a feature, %d epochs, batch %d",
                name,
                data.examples(),
                nanosPerTouch,
                options.epochs(),
                options.batch()));
        compare(out, name + ", emulated", new Emulation(data, options, nanosPerTouch), FIXED, MOST);
    }

    private void real(Report out, String name, Loaded data, SvrgOptions options) throws Exception {
        out.say("SVRG, " + name + " on this machine's cores, " + options.epochs() + " epochs, batch "
                + options.batch());
        compare(out, name, new Emulation(data, options, 0), new int[] {1, 2}, 2);
    }

    private void compare(Report out, String name, Emulation emulation, int[] numbers, int most) throws Exception {
        emulation.run(Parallelism.anywhere(2), Parallelism.onOneMember(1)); // for the compiler
        Emulation.Taken best = null;
        Emulation.Taken naive = null;
        int bestNumber = 0;
        out.say("                            elapsed s   worker-s   objective");
        for (int k : numbers) {
            var taken = median(emulation, Parallelism.anywhere(k), Parallelism.anywhere(k));
            tell(out, name, k + " for all", taken);
            naive = taken;
            if (best == null || taken.seconds() < best.seconds()) {
                best = taken;
                bestNumber = k;
            }
        }
        Emulation.Taken chosen = null;
        int steps = 0;
        for (int k : numbers) {
            var taken = median(emulation, Parallelism.anywhere(most), Parallelism.anywhere(k));
            if (chosen == null || taken.seconds() < chosen.seconds()) {
                chosen = taken;
                steps = k;
            }
        }
        if (best == null || naive == null || chosen == null) {
            return;
        }
        tell(out, name, most + " full, " + steps + " steps", chosen);
        var found = median(emulation, Parallelism.anywhere(most), Parallelism.found(most));
        tell(out, name, most + " full, found " + found.workers(), found);
        out.say(String.format(
                Locale.ROOT,
                "against the best fixed number (%d): %.2fx elapsed, %.2fx worker time; against the naive (%d): %.2fx, %.2fx;"
                        + " found against naive: %.2fx, %.2fx",
                bestNumber,
                best.seconds() / chosen.seconds(),
                best.workerSeconds() / chosen.workerSeconds(),
                numbers[numbers.length - 1],
                naive.seconds() / chosen.seconds(),
                naive.workerSeconds() / chosen.workerSeconds(),
                naive.seconds() / found.seconds(),
                naive.workerSeconds() / found.workerSeconds()));
        out.say("");
    }

    private Emulation.Taken median(Emulation emulation, Parallelism full, Parallelism steps) throws Exception {
        var all = new ArrayList<Emulation.Taken>();
        for (int run = 0; run < runs; run++) {
            all.add(emulation.run(full, steps));
        }
        return new Emulation.Taken(
                Figure.median(all.stream().map(Emulation.Taken::seconds).toList()),
                Figure.median(all.stream().map(Emulation.Taken::workerSeconds).toList()),
                all.getLast().objective(),
                all.getLast().workers());
    }

    private void tell(Report out, String data, String workers, Emulation.Taken taken) {
        out.row(
                String.format(
                        Locale.ROOT,
                        "%-26s %10.2f %10.2f   %.6f",
                        workers,
                        taken.seconds(),
                        taken.workerSeconds(),
                        taken.objective()),
                "name",
                "svrg",
                "data",
                data,
                "workers",
                workers,
                "seconds",
                taken.seconds(),
                "workerSeconds",
                taken.workerSeconds(),
                "objective",
                taken.objective(),
                "runs",
                runs);
    }

    // Against liblinear

    private void liblinear(Report out, String file) throws Exception {
        var data = read(file);
        var problem = problem(data.examples());
        double l2 = 1 / (C * problem.l);
        var exact = Linear.train(problem, new Parameter(SolverType.L2R_LR, C, 1e-4, 10_000, 0));
        double least = objective(data, l2, weights(exact));
        double goal = (1 + GAP) * least;
        double eps = easiest(problem, data, l2, goal);
        var options = SvrgOptions.defaults().withL2(l2).withIntercept(false);
        int epochs = 1;
        while (ours(data, options.withEpochs(epochs), l2) > goal) {
            if (++epochs > 50) {
                out.say(file + ": svrg does not come to the goal");
                return;
            }
        }
        var mine = new ArrayList<Double>();
        var theirs = new ArrayList<Double>();
        for (int run = -WARM; run < runs; run++) {
            int e = epochs;
            double a = Cpu.seconds(() -> train(data, options.withEpochs(e)));
            double b = Cpu.seconds(() -> Linear.train(problem, new Parameter(SolverType.L2R_LR_DUAL, C, eps, 1000, 0)));
            if (run >= 0) {
                mine.add(a);
                theirs.add(b);
            }
        }
        out.figures(List.of(Figure.less(
                Path.of(file).getFileName() + ": to 1 % of the optimum",
                "CPU-s",
                Figure.median(mine),
                Figure.median(theirs),
                "liblinear -s 7",
                runs,
                String.format(
                        Locale.ROOT,
                        "optimum %.6f by liblinear -s 0 -e 1e-4, no intercept, C %.0f; ours %d epochs, gap %.2f %%;"
                                + " liblinear-java at the largest -e that comes to it, %.3g; reading not included",
                        least,
                        C,
                        epochs,
                        100 * (ours(data, options.withEpochs(epochs), l2) / least - 1),
                        eps))));
    }

    private static void train(Loaded data, SvrgOptions options) throws Exception {
        new LogisticRegression(LinearOptions.plain())
                .prepare(data, Optional.empty(), options, Run.local(2))
                .run();
    }

    private static double ours(Loaded data, SvrgOptions options, double l2) throws Exception {
        var model = new LogisticRegression(LinearOptions.plain())
                .prepare(data, Optional.empty(), options, Run.local(2))
                .run()
                .model();
        return objective(data, l2, f -> model.weight(f, 0));
    }

    private static double easiest(Problem problem, Loaded data, double l2, double goal) {
        for (double eps = 30; eps > 1e-5; eps /= 1.5) {
            var model = Linear.train(problem, new Parameter(SolverType.L2R_LR_DUAL, C, eps, 1000, 0));
            if (objective(data, l2, weights(model)) <= goal) {
                return eps;
            }
        }
        return 1e-5;
    }

    /** The weight of a feature; of the class with the larger label. */
    @FunctionalInterface
    private interface Weights {
        double of(int feature);
    }

    private static Weights weights(Model model) {
        var all = model.getFeatureWeights(); // a copy at each call
        return feature -> all[feature];
    }

    private static double objective(Loaded data, double l2, Weights weights) {
        var cursor = data.examples().cursor();
        double sum = 0;
        long n = data.examples().size();
        for (long i = 0; i < n; i++) {
            cursor.move(i);
            double margin = 0;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                margin += weights.of(cursor.indices()[k]) * cursor.values()[k];
            }
            double y = cursor.label() == POSITIVE ? 1 : -1;
            sum += Math.max(0, -y * margin) + Math.log1p(Math.exp(-Math.abs(margin)));
        }
        double square = 0;
        for (int f = 0; f < data.examples().features(); f++) {
            square += weights.of(f) * weights.of(f);
        }
        return sum / n + l2 / 2 * square;
    }

    private static final float POSITIVE = 1; // as files have it, and as readers number two classes

    /** The classes as 1 and -1, 1 first: liblinear's weights are of the label that comes first. */
    private static Problem problem(Examples examples) {
        var problem = Liblinear.problem(examples);
        for (int i = 0; i < problem.l; i++) {
            problem.y[i] = problem.y[i] == POSITIVE ? 1 : -1;
        }
        if (problem.y[0] < 0) {
            for (int i = 1; i < problem.l; i++) {
                if (problem.y[i] > 0) {
                    var x = problem.x[0];
                    problem.x[0] = problem.x[i];
                    problem.x[i] = x;
                    problem.y[0] = 1;
                    problem.y[i] = -1;
                    break;
                }
            }
        }
        return problem;
    }

    // From stage to stage

    private void handOverHere(Report out) throws Exception {
        var direct = new ArrayList<Double>();
        var through = new ArrayList<Double>();
        for (int run = 0; run < runs; run++) {
            direct.add(1e3 * HandOver.directHere());
            through.add(1e3 * HandOver.throughTablesHere());
        }
        out.figures(List.of(Figure.less(
                "a stage to the next, one JVM",
                "ms",
                Figure.median(direct),
                Figure.median(through),
                "through tables",
                runs,
                "10 M floats; from the last clock of a stage to the first of the next; the least of 4 switches")));
    }

    private void handOverApart(Report out) throws Exception {
        var direct = new ArrayList<Double>();
        var through = new ArrayList<Double>();
        for (int run = 0; run < runs; run++) {
            direct.add(1e3 * Crew.sums(HandOver.direct())[0] / 2); // each of the two gets it in its turn
            through.add(1e3 * Crew.sums(HandOver.throughTables())[0]);
        }
        out.figures(List.of(Figure.less(
                "a stage to the next, two processes",
                "ms",
                Figure.median(direct),
                Figure.median(through),
                "through tables",
                runs,
                "10 M floats over TCP without TLS on one machine; the least of some switches a run")));
    }

    // Pushes of a process

    private void joint(Report out) throws Exception {
        var joint = new ArrayList<double[]>();
        var apart = new ArrayList<double[]>();
        for (int run = 0; run < runs; run++) {
            joint.add(Crew.sums(Joint.run(false)));
            apart.add(Crew.sums(Joint.run(true)));
        }
        out.figures(List.of(
                Figure.less(
                        "sent a clock, two processes of two workers",
                        "MB",
                        median(joint, 0),
                        median(apart, 0),
                        "each for itself",
                        runs,
                        Joint.ROWS + " floats that all workers read and change at every clock, Ssp(0)"),
                Figure.less("CPU a clock", "ms", median(joint, 1), median(apart, 1), "each for itself", runs, "")));
    }

    private static double median(List<double[]> all, int i) {
        return Figure.median(all.stream().map(sums -> sums[i]).toList());
    }

    // Locks

    private void locks(Report out) throws Exception {
        var locking = new Locking();
        var none = new ArrayList<Double>();
        var chunks = new ArrayList<Double>(); // by run: more than with none
        var keys = new ArrayList<Double>();
        for (int run = -1; run < runs; run++) {
            double n = locking.run(Locking.Kind.NONE);
            double c = locking.run(Locking.Kind.CHUNKS);
            double k = locking.run(Locking.Kind.KEYS);
            c += locking.run(Locking.Kind.CHUNKS);
            n += locking.run(Locking.Kind.NONE); // so that what drifts counts for both
            if (run >= 0) {
                none.add(n / 2);
                chunks.add(100 * (c / n - 1));
                keys.add(100 * (2 * k / n - 1));
            }
        }
        out.row(
                String.format(
                        Locale.ROOT,
                        "locks of 2 workers of one process, batches of 64 x 80 features of 1 M, against none (%.3f CPU-s for the whole"
                                + " stage): by chunk %+.1f %%, by key %+.1f %%, medians of %d runs",
                        Figure.median(none),
                        Figure.median(chunks),
                        Figure.median(keys),
                        runs),
                "name",
                "locks",
                "cpuSecondsWithNone",
                Figure.median(none),
                "percentMoreByChunk",
                Figure.median(chunks),
                "percentMoreByKey",
                Figure.median(keys),
                "runs",
                runs);
        if (Float.isNaN(locking.sink())) {
            throw new IllegalStateException();
        }
    }
}
