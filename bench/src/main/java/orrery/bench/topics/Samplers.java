package orrery.bench.topics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Loaded;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.learn.topic.TopicModel;
import orrery.learn.topic.TopicModeling;
import orrery.learn.topic.TopicOptions;
import orrery.learn.topic.TopicSampler;
import orrery.table.cells.CountRows;

/** The samplers beside each other, one worker each. */
final class Samplers {
    private static final int CHANGES = 1 << 20;
    private static final int WARM_UPS = 5;
    private static final int ROUNDS = 20;

    private final Report report;
    private final Loaded loaded;
    private final int runs;
    private final double words;

    Samplers(Report report, Loaded loaded, int runs) {
        this.report = report;
        this.loaded = loaded;
        this.runs = runs;
        long all = 0;
        var cursor = loaded.examples().cursor();
        for (long d = 0; d < loaded.examples().size(); d++) {
            cursor.move(d);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                all += (long) cursor.values()[k];
            }
        }
        words = (double) all;
    }

    /** A run: where it was at each cut, and what the last cut says. */
    private record Done(Course course, Map<String, Double> metrics, TopicModel model) {
        /** CPU seconds of a pass, of those after the first cut. */
        double pass() {
            var first = course.at(Double.NEGATIVE_INFINITY);
            return (course.last().cpu() - first.cpu()) / (course.last().passes() - first.passes());
        }
    }

    private Done run(TopicOptions options, long seed) throws Exception {
        var course = new Course();
        var metrics = new ArrayList<Map<String, Double>>();
        long wall = System.nanoTime();
        long cpu = Cpu.nanos();
        var trained = new TopicModeling(options)
                .prepare(loaded, Run.local(1).withSeed(seed + 1).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut) {
                        metrics.add(cut.metrics());
                        course.add(
                                course.passes() + options.passesBetweenCuts(),
                                cut.metrics().getOrDefault(TopicModeling.LIKELIHOOD, Double.NaN),
                                (System.nanoTime() - wall) / 1e9,
                                (Cpu.nanos() - cpu) / 1e9);
                    }
                }))
                .run();
        return new Done(course, metrics.getLast(), trained.model());
    }

    /** What each sampler comes to in as many passes, and what it takes to a likelihood. */
    List<Figure> beside(TopicOptions options, double target) throws Exception {
        var figures = new ArrayList<Figure>();
        var exact = new ArrayList<Double>();
        for (var sampler : TopicSampler.values()) {
            var likelihood = new ArrayList<Double>();
            var cpu = new ArrayList<Double>();
            var reached = new ArrayList<Double>();
            var passes = new ArrayList<Double>();
            for (int run = 0; run < runs; run++) {
                var done = run(options.with(sampler), run);
                var at = done.course().at(target);
                likelihood.add(done.course().last().likelihood());
                cpu.add(done.course().last().cpu());
                reached.add(at.cpu());
                passes.add(at.passes());
                report.row(
                        String.format(
                                Locale.ROOT,
                                "%-9s %3d passes: %.4f, %6.2f CPU-s (%.3f a pass); to %.2f: %5.1f passes, %6.2f CPU-s",
                                sampler,
                                options.iterations(),
                                done.course().last().likelihood(),
                                done.course().last().cpu(),
                                done.pass(),
                                target,
                                at.passes(),
                                at.cpu()),
                        "sampler",
                        sampler.toString(),
                        "likelihood",
                        done.course().last().likelihood(),
                        "cpu",
                        done.course().last().cpu(),
                        "pass",
                        done.pass(),
                        "reached",
                        at.cpu());
            }
            if (sampler == TopicSampler.EXACT) {
                exact.addAll(reached);
            }
            figures.add(Figure.less(
                    String.format(
                            Locale.ROOT,
                            "CPU to %.2f, %s (%.1f passes; %.4f after %d, %.2f CPU-s)",
                            target,
                            sampler,
                            Figure.median(passes),
                            Figure.median(likelihood),
                            options.iterations(),
                            Figure.median(cpu)),
                    "s",
                    Figure.median(reached),
                    Figure.median(exact),
                    "exact",
                    runs,
                    "one worker, the compiler's time with it"));
        }
        return figures;
    }

    /** What a word costs when there are more and more topics. */
    List<Figure> manyTopics(TopicSampler sampler, List<Integer> topics, int passes, double alphas) throws Exception {
        var figures = new ArrayList<Figure>();
        var first = new ArrayList<Double>();
        for (int k : topics) {
            var times = new ArrayList<Double>();
            double proposals = 0;
            double probes = 0;
            for (int run = 0; run < runs; run++) {
                var done = run(
                        new TopicOptions(
                                k, passes, alphas / k, TopicOptions.DEFAULT.beta(), sampler, CountRows.Structure.MIXED),
                        run);
                times.add(1e9 * done.pass() / words);
                proposals = done.metrics().getOrDefault("train.proposals", Double.NaN);
                probes = done.metrics().getOrDefault("train.probes", Double.NaN);
            }
            if (first.isEmpty()) {
                first.addAll(times);
            }
            report.row(
                    String.format(
                            Locale.ROOT,
                            "%,9d topics: %.3f proposals, %.2f probes, %.0f CPU-ns a word and pass",
                            k,
                            proposals,
                            probes,
                            Figure.median(times)),
                    "topics",
                    k,
                    "proposals",
                    proposals,
                    "probes",
                    probes,
                    "nanoseconds",
                    Figure.median(times));
            figures.add(Figure.less(
                    String.format(Locale.ROOT, "%s, %,d topics: a word and pass", sampler, k),
                    "ns",
                    Figure.median(times),
                    Figure.median(first),
                    String.format(Locale.ROOT, "%,d topics", topics.getFirst()),
                    runs,
                    "CPU of passes after the first cut"));
        }
        return figures;
    }

    /** CPU nanoseconds of a change that comes from elsewhere: a word has another topic, mostly one of those that it has. */
    private static double foldIn(TopicModel model, CountRows.Structure structure) {
        var rows = new CountRows(model.words(), model.topics(), structure);
        int[] starts = model.starts();
        for (int w = 0; w < model.words(); w++) {
            for (int i = starts[w]; i < starts[w + 1]; i++) {
                rows.add(w, model.topicOf()[i], model.countOf()[i]);
            }
        }
        rows.shrink(true);
        var random = new SplittableRandom(1);
        var byPair = new int[CHANGES]; // pairs of a word and a topic, whose word has them as often as it occurs
        var to = new int[CHANGES];
        var wordOf = new int[model.topicOf().length];
        for (int w = 0; w < model.words(); w++) {
            Arrays.fill(wordOf, starts[w], starts[w + 1], w);
        }
        for (int n = 0; n < CHANGES; n++) {
            int pair = random.nextInt(wordOf.length);
            int word = wordOf[pair];
            byPair[n] = pair;
            to[n] = random.nextInt(5) == 0
                    ? random.nextInt(model.topics())
                    : model.topicOf()[starts[word] + random.nextInt(starts[word + 1] - starts[word])];
        }
        long begun = 0;
        for (int round = -WARM_UPS; round < ROUNDS; round++) {
            begun = round == 0 ? Cpu.nanos() : begun;
            for (int n = 0; n < CHANGES; n++) { // there and back, so that all rounds do the same
                rows.add(wordOf[byPair[n]], to[n], 1);
                rows.add(wordOf[byPair[n]], to[n], -1);
            }
        }
        return (Cpu.nanos() - begun) / (2.0 * CHANGES * ROUNDS);
    }

    /** Rows of counts in one form, or in several. */
    List<Figure> structures(TopicOptions options) throws Exception {
        var figures = new ArrayList<Figure>();
        var mixed = new ArrayList<Double>();
        for (var structure :
                List.of(CountRows.Structure.MIXED, CountRows.Structure.ALL_HASHED, CountRows.Structure.ALL_DENSE)) {
            var times = new ArrayList<Double>();
            var folds = new ArrayList<Double>();
            double bytes = 0;
            for (int run = 0; run < runs; run++) {
                var done = run(options.with(structure), run);
                times.add(done.pass());
                bytes = words * done.metrics().getOrDefault("counts.bytes", Double.NaN);
                folds.add(1e9 / foldIn(done.model(), structure));
            }
            if (structure == CountRows.Structure.MIXED) {
                mixed.addAll(times);
            }
            report.row(
                    String.format(
                            Locale.ROOT,
                            "%s, %-10s: %.1f MiB of counts, %.3f CPU-s a pass (%,.0f words a CPU second), %,.0f changes folded in"
                                    + " a CPU second",
                            options.sampler(),
                            structure,
                            bytes / (1 << 20),
                            Figure.median(times),
                            words / Figure.median(times),
                            Figure.median(folds)),
                    "structure",
                    structure.toString(),
                    "bytes",
                    bytes,
                    "pass",
                    Figure.median(times),
                    "foldedIn",
                    Figure.median(folds));
            figures.add(Figure.less(
                    String.format(
                            Locale.ROOT,
                            "%s, rows of counts %s (%.1f MiB): a pass",
                            options.sampler(),
                            structure,
                            bytes / (1 << 20)),
                    "CPU-s",
                    Figure.median(times),
                    Figure.median(mixed),
                    "mixed",
                    runs,
                    "passes after the first cut"));
        }
        return figures;
    }
}
