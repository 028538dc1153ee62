package orrery.bench.rank;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import orrery.bench.BetweenCuts;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Graph;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.learn.rank.PageRank;
import orrery.learn.rank.PageRankOptions;
import orrery.learn.rank.Ranks;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench rank}. */
@Command(
        name = "rank",
        mixinStandardHelpOptions = true,
        description = "Ranking a Kronecker graph: edges per CPU second against a bare loop over compressed rows.")
public final class RankBench implements Callable<Integer> {
    private static final double DAMPING = 0.85;
    private static final int BETWEEN_CUTS = 10; // iterations
    private static final int MEASURED = 40;

    @Option(names = "--scale", paramLabel = "N", description = "2^N nodes (default: ${DEFAULT-VALUE}).")
    int scale = 20;

    @Option(names = "--degree", paramLabel = "N", description = "Edges per node, each both ways (default: 16).")
    int degree = 16;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 5;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var graph = Kronecker.graph(scale, degree, 1);
        double edges = graph.edges() / 1e6;
        var bare = new ArrayList<Double>();
        var ours = new ArrayList<Double>();
        var wallOne = new ArrayList<Double>();
        var wallTwo = new ArrayList<Double>();
        for (int run = -1; run < runs; run++) { // the first warms up
            double ofBare = Cpu.seconds(() -> bare(graph, MEASURED)) / MEASURED;
            var one = measure(graph, 1);
            var two = measure(graph, 2);
            if (run >= 0) {
                bare.add(edges / ofBare);
                ours.add(edges / one.cpu());
                wallOne.add(one.wall());
                wallTwo.add(two.wall());
            }
        }
        var exact = bare(graph, 25);
        var ranks = ranks(graph, 25, 2, event -> {}).ranks();
        double error = 0;
        for (int v = 0; v < exact.length; v++) {
            error = Math.max(error, Math.abs(exact[v] - ranks[v]));
        }
        var figures = List.of(
                Figure.more(
                        "pagerank, one worker",
                        "M edges/CPU-s",
                        Figure.median(ours),
                        Figure.median(bare),
                        "bare loop over arrays",
                        runs,
                        "CPU time of " + MEASURED + " iterations once a run is under way; all JVM threads count"),
                Figure.less(
                        "pagerank, an iteration, two workers",
                        "s",
                        Figure.median(wallTwo),
                        Figure.median(wallOne),
                        "one worker",
                        runs,
                        "wall time depends on who else uses the machine"));
        double tax = 1 / figures.getFirst().ratio();
        try (var report = Report.of(spec, json)) {
            report.say(graph.toString());
            report.figures(figures);
            report.row(
                    String.format(Locale.ROOT, "tax: %.3f; largest difference to the bare loop: %.1e", tax, error),
                    "name",
                    "pagerank, against the bare loop",
                    "tax",
                    tax,
                    "largestDifference",
                    error);
        }
        return 0;
    }

    /** An iteration, between the first cut of a run and its last. */
    private static BetweenCuts.Seconds measure(Graph graph, int workers) throws Exception {
        var cuts = new BetweenCuts();
        ranks(graph, MEASURED + BETWEEN_CUTS - 1, workers, cuts);
        return cuts.each(BETWEEN_CUTS);
    }

    private static Ranks ranks(Graph graph, int iterations, int workers, Consumer<RunEvent> listener) throws Exception {
        var options = new PageRankOptions(DAMPING, 0, iterations, List.of());
        return new PageRank(options)
                .prepare(graph, Run.local(workers).listening(listener))
                .run()
                .model();
    }

    /** The same algorithm on plain arrays. */
    private static float[] bare(Graph graph, int iterations) {
        int n = graph.nodes();
        var ranks = new float[n];
        var shares = new float[n];
        Arrays.fill(ranks, 1f / n);
        for (int i = 0; i < iterations; i++) {
            iterate(graph, ranks, shares);
        }
        return ranks;
    }

    private static void iterate(Graph graph, float[] ranks, float[] shares) {
        int n = ranks.length;
        int[] starts = graph.starts();
        int[] sources = graph.sources();
        int[] degrees = graph.outDegree();
        double dead = 0;
        for (int v = 0; v < n; v++) {
            dead += degrees[v] == 0 ? ranks[v] : 0;
            shares[v] = ranks[v] / Math.max(1, degrees[v]);
        }
        float begun = (float) ((1 - DAMPING + DAMPING * dead) / n);
        for (int v = 0; v < n; v++) {
            int k = starts[v];
            int end = starts[v + 1];
            float a = 0, b = 0, c = 0, d = 0; // in the order in which ours adds
            for (; k + 3 < end; k += 4) {
                a += shares[sources[k]];
                b += shares[sources[k + 1]];
                c += shares[sources[k + 2]];
                d += shares[sources[k + 3]];
            }
            for (; k < end; k++) {
                a += shares[sources[k]];
            }
            ranks[v] = begun + (float) DAMPING * ((a + b) + (c + d));
        }
    }
}
