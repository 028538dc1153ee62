package orrery.bench.topics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.DocumentOptions;
import orrery.data.Loaded;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.learn.topic.TopicModeling;
import orrery.learn.topic.TopicOptions;
import orrery.learn.topic.TopicSampler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench topics}. */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Topics of documents: what it takes to a likelihood, and how well two workers share a machine, against MALLET"
                        + " 2.0.8 with 1 and 2 threads.")
public final class TopicsBench implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "DATA", description = "Documents (default: jdk-words).")
    String data = "jdk-words";

    @Option(names = "--topics", paramLabel = "K", description = "Default: ${DEFAULT-VALUE}.")
    int topics = 100;

    @Option(
            names = "--target",
            paramLabel = "LL",
            description = "log p(words, topics) by word to be reached (default: what 30 passes of ours reach).")
    @Nullable
    Double target;

    @Option(
            names = "--part",
            paramLabel = "P",
            description =
                    "speed; held-out: perplexity and coherence; samplers: all of them, so many passes; many-topics: light with up to a million; structures: forms of rows of counts; generate: writes documents to DATA (default: ${DEFAULT-VALUE}).")
    String part = "speed";

    @Option(
            names = "--passes",
            paramLabel = "N",
            description = "Passes of all parts but speed (default: ${DEFAULT-VALUE}).")
    int passes = 100;

    @Option(
            names = "--python",
            paramLabel = "FILE",
            description =
                    "Of held-out: a Python with scikit-learn, whose topics are measured, too (default: ${DEFAULT-VALUE}).")
    String python = "python3";

    @Option(names = "--vocabulary", paramLabel = "FILE", description = "Words by their numbers.")
    @Nullable
    String vocabulary;

    @Option(
            names = "--sampler",
            paramLabel = "S",
            description = "Of many-topics and structures: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    TopicSampler sampler = TopicSampler.LIGHT;

    @Option(names = "--words", paramLabel = "N", description = "Of generate (default: ${DEFAULT-VALUE}).")
    long words = 50_000_000;

    @Option(names = "--documents", paramLabel = "N", description = "Of generate (default: ${DEFAULT-VALUE}).")
    int documents = 200_000;

    @Option(names = "--vocabulary-size", paramLabel = "N", description = "Of generate (default: ${DEFAULT-VALUE}).")
    int vocabularySize = 100_000;

    @Option(names = "--most", paramLabel = "N", description = "Passes at most (default: ${DEFAULT-VALUE}).")
    int most = 200;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (part.equals("generate")) {
            Generated.write(java.nio.file.Path.of(data), words, documents, vocabularySize, 1);
            return 0;
        }
        var options = vocabulary == null ? DocumentOptions.FOUND : DocumentOptions.FOUND.named(vocabulary);
        var loaded = Data.withDefaults().documents(data, options);
        if (part.equals("held-out")) {
            return heldOut(loaded);
        }
        if (List.of("samplers", "many-topics", "structures").contains(part)) {
            try (var report = Report.of(spec, json)) {
                report.say(loaded.examples().toString());
                var samplers = new Samplers(report, loaded, runs);
                report.figures(
                        switch (part) {
                            case "samplers" -> samplers.beside(options(passes), target == null ? -7 : target);
                            case "many-topics" ->
                                samplers.manyTopics(sampler, List.of(1000, 10_000, 100_000, 1_000_000), passes, 50);
                            default -> samplers.structures(options(passes).with(sampler));
                        });
            }
            return 0;
        }
        if (!part.equals("speed")) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--part is speed, held-out, samplers, many-topics, structures or generate, got " + part);
        }
        try (var report = Report.of(spec, json)) {
            report.say(loaded.examples().toString());
            double due = target == null
                    ? ours(loaded, 2, Double.MAX_VALUE, 30, 1).last().likelihood()
                    : target;
            report.say(String.format(Locale.ROOT, "%d topics, to log p(w, z) = %.4f a word", topics, due));
            var mallet = new Mallet(loaded.examples());
            var one = new ArrayList<Course.Point>();
            var two = new ArrayList<Course.Point>();
            var malletOne = new ArrayList<Course.Point>();
            var malletTwo = new ArrayList<Course.Point>();
            var scaling = new ArrayList<Double>();
            double alpha = options(1).prior();
            for (int run = 0; run < runs; run++) {
                one.add(said(report, "ours, 1 worker", ours(loaded, 1, due, most, run), due));
                two.add(said(report, "ours, 2 workers", ours(loaded, 2, due, most, run), due));
                malletOne.add(said(
                        report,
                        "MALLET, 1 thread",
                        mallet.run(topics, alpha, options(1).beta(), 1, due, most, run),
                        due));
                malletTwo.add(said(
                        report,
                        "MALLET, 2 threads",
                        mallet.run(topics, alpha, options(1).beta(), 2, due, most, run),
                        due));
                scaling.add(probe(1) / probe(2));
            }
            report.figures(figures(one, two, malletOne, malletTwo, scaling));
        }
        return 0;
    }

    /** A tenth of the documents is held out; both have as many passes over the others. */
    private int heldOut(Loaded loaded) throws Exception {
        try (var report = Report.of(spec, json)) {
            var split = loaded.examples().split(0.1, 1);
            var train = new Loaded(split.train(), loaded.schema(), loaded.reading());
            report.say(String.format(
                    Locale.ROOT,
                    "%s; held out: %s; %d topics, %d passes",
                    train.examples(),
                    split.test(),
                    topics,
                    passes));
            var mallet = new Mallet(train.examples());
            var perplexity = new ArrayList<Double>();
            var peers = new ArrayList<Double>();
            var coherence = new ArrayList<Double>();
            var coherenceOfPeers = new ArrayList<Double>();
            var cpu = new ArrayList<Double>();
            var scikit = new ScikitLearn(python);
            boolean hasScikit = scikit.isHere();
            var ofScikit =
                    new ArrayList<List<Double>>(List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>()));
            if (!hasScikit) {
                report.say(python + " has no scikit-learn (pip install scikit-learn, or --python FILE): left out");
            }
            for (int run = 0; run < runs; run++) {
                long begun = Cpu.nanos();
                var ours = new TopicModeling(options(passes))
                        .prepare(train, Run.local(2).withSeed(run + 1))
                        .run()
                        .model();
                cpu.add((Cpu.nanos() - begun) / 1e9);
                if (hasScikit) {
                    var found = scikit.model(train, options(passes), run);
                    ofScikit.get(0).add(found.model().complete(split.test()).getOrDefault("perplexity", Double.NaN));
                    ofScikit.get(1).add(mean(found.model().coherence()));
                    ofScikit.get(2).add(found.cpu());
                }
                var theirs = mallet.model(train, options(passes), run);
                perplexity.add(ours.complete(split.test()).getOrDefault("perplexity", Double.NaN));
                peers.add(theirs.complete(split.test()).getOrDefault("perplexity", Double.NaN));
                coherence.add(mean(ours.coherence()));
                coherenceOfPeers.add(mean(theirs.coherence()));
            }
            String limit =
                    "every second word of a held-out document is given and the others are predicted, by our inference from"
                            + " the counts of either; the same symmetric priors";
            var figures = new ArrayList<>(List.of(
                    Figure.less(
                            "perplexity of words held out",
                            "",
                            Figure.median(perplexity),
                            Figure.median(peers),
                            "MALLET, 1 thread",
                            runs,
                            limit),
                    Figure.more(
                            "coherence (NPMI of ten words)",
                            "",
                            Figure.median(coherence),
                            Figure.median(coherenceOfPeers),
                            "MALLET, 1 thread",
                            runs,
                            limit)));
            if (hasScikit) {
                var peer = "scikit-learn, batch VB";
                figures.add(Figure.less(
                        "perplexity of words held out",
                        "",
                        Figure.median(perplexity),
                        Figure.median(ofScikit.get(0)),
                        peer,
                        runs,
                        limit));
                figures.add(Figure.more(
                        "coherence (NPMI of ten words)",
                        "",
                        Figure.median(coherence),
                        Figure.median(ofScikit.get(1)),
                        peer,
                        runs,
                        limit));
                figures.add(Figure.less(
                        "CPU of as many passes",
                        "s",
                        Figure.median(cpu),
                        Figure.median(ofScikit.get(2)),
                        peer,
                        runs,
                        limit));
            }
            report.figures(figures);
        }
        return 0;
    }

    private static double mean(float[] coherence) {
        double sum = 0;
        for (float of : coherence) {
            sum += of;
        }
        return sum / coherence.length;
    }

    private List<Figure> figures(
            List<Course.Point> one,
            List<Course.Point> two,
            List<Course.Point> malletOne,
            List<Course.Point> malletTwo,
            List<Double> scaling) {
        String limit =
                "the likelihood is looked at every 5 passes, and what is between is in proportion; the first pass and what"
                        + " the compiler does at first count";
        double wall = median(two, Course.Point::wall);
        double wallOfMallet = Math.min(median(malletOne, Course.Point::wall), median(malletTwo, Course.Point::wall));
        return List.of(
                Figure.less(
                        "wall time to it, 2 workers",
                        "s",
                        wall,
                        wallOfMallet,
                        "MALLET, the better of 1 and 2 threads",
                        runs,
                        limit),
                Figure.less(
                        "CPU time to it, 1 worker",
                        "CPU-s",
                        median(one, Course.Point::cpu),
                        median(malletOne, Course.Point::cpu),
                        "MALLET, 1 thread",
                        runs,
                        limit),
                Figure.less(
                        "CPU time to it, 2 workers",
                        "CPU-s",
                        median(two, Course.Point::cpu),
                        median(malletTwo, Course.Point::cpu),
                        "MALLET, 2 threads",
                        runs,
                        limit),
                Figure.less(
                        "passes to it, 2 workers",
                        "",
                        median(two, Course.Point::passes),
                        median(malletOne, Course.Point::passes),
                        "MALLET, 1 thread",
                        runs,
                        limit),
                Figure.more(
                        "a pass, 1 worker to 2, wall",
                        "times",
                        median(one, TopicsBench::pass) / median(two, TopicsBench::pass),
                        Figure.median(scaling),
                        "a loop that gathers and adds, 1 thread to 2",
                        runs,
                        "two workers want two quiet cores: the machine's other load shows"));
    }

    private static double pass(Course.Point point) {
        return point.wall() / point.passes();
    }

    private static double median(List<Course.Point> points, ToDoubleFunction<Course.Point> what) {
        return Figure.median(points.stream().mapToDouble(what).boxed().toList());
    }

    private TopicOptions options(int passes) {
        return new TopicOptions(topics, passes, 50.0 / topics, TopicOptions.DEFAULT.beta());
    }

    private Course.Point said(Report report, String who, Course course, double due) {
        var at = course.at(due);
        report.row(
                String.format(
                        Locale.ROOT,
                        "%-18s %7.1f passes  %8.2f s  %8.2f CPU-s%s",
                        who,
                        at.passes(),
                        at.wall(),
                        at.cpu(),
                        course.reaches(due)
                                ? ""
                                : String.format(
                                        Locale.ROOT,
                                        "  (not reached: %.4f after %.0f)",
                                        course.last().likelihood(),
                                        course.last().passes())),
                "name",
                who,
                "passes",
                at.passes(),
                "wall",
                at.wall(),
                "cpu",
                at.cpu());
        return at;
    }

    private Course ours(Loaded loaded, int workers, double due, int passes, long seed) throws Exception {
        var course = new Course();
        long wall = System.nanoTime();
        long cpu = Cpu.nanos();
        var options = options(passes);
        var job = new ArrayList<orrery.engine.Job>();
        var training = new TopicModeling(options)
                .prepare(loaded, Run.local(workers).withSeed(seed + 1).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut) {
                        course.add(
                                course.passes() + options.passesBetweenCuts(),
                                cut.metrics().getOrDefault(TopicModeling.LIKELIHOOD, Double.NaN),
                                (System.nanoTime() - wall) / 1e9,
                                (Cpu.nanos() - cpu) / 1e9);
                        if (course.reaches(due)) {
                            job.getFirst().finish();
                        }
                    }
                }));
        job.add(training.job());
        training.run();
        return course;
    }

    /** Seconds that threads take to gather and add, each as much. */
    private static double probe(int threads) throws InterruptedException {
        var best = Optional.<Double>empty();
        for (int round = 0; round < 3; round++) {
            long start = System.nanoTime();
            var all = new ArrayList<Thread>();
            for (int t = 0; t < threads; t++) {
                int seed = t;
                all.add(Thread.ofPlatform().start(() -> gather(seed)));
            }
            for (var thread : all) {
                thread.join();
            }
            double took = (System.nanoTime() - start) / 1e9 / threads;
            best = Optional.of(Math.min(took, best.orElse(took)));
        }
        return best.orElseThrow();
    }

    @SuppressWarnings("UnusedVariable")
    private static volatile float sink;

    private static void gather(int seed) {
        var random = new SplittableRandom(seed);
        var table = new float[1 << 18]; // a MiB: as much as a block of counts and what belongs to it
        var places = new int[1 << 16];
        for (int i = 0; i < places.length; i++) {
            places[i] = random.nextInt(table.length);
        }
        float sum = 0;
        for (int round = 0; round < 2000; round++) {
            float part = 0;
            for (int place : places) {
                part += table[place];
            }
            table[places[round]] = part;
            sum += part;
        }
        sink = sum;
    }
}
