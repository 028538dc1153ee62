package orrery.bench.start;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import orrery.bench.Figure;
import orrery.bench.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench start}. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        description =
                "Whole commands, from the shell to their end: against the same without what the JDK has recorded, and a"
                        + " training against liblinear's where liblinear-train is on the path.")
public final class StartBench implements Callable<Integer> {
    private static final String PLAIN = "-XX:AOTMode=off -XX:CompileThresholdScaling=1"; // what is given last counts
    private static final Pattern TIMES = Pattern.compile("(\\d+)m([\\d.]+)s");
    private static final int EXAMPLES = 30_000;

    @Parameters(arity = "0..1", paramLabel = "DATA", description = "Two classes, libsvm (default: generated).")
    String data = "";

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 5;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** Seconds of a command, and of CPU of all its processes. */
    private record Cost(double wall, double cpu) {}

    @Override
    public Integer call() throws Exception {
        var orrery = Path.of(System.getProperty("orrery.root", "."), "orrery")
                .toAbsolutePath()
                .toString();
        var folder = Files.createTempDirectory("orrery-start");
        var file = data.isEmpty()
                ? generated(folder)
                : Path.of(data).toAbsolutePath().toString();
        var figures = new ArrayList<Figure>();
        try (var report = Report.of(spec, json)) {
            compare("--help", List.of(orrery, "--help"), folder, figures);
            compare("train lr", List.of(orrery, "train", "lr", file), folder, figures);
            compare(
                    "train lr, 2 processes",
                    List.of(orrery, "train", "lr", file, "--workers", "2", "--processes", "2"),
                    folder,
                    figures);
            liblinear(List.of(orrery, "train", "lr", file, "--solver", "dual"), file, folder, figures);
            report.figures(figures);
        }
        return 0;
    }

    private void compare(String name, List<String> command, Path folder, List<Figure> figures) throws Exception {
        var ours = new ArrayList<Cost>();
        var plain = new ArrayList<Cost>();
        for (int run = -1; run < runs; run++) { // the first may have to build, record and parse
            var with = cost(command, "", folder);
            var without = cost(command, PLAIN, folder);
            if (run >= 0) {
                ours.add(with);
                plain.add(without);
            }
        }
        add(name, ours, plain, "nothing recorded", figures);
    }

    private void liblinear(List<String> command, String file, Path folder, List<Figure> figures) throws Exception {
        var peer = List.of("liblinear-train", "-q", "-s", "7", "-B", "1", file, "model");
        var ours = new ArrayList<Cost>();
        var theirs = new ArrayList<Cost>();
        try {
            for (int run = -1; run < runs; run++) {
                var other = cost(peer, "", folder);
                var own = cost(command, "", folder);
                if (run >= 0) {
                    theirs.add(other);
                    ours.add(own);
                }
            }
        } catch (IOException e) {
            return; // it is not here
        }
        add("train lr --solver dual", ours, theirs, "liblinear-train -s 7", figures);
    }

    private void add(String name, List<Cost> ours, List<Cost> peers, String peer, List<Figure> figures) {
        String limit = "whole processes, the shell's start among them; the first run of each is not counted";
        figures.add(Figure.less(name, "s", median(ours, true), median(peers, true), peer, runs, limit));
        figures.add(Figure.less(name, "CPU-s", median(ours, false), median(peers, false), peer, runs, limit));
    }

    private static double median(List<Cost> costs, boolean wall) {
        return Figure.median(
                costs.stream().map(cost -> wall ? cost.wall() : cost.cpu()).toList());
    }

    /** Runs a command by a shell, which says in the end what its children have used. */
    private static Cost cost(List<String> command, String options, Path folder) throws Exception {
        var shell = new ArrayList<>(List.of("sh", "-c", "\"$@\" >/dev/null 2>&1 || exit 1; times", "sh"));
        shell.addAll(command);
        var builder = new ProcessBuilder(shell).directory(folder.toFile());
        builder.environment().put("ORRERY_JAVA_OPTS", options);
        long start = System.nanoTime();
        var process = builder.start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed");
        }
        double wall = (System.nanoTime() - start) / 1e9;
        double cpu = 0;
        var found = TIMES.matcher(said.lines().skip(1).findFirst().orElse("")); // the first line is the shell's own
        while (found.find()) {
            cpu += 60 * Double.parseDouble(found.group(1)) + Double.parseDouble(found.group(2));
        }
        return new Cost(wall, cpu);
    }

    private static String generated(Path folder) throws IOException {
        var random = new SplittableRandom(1);
        var text = new StringBuilder();
        for (int i = 0; i < EXAMPLES; i++) {
            var features = new StringBuilder();
            double sum = random.nextGaussian();
            for (int f = 1 + random.nextInt(10); f <= 120; f += 1 + random.nextInt(16)) {
                features.append(String.format(Locale.ROOT, " %d:1", f));
                sum += f % 3 - 1;
            }
            text.append(sum > 0 ? "+1" : "-1").append(features).append('\n');
        }
        return Files.writeString(folder.resolve("examples.libsvm"), text).toString();
    }
}
