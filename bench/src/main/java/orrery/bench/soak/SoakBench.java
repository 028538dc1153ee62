package orrery.bench.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import orrery.bench.Report;
import orrery.engine.launch.Processes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A training by processes that goes on and on, and what each process holds at its begin and at its end. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        description = "Trains by two processes for a while, and prints what each holds of heap, memory, threads and"
                + " descriptors, in the first third of the time and in the last.")
public final class SoakBench implements Callable<Integer> {
    private static final int EXAMPLES = 20_000;
    private static final int WARM_UP = 2; // minutes in which classes are loaded and loops compiled
    private static final List<String> FLAGS =
            List.of("-Xmx512m", "-XX:+UseParallelGC", "-XX:+UseCompactObjectHeaders", "-XX:-UsePerfData");

    @Option(names = "--minutes", description = "How long (default: ${DEFAULT-VALUE}).")
    double minutes = 30;

    @Option(names = "--every", description = "Seconds between two samples (default: ${DEFAULT-VALUE}).")
    int every = 30;

    @Option(names = "--json", description = "Print JSON and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var folder = Files.createTempDirectory("orrery-soak");
        try (var report = Report.of(spec, json)) {
            soak(folder, report);
        } finally {
            try (var files = Files.walk(folder)) {
                for (var file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
        return 0;
    }

    private void soak(Path folder, Report report) throws IOException, InterruptedException {
        var data = write(folder.resolve("data.libsvm"));
        var run = folder.resolve("run");
        var builder = new ProcessBuilder(Processes.again(
                        FLAGS,
                        "orrery.app.Orrery",
                        List.of(
                                "train",
                                "lr",
                                data.toString(),
                                "--passes",
                                "1000000",
                                "--batch",
                                "100",
                                "--workers",
                                "4",
                                "--processes",
                                "2",
                                "--no-cache",
                                "--quiet",
                                "--checkpoint-every",
                                "10",
                                "--run",
                                run.toString())))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().put("ORRERY_JAVA_OPTS", String.join(" ", FLAGS));
        var coordinator = builder.start();
        try {
            var samples = new LinkedHashMap<String, List<Sample>>();
            long begun = System.nanoTime();
            long end = begun + (long) (minutes * 60e9);
            TimeUnit.SECONDS.sleep((long) Math.min(60.0 * WARM_UP, minutes * 20));
            var members =
                    coordinator.children().map(ProcessHandle::pid).sorted().toList();
            while (System.nanoTime() < end) {
                if (!coordinator.isAlive()) {
                    throw new IOException("the training has ended: " + Files.readString(folder.resolve("log")));
                }
                sample(samples, "coordinator", coordinator.pid());
                for (int m = 0; m < members.size(); m++) {
                    sample(samples, "member " + (m + 1), members.get(m));
                }
                TimeUnit.SECONDS.sleep(every);
            }
            report.say(String.format(
                    Locale.ROOT,
                    "%.1f minutes, %d samples of each process; medians of the first third of them and of the last",
                    minutes,
                    samples.values().iterator().next().size()));
            samples.forEach((process, all) -> tell(report, process, all));
        } finally {
            coordinator.children().forEach(ProcessHandle::destroyForcibly);
            coordinator.destroyForcibly().waitFor();
        }
    }

    private static void sample(Map<String, List<Sample>> samples, String process, long pid)
            throws IOException, InterruptedException {
        samples.computeIfAbsent(process, p -> new ArrayList<>()).add(Sample.of(pid));
    }

    private static void tell(Report report, String process, List<Sample> all) {
        int third = Math.max(1, all.size() / 3);
        var first = all.subList(0, third);
        var last = all.subList(all.size() - third, all.size());
        Map<String, ToDoubleFunction<Sample>> kinds = new LinkedHashMap<>();
        kinds.put("live heap, MiB", Sample::liveMib);
        kinds.put("resident, MiB", Sample::residentMib);
        kinds.put("threads", Sample::threads);
        kinds.put("descriptors", Sample::descriptors);
        kinds.forEach((kind, of) -> {
            double before = median(first, of);
            double after = median(last, of);
            report.row(
                    String.format(Locale.ROOT, "%-12s %-16s %8.1f %8.1f", process, kind, before, after),
                    "process",
                    process,
                    "what",
                    kind,
                    "first",
                    before,
                    "last",
                    after);
        });
    }

    private static double median(List<Sample> samples, ToDoubleFunction<Sample> of) {
        var values = samples.stream().mapToDouble(of).sorted().toArray();
        return values[values.length / 2];
    }

    private static Path write(Path file) throws IOException {
        var random = new SplittableRandom(1);
        var text = new StringBuilder();
        for (int i = 0; i < EXAMPLES; i++) {
            double x = random.nextGaussian();
            double y = random.nextGaussian();
            text.append(x + y > 0 ? 1 : -1).append(String.format(Locale.ROOT, " 1:%.4f 2:%.4f\n", x, y));
        }
        Files.writeString(file, text);
        return file;
    }
}
