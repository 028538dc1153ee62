package orrery.bench.informed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import orrery.bench.Crew;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.bench.factor.Generated;
import orrery.data.Data;
import orrery.data.DocumentOptions;
import orrery.data.Examples;
import orrery.data.Graph;
import orrery.data.ListOptions;
import orrery.table.plan.Placing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench informed}. */
@Command(
        name = "informed",
        mixinStandardHelpOptions = true,
        description =
                "PageRank on several processes, with ever more made of what is known of the accesses: from a general"
                        + " key-value store to planned placement. CPU seconds and bytes over the wire per iteration.")
public final class InformedBench implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "DATA", description = "Files of edges (default: jdk-graph), or documents.")
    List<String> files = List.of();

    @Option(names = "--factor", description = "Matrix factorisation in place of ranking.")
    boolean factor;

    @Option(names = "--lda", description = "Topics of documents in place of ranking (default: jdk-words).")
    boolean lda;

    @Option(names = "--topics", paramLabel = "K", description = "With --lda (default: ${DEFAULT-VALUE}).")
    int topics = 1_000;

    @Option(names = "--nodes", paramLabel = "N", description = "Processes, a worker each (default: ${DEFAULT-VALUE}).")
    int members = 2;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Option(names = "--hot", description = "What gathering the adds to hot rows is worth, in place of all else.")
    boolean hot;

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json)) {
            if (hot) {
                HotRows.measure(report, runs);
                return 0;
            }
            if (Crew.isToLead()) {
                int status = report.lead(spec, members);
                if (lda && status == 0) {
                    cache(report);
                }
                return status;
            }
            return climb(report);
        }
    }

    /** What the ladder needs no crew for. */
    private void cache(Report report) throws Exception {
        for (var name : documents()) {
            new TopicLadder(read(name), topics, 1).cached(report, runs);
        }
    }

    private List<String> documents() {
        return files.isEmpty() ? List.of("jdk-words") : files;
    }

    private static Examples read(String name) throws Exception {
        return Data.withDefaults().documents(name, DocumentOptions.FOUND).examples();
    }

    private int climb(Report report) throws Exception {
        if (factor) {
            for (int rank : new int[] {100, 500}) {
                var generated = Generated.of(20_000, 4_000, 200_000, 8, 0.5, 0.8, 1);
                var ratings = generated.ratings();
                var ladder = new FactorLadder(ratings, rank, members, FactorLadder.even(20_000, members));
                tell(report, "20,000 x 4,000, 200,000 ratings, rank " + rank, ladder::measure, 1, 3, 5, 30);
            }
            shared(report);
            return 0;
        }
        if (lda) {
            for (var name : documents()) {
                var documents = read(name);
                var ladder = new TopicLadder(documents, topics, members);
                var what = name + ": " + documents + ", " + topics + " topics";
                tell(report, what, ladder::measure, 1, 2, 2, 8);
            }
            return 0;
        }
        for (var file : files.isEmpty() ? List.of("jdk-graph") : files) {
            if (!file.equals("jdk-graph") && !Files.exists(Path.of(file))) {
                throw new IllegalArgumentException(file + ": no such file");
            }
            measure(
                    report,
                    file,
                    Data.withDefaults().graph(file, ListOptions.defaults()).value());
        }
        return 0;
    }

    /** Bytes on the shape on which placement pays, by the rule that places. */
    private void shared(Report report) throws Exception {
        var ratings = FactorLadder.local(20_000, 4_000, 400, 200_000, members, 1);
        var ladder = new FactorLadder(ratings, 500, members, FactorLadder.even(20_000, members));
        report.say("");
        report.say("90/10: " + ratings + ", 400 items shared, rank 500, six clocks");
        report.say("  placement         remote rows      MB sent      of these pushes   predicted");
        for (var placing : Placing.values()) {
            var plan = ladder.plan(placing).of("items").orElseThrow();
            var cost = ladder.measure(RankLadder.Level.PLACED, placing, 4, 40);
            long remote = Arrays.stream(plan.rowsUsed()).sum()
                    - Arrays.stream(plan.rowsAtHome()).sum();
            report.row(
                    String.format(
                            Locale.ROOT,
                            "  %-16s %,12d %12.2f %16.2f %+11.1f %%",
                            placing,
                            remote,
                            6 * cost.bytes() / 1e6,
                            6 * plan.pushed() * 2000 / 1e6,
                            100 * (cost.predictedBytes() / cost.bytes() - 1)),
                    "name",
                    "90/10, rank 500, six clocks",
                    "placement",
                    placing.toString(),
                    "remoteRows",
                    remote,
                    "bytesSent",
                    6 * cost.bytes(),
                    "bytesOfPushes",
                    6.0 * plan.pushed() * 2000,
                    "bytesPredicted",
                    6 * cost.predictedBytes());
        }
    }

    private void measure(Report report, String name, Graph graph) throws Exception {
        var ladder = new RankLadder(graph, members, members);
        tell(
                report,
                name + ": " + graph,
                (level, placing, warmUps, n) -> ladder.measure(level, warmUps, n),
                2,
                5,
                100,
                300);
    }

    /** Measures a level. */
    @FunctionalInterface
    private interface Ladder {
        RankLadder.Cost measure(RankLadder.Level level, Placing placing, int warmUps, int clocks) throws Exception;
    }

    /** The slowest level does fewer clocks; the others all the same, and so must have come to the same. */
    private static void checkThatAllDidTheSame(Map<RankLadder.Level, RankLadder.Cost> costs) {
        var due = costs.get(RankLadder.Level.PREFETCH);
        costs.forEach((level, cost) -> {
            if (due != null
                    && level != RankLadder.Level.GENERAL
                    && !(Math.abs(cost.check() - due.check()) <= 1e-4 * Math.abs(due.check()))) {
                throw new IllegalStateException(
                        level.title + " came to " + cost.check() + ", another level to " + due.check());
            }
        });
    }

    private void tell(
            Report report, String what, Ladder ladder, int slowWarmUps, int slowClocks, int warmUps, int clocks)
            throws Exception {
        Map<RankLadder.Level, List<Double>> cpu = new EnumMap<>(RankLadder.Level.class);
        Map<RankLadder.Level, RankLadder.Cost> last = new EnumMap<>(RankLadder.Level.class);
        for (int run = 0; run < runs; run++) {
            for (var level : RankLadder.levels()) {
                boolean isSlow = level == RankLadder.Level.GENERAL;
                var placing = level == RankLadder.Level.PLACED ? Placing.FEWEST_BYTES : Placing.HASH;
                var cost = ladder.measure(level, placing, isSlow ? slowWarmUps : warmUps, isSlow ? slowClocks : clocks);
                cpu.computeIfAbsent(level, l -> new ArrayList<>()).add(cost.cpuSeconds());
                last.put(level, cost);
            }
        }
        report.say("");
        report.say(what + ", " + members + " processes, a worker each, over TCP");
        report.say(
                "                                   CPU ms     step     all     KB on the wire     step    predicted");
        checkThatAllDidTheSame(last);
        double first = 0;
        double before = 0;
        double bytesBefore = 0;
        for (var level : RankLadder.levels()) {
            var cost = last.get(level);
            double seconds = Figure.median(cpu.getOrDefault(level, List.of()));
            if (cost == null) {
                continue;
            }
            first = first == 0 ? seconds : first;
            report.row(
                    String.format(
                            Locale.ROOT,
                            "  %-30s %9.3f %8s %7.1f %18.1f %8s %12s",
                            level.title,
                            1e3 * seconds,
                            before == 0 ? "" : String.format(Locale.ROOT, "%.1fx", before / seconds),
                            first / seconds,
                            cost.bytes() / 1e3,
                            bytesBefore == 0 ? "" : String.format(Locale.ROOT, "%.2fx", bytesBefore / cost.bytes()),
                            Double.isNaN(cost.predictedBytes())
                                    ? ""
                                    : String.format(
                                            Locale.ROOT, "%+.1f %%", 100 * (cost.predictedBytes() / cost.bytes() - 1))),
                    "name",
                    level.title,
                    "data",
                    what,
                    "processes",
                    members,
                    "cpuSecondsPerClock",
                    seconds,
                    "bytesPerClock",
                    cost.bytes(),
                    "bytesPredicted",
                    Double.isNaN(cost.predictedBytes()) ? null : cost.predictedBytes(),
                    "runs",
                    runs);
            before = seconds;
            bytesBefore = cost.bytes();
        }
    }
}
