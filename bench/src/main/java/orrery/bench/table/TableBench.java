package orrery.bench.table;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import orrery.bench.Figure;
import orrery.bench.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench table}. */
@Command(
        name = "table",
        mixinStandardHelpOptions = true,
        description = "Push and pull of 1,000 keys, row kernels; 1 and 2 workers. Four minutes.")
public final class TableBench implements Callable<Integer> {
    private static final int RUNS = 5; // iterations of a second each
    private static final String LIMIT =
            "one JVM, Add under Asp, 10 M floats, no network; CPU time of the whole process, which includes JIT and GC";
    private static final String KEYS = "making the fresh keys is measured by itself and taken off both sides";

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Option(names = "--only", paramLabel = "REGEX", description = "Run only the figures whose name matches.")
    String only = ".*";

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private final Map<String, Double> cpuMicros = new HashMap<>();
    private final Map<String, Double> throughput = new HashMap<>();

    @Override
    public Integer call() throws IOException, RunnerException {
        for (int threads : new int[] {1, 2}) {
            keep(run(threads, threads == 1 ? "TableMicro\\..*" : "TableMicro\\.pushPull.*"), threads);
        }
        var figures = new ArrayList<Figure>();
        double keys = of(cpuMicros, "makeKeys", 1);
        for (var what : List.of("pushPullFresh", "gatherFresh", "scatterAddFresh")) {
            figures.add(Figure.less(
                    what + ", 1,000 keys",
                    "us CPU",
                    of(cpuMicros, what, 1) - keys,
                    of(cpuMicros, what + "Bare", 1) - keys,
                    "bare array",
                    RUNS,
                    KEYS));
        }
        figures.add(Figure.less(
                "pushPullRepeated, 1,000 keys",
                "us CPU",
                of(cpuMicros, "pushPullRepeated", 1),
                of(cpuMicros, "pushPullRepeatedBare", 1),
                "bare array",
                RUNS,
                LIMIT));
        for (var what : List.of("pushPullFresh", "pushPullRepeated")) {
            figures.add(Figure.more(
                    what + ", 2 workers",
                    "batches/s",
                    of(throughput, what, 2),
                    of(throughput, what, 1),
                    "1 worker",
                    RUNS,
                    "2 workers want 2 quiet cores: the machine's other load shows"));
        }
        for (int width : new int[] {16, 64, 256}) {
            String what = "rowKernels." + width;
            figures.add(
                    Figure.less(
                            "256 rows of " + width + ", sum and update",
                            "us CPU",
                            of(cpuMicros, what, 1),
                            of(cpuMicros, what.replace("Kernels", "KernelsBare"), 1),
                            "bare array",
                            RUNS,
                            "the rows' updates go through an outbox, as rules with state need it; the bare array is changed at once"));
        }
        try (var report = Report.of(spec, json)) {
            report.figures(figures.stream().filter(f -> f.name().matches(only)).toList());
        }
        return 0;
    }

    private static Collection<RunResult> run(int threads, String include) throws RunnerException {
        return new Runner(new OptionsBuilder()
                        .include(include)
                        .threads(threads)
                        .addProfiler(CpuProfiler.class)
                        .jvmArgsAppend(
                                "-XX:+UseParallelGC", "-Xms3g", "-Xmx3g", "--sun-misc-unsafe-memory-access=allow")
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
    }

    private void keep(Collection<RunResult> results, int threads) {
        for (var result : results) {
            String name = result.getPrimaryResult().getLabel();
            String width = result.getParams().getParam("width");
            String key = name + (width == null ? "" : "." + width) + "/" + threads;
            throughput.put(key, result.getPrimaryResult().getScore());
            var cpu = result.getSecondaryResults().get(CpuProfiler.LABEL);
            cpuMicros.put(key, cpu == null ? Double.NaN : cpu.getScore() / 1000);
        }
    }

    private static double of(Map<String, Double> scores, String name, int threads) {
        return scores.getOrDefault(name + "/" + threads, Double.NaN);
    }
}
