package orrery.bench.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import orrery.bench.BetweenCuts;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.stage.Run;
import orrery.learn.cluster.ClusterOptions;
import orrery.learn.cluster.KMeans;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench cluster}. */
@Command(
        name = "cluster",
        mixinStandardHelpOptions = true,
        description =
                "Clustering: CPU time of an iteration against a bare loop, and the inertia against the best of ten"
                        + " runs of it from random examples.")
public final class ClusterBench implements Callable<Integer> {
    private static final int BETWEEN_CUTS = 5; // iterations
    private static final int MEASURED = 10;
    private static final int RESTARTS = 10;

    @Parameters(arity = "0..1", paramLabel = "DATA", description = "A file or a set (default: mnist).")
    String data = "mnist";

    @Option(names = "--clusters", paramLabel = "K", description = "Default: ${DEFAULT-VALUE}.")
    int clusters = 10;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var loaded = Data.withDefaults().read(data, ReadOptions.defaults());
        var figures = new ArrayList<Figure>();
        try (var report = Report.of(spec, json)) {
            report.say(loaded.examples().toString());
            speed(loaded, figures);
            quality(loaded, figures, report);
            report.figures(figures);
        }
        return 0;
    }

    private void speed(Loaded loaded, List<Figure> figures) throws Exception {
        var bare = new ArrayList<Double>();
        var ours = new ArrayList<Double>();
        var wallOne = new ArrayList<Double>();
        var wallTwo = new ArrayList<Double>();
        for (int run = -1; run < runs; run++) {
            var plain =
                    new PlainKMeans(loaded.examples(), clusters, PlainKMeans.random(loaded.examples(), clusters, 1));
            double ofBare = Cpu.seconds(() -> {
                for (int i = 0; i < MEASURED; i++) {
                    plain.iterate();
                }
            });
            var one = measure(loaded, 1);
            var two = measure(loaded, 2);
            if (run >= 0) {
                bare.add(ofBare / MEASURED);
                ours.add(one.cpu());
                wallOne.add(one.wall());
                wallTwo.add(two.wall());
            }
        }
        figures.add(Figure.less(
                "kmeans, an iteration, one worker",
                "CPU-s",
                Figure.median(ours),
                Figure.median(bare),
                "bare loop over arrays",
                runs,
                "once a run is under way; all JVM threads count"));
        figures.add(Figure.less(
                "kmeans, an iteration, two workers",
                "s",
                Figure.median(wallTwo),
                Figure.median(wallOne),
                "one worker",
                runs,
                "wall time depends on who else uses the machine"));
    }

    private BetweenCuts.Seconds measure(Loaded loaded, int workers) throws Exception {
        var cuts = new BetweenCuts();
        new KMeans(new ClusterOptions(clusters, MEASURED + BETWEEN_CUTS, 0, 0, 1))
                .prepare(loaded, Run.local(workers).listening(cuts))
                .run();
        return cuts.each(BETWEEN_CUTS);
    }

    private void quality(Loaded loaded, List<Figure> figures, Report report) throws Exception {
        double best = Double.MAX_VALUE;
        for (int restart = 0; restart < RESTARTS; restart++) {
            best = Math.min(best, plain(loaded.examples(), restart));
        }
        var ours = new ArrayList<Double>();
        for (long seed = 1; seed <= runs; seed++) {
            ours.add(new KMeans(new ClusterOptions(clusters, 300, 1e-5, 0, ClusterOptions.DEFAULT.starts()))
                    .prepare(loaded, Run.local(2).withSeed(seed))
                    .run()
                    .model()
                    .score(loaded.examples())
                    .getOrDefault("inertia", Double.NaN));
        }
        report.row(
                String.format(
                        Locale.ROOT,
                        "inertia: ours %s by seed, the best of %d %,.0f",
                        ours.stream()
                                .map(i -> String.format(Locale.ROOT, "%,.0f", i))
                                .toList(),
                        RESTARTS,
                        best),
                "name",
                "inertia by seed",
                "ours",
                ours,
                "best",
                best);
        figures.add(Figure.less(
                "kmeans, inertia",
                "",
                Figure.median(ours),
                best,
                "best of " + RESTARTS + " bare runs",
                runs,
                "the median over seeds, with the starts that are the default"));
    }

    /** Until it gets no better. */
    private double plain(Examples examples, long seed) {
        var plain = new PlainKMeans(examples, clusters, PlainKMeans.random(examples, clusters, seed));
        double before = Double.MAX_VALUE;
        double now = plain.iterate();
        for (int i = 0; i < 300 && before - now > 1e-5 * now; i++) {
            before = now;
            now = plain.iterate();
        }
        return now;
    }
}
