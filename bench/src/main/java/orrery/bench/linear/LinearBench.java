package orrery.bench.linear;

import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Model;
import de.bwaldvogel.liblinear.Parameter;
import de.bwaldvogel.liblinear.Problem;
import de.bwaldvogel.liblinear.SolverType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Liblinear;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.linear.DualOptions;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LinearSvm;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.SoftmaxRegression;
import orrery.table.spec.Consistency;
import orrery.table.spec.UpdateRule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench linear}. */
@Command(
        name = "linear",
        mixinStandardHelpOptions = true,
        description =
                "The parameter server's tax, passes, parsing, and accuracy per CPU second against liblinear-java.")
public final class LinearBench implements Callable<Integer> {
    private static final int BATCH = 1024;
    private static final float RATE = 0.3f;
    private static final int PASSES = 100; // a measurement
    private static final int WARM_UPS = 2; // measurements that do not count: the compiler is at work

    @Parameters(
            arity = "0..*",
            paramLabel = "FILE",
            description =
                    "libsvm files, plain or .gz (default: jdk-verbs). Two classes: logistic regression; more: softmax.")
    List<String> files = List.of();

    @Option(names = "--log1p", description = "Values become log(1 + value).")
    boolean log1p;

    @Option(names = "--normalize", description = "Each example is scaled to length 1.")
    boolean normalize;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Interleaved runs, of which the median counts (default: ${DEFAULT-VALUE}).")
    int runs = 5;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private static final Parameter PEER = new Parameter(SolverType.L2R_L2LOSS_SVC_DUAL, 1, 0.1);

