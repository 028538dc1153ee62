package orrery.bench.informed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import orrery.bench.Figure;
import orrery.data.Data;
import orrery.data.Graph;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench informed}. */
@Command(
        name = "informed",
        mixinStandardHelpOptions = true,
        description = "PageRank on several nodes, with ever more made of what is known of the accesses: from a general"
                + " key-value store to planned placement. CPU seconds and bytes over the wire per iteration.")
public final class InformedBench implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "GRAPH", description = "Files of edges (default: jdk-graph).")
    List<String> files = List.of();

    @Option(names = "--nodes", paramLabel = "N", description = "Nodes, a worker each (default: ${DEFAULT-VALUE}).")
    int members = 2;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        for (var file : files.isEmpty() ? List.of("jdk-graph") : files) {
            if (!file.equals("jdk-graph") && !Files.exists(Path.of(file))) {
                throw new IllegalArgumentException(file + ": no such file");
            }
            measure(file, Data.withDefaults().graph(file));
        }
        return 0;
    }

    private void measure(String name, Graph graph) throws Exception {
        var out = spec.commandLine().getOut();
        var ladder = new RankLadder(graph, members, members);
        Map<RankLadder.Level, List<Double>> cpu = new EnumMap<>(RankLadder.Level.class);
        Map<RankLadder.Level, RankLadder.Cost> last = new EnumMap<>(RankLadder.Level.class);
        for (int run = 0; run < runs; run++) {
            for (var level : RankLadder.levels()) {
                boolean isSlow = level == RankLadder.Level.GENERAL;
                var cost = ladder.measure(level, isSlow ? 2 : 100, isSlow ? 5 : 300);
                cpu.computeIfAbsent(level, l -> new ArrayList<>()).add(cost.cpuSeconds());
                last.put(level, cost);
            }
        }
        out.printf(Locale.ROOT, "%n%s: %s, %d nodes by TCP in one JVM%n", name, graph, members);
        out.println(
                "                                   CPU ms     step     all     KB on the wire     step    predicted");
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
            out.printf(
                    Locale.ROOT,
                    "  %-30s %9.3f %8s %7.1f %18.1f %8s %12s%n",
                    level.title,
                    1e3 * seconds,
                    before == 0 ? "" : String.format(Locale.ROOT, "%.1fx", before / seconds),
                    first / seconds,
                    cost.bytes() / 1e3,
                    bytesBefore == 0 ? "" : String.format(Locale.ROOT, "%.2fx", bytesBefore / cost.bytes()),
                    Double.isNaN(cost.predictedBytes())
                            ? ""
                            : String.format(Locale.ROOT, "%+.1f %%", 100 * (cost.predictedBytes() / cost.bytes() - 1)));
            before = seconds;
            bytesBefore = cost.bytes();
        }
    }
}