    private final List<Figure> figures = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        Linear.disableDebugOutput();
        for (var file : files.isEmpty() ? List.of("jdk-verbs") : files) {
            measure(file);
        }
        try (var report = Report.of(spec, json)) {
            report.figures(figures);
        }
        return 0;
    }

    private void measure(String file) throws Exception {
        var options = ReadOptions.defaults();
        options = log1p ? options.withLog1p() : options;
        options = normalize ? options.withNormalize() : options;
        var data = Data.withDefaults().read(file, options);
        var name = String.valueOf(Path.of(file).getFileName());
        tax(name, data);
        if (Files.exists(Path.of(file)) && !file.endsWith(".gz")) {
            parse(name, Path.of(file));
        }
        accuracy(name, data);
        dual(name, data);
    }

    private static int classes(Examples examples) {
        return labels(examples).size();
    }

    private static Set<Double> labels(Examples examples) {
        var labels = new TreeSet<Double>();
        for (long i = 0; i < examples.size(); i++) {
            labels.add(examples.label(i));
        }
        return labels;
    }

    /** Class by example: 0 or 1 for two classes, as the learner numbers them. */
    private static float[] classOf(Examples examples) {
        var names = new ArrayList<>(labels(examples));
        var classes = new float[(int) examples.size()];
        for (int i = 0; i < classes.length; i++) {
            classes[i] = names.indexOf(examples.label(i));
        }
        return classes;
    }

    private static LinearLearner learner(Examples examples, int passes, int batch) {
        var options = LinearOptions.plain().withPasses(passes).withBatch(batch).with(new UpdateRule.AdaGrad(RATE));
        return classes(examples) == 2 ? new LogisticRegression(options) : new SoftmaxRegression(options);
    }

    // The tax

    private void tax(String name, Loaded data) throws Exception {
        var examples = data.examples();
        int classes = classes(examples) == 2 ? 1 : classes(examples);
        var labels = classOf(examples);
        long work = examples.nonZeros() * PASSES;
        var one = new ArrayList<Double>();
        var plain = new ArrayList<Double>();
        var wallOne = new ArrayList<Double>();
        var wallTwo = new ArrayList<Double>();
        double sink = 0;
        for (int run = -WARM_UPS; run < runs; run++) {
            double ours = cpu(data, 1, new Consistency.Bsp());
            var baseline = new PlainLinear(examples, classes, labels, BATCH, RATE);
            double theirs = Cpu.seconds(() -> baseline.passes(0, PASSES, 1));
            sink += baseline.cost();
            double wall1 = wall(data, 1, new Consistency.Ssp(3));
            double wall2 = wall(data, 2, new Consistency.Ssp(3));
            if (run >= 0) {
                one.add(ours);
                plain.add(theirs);
                wallOne.add(wall1);
                wallTwo.add(wall2);
            }
        }
        if (Double.isNaN(sink)) {
            throw new IllegalStateException("the baseline has diverged");
        }
        String limit = "AdaGrad, batches of 1,024, one tick a batch, " + PASSES
                + " passes; CPU of the whole process, the engine's start included, reading not";
        figures.add(Figure.less(
                name + ": CPU of a pass (1 worker)",
                "s",
                Figure.median(one) / PASSES,
                Figure.median(plain) / PASSES,
                "plain arrays",
                runs,
                limit));
        figures.add(Figure.more(
                name + ": pass",
                "M nnz/CPU-s",
                work / Figure.median(one) / 1e6,
                work / Figure.median(plain) / 1e6,
                "plain arrays",
                runs,
                limit));
        figures.add(Figure.less(
                name + ": wall of 2 workers, ssp:3",
                "s",
                Figure.median(wallTwo) / PASSES,
                Figure.median(wallOne) / PASSES,
                "1 worker",
                runs,
                "2 workers want 2 quiet cores: the machine's other load shows"));
    }

    private static double cpu(Loaded data, int workers, Consistency consistency) throws Exception {
        var training = learner(data.examples(), PASSES, BATCH)
                .prepare(data, Optional.empty(), Run.local(workers).with(consistency));
        return Cpu.seconds(training::run);
    }

    private static double wall(Loaded data, int workers, Consistency consistency) throws IOException {
        var training = learner(data.examples(), PASSES, BATCH)
                .prepare(data, Optional.empty(), Run.local(workers).with(consistency));
        long start = System.nanoTime();
        training.run();
        return (System.nanoTime() - start) / 1e9;
    }

    // Parsing

    private void parse(String name, Path file) throws Exception {
        var ours = new ArrayList<Double>();
        var theirs = new ArrayList<Double>();
        double megabytes = Files.size(file) / 1e6;
        for (int run = -1; run < runs; run++) {
            double mine = Cpu.seconds(() -> Data.parse(file, ReadOptions.defaults(), null, true));
            double peer = Cpu.seconds(() -> Problem.readFromFile(file, 1));
            if (run >= 0) {
                ours.add(megabytes / mine);
                theirs.add(megabytes / peer);
            }
        }
        figures.add(Figure.more(
                name + ": parsing",
                "MB/CPU-s",
                Figure.median(ours),
                Figure.median(theirs),
                "liblinear-java",
                runs,
                "uncompressed, in the page cache"));
    }

    // Accuracy

    private void accuracy(String name, Loaded data) throws Exception {
        var split = data.examples().split(0.2, 1);
        var train = new Loaded(split.train(), data.schema());
        var problem = Liblinear.problem(split.train());
        var seconds = new ArrayList<Double>();
        var peerSeconds = new ArrayList<Double>();
        double accuracy = 0;
        double peerAccuracy = 0;
        int passes = 5;
        for (int run = -1; run < runs; run++) {
            var training = learner(split.train(), passes, 64).prepare(train, Optional.empty(), Run.local(1));
            long before = Cpu.nanos();
            var model = training.run().model();
            double mine = (Cpu.nanos() - before) / 1e9;
            before = Cpu.nanos();
            var peer = Linear.train(problem, new Parameter(SolverType.L2R_LR_DUAL, 1, 0.1));
            double theirs = (Cpu.nanos() - before) / 1e9;
            if (run >= 0) {
                seconds.add(mine);
                peerSeconds.add(theirs);
            }
            accuracy = model.score(split.test()).get("accuracy");
            peerAccuracy = right(peer, split.test(), Liblinear::features);
        }
        String limit =
                "a random fifth is held out; ours: 5 passes, batches of 64, 1 worker; liblinear-java: -s 7, C 1, e 0.1, one"
                        + " against the rest if there are many classes; CPU of the training alone";
        figures.add(Figure.more(
                name + ": test accuracy", "fraction", accuracy, peerAccuracy, "liblinear-java", runs, limit));
        figures.add(Figure.less(
                name + ": CPU to that accuracy",
                "s",
                Figure.median(seconds),
                Figure.median(peerSeconds),
                "liblinear-java",
                runs,
                limit));
    }

    // The same method, in the same warm JVM

    private void dual(String name, Loaded data) throws Exception {
        var split = data.examples().split(0.2, 1);
        var train = new Loaded(split.train(), data.schema());
        var problem = Liblinear.withIntercept(split.train());
        double peerAccuracy =
                right(Linear.train(problem, PEER), split.test(), cursor -> Liblinear.withIntercept(cursor, problem.n));
        int passes = 0;
        double accuracy = 0;
        for (int most : List.of(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100)) {
            passes = most;
            accuracy = dual(train, passes).run().model().score(split.test()).get("accuracy");
            if (accuracy >= peerAccuracy - 0.001) {
                break;
            }
        }
        var seconds = new ArrayList<Double>();
        var peerSeconds = new ArrayList<Double>();
        for (int run = -WARM_UPS; run < runs; run++) {
            var training = dual(train, passes);
            double mine = Cpu.seconds(training::run);
            double theirs = Cpu.seconds(() -> Linear.train(problem, PEER));
            if (run >= 0) {
                seconds.add(mine);
                peerSeconds.add(theirs);
            }
        }
        String limit =
                "support vector machines by the squared hinge loss, C 1, a random fifth held out; liblinear-java: -s 1, e 0.1;"
                        + " ours: --solver dual with as few passes as come within 0.1 points of it, 1 worker; CPU of the training"
                        + " alone, in a JVM that has done it before";
        figures.add(Figure.more(
                name + ": test accuracy, dual, " + passes + " passes",
                "fraction",
                accuracy,
                peerAccuracy,
                "liblinear-java",
                runs,
                limit));
        figures.add(Figure.less(
                name + ": CPU to that accuracy, dual",
                "s",
                Figure.median(seconds),
                Figure.median(peerSeconds),
                "liblinear-java",
                runs,
                limit));
    }

    private static Training<LinearModel> dual(Loaded train, int passes) throws IOException {
        var options = DualOptions.defaults()
                .withL2(1.0 / train.examples().size())
                .withPasses(passes)
                .withTolerance(0);
        return new LinearSvm(LinearOptions.plain(), true).prepare(train, Optional.empty(), options, Run.local(1));
    }

    private static double right(Model model, Examples test, Function<Examples.Cursor, Feature[]> features) {
        long right = 0;
        var cursor = test.cursor();
        for (long i = 0; i < test.size(); i++) {
            cursor.move(i);
            right += Linear.predict(model, features.apply(cursor)) == cursor.label() ? 1 : 0;
        }
        return right / (double) test.size();
    }
}
