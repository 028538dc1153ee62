package orrery.bench.reader;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import orrery.bench.Bench;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.ReadOptions;
import orrery.data.Stream;
import orrery.engine.event.RunEvent;
import orrery.engine.launch.Processes;
import orrery.engine.stage.Run;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.SoftmaxRegression;
import orrery.store.Place;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench reader}. */
@Command(
        name = "reader",
        mixinStandardHelpOptions = true,
        description = "Training on a file of four times the heap, read again at each pass, against the same from memory"
                + " in a JVM that has enough: softmax of 50 classes, 1 worker, one JVM each.")
public final class ReaderBench implements Callable<Integer> {
    private static final int CLASSES = 50;
    private static final int FEATURES = 20_000;
    private static final int PER_EXAMPLE = 80;
    private static final long BYTES_PER_NON_ZERO = 8;
    private static final int PASSES = 2;

    @Option(names = "--heap", paramLabel = "MIB", description = "Of the JVM that reads (default: ${DEFAULT-VALUE}).")
    int heap = 128;

    @Option(names = "--runs", paramLabel = "N", description = "Runs of each (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    /** Set in the JVMs that this one starts. */
    @Option(names = "--child", hidden = true)
    String child = "";

    @Option(names = "--file", hidden = true)
    String file = "";

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!child.isEmpty()) {
            var out = spec.commandLine().getOut();
            out.println(train(child.equals("stream"), Path.of(file)));
            out.flush();
            return 0;
        }
        long examples = 4L * heap * (1 << 20) / BYTES_PER_NON_ZERO / PER_EXAMPLE;
        var made = Files.createTempFile("orrery-reader", ".libsvm");
        try {
            write(made, examples);
            var ours = new ArrayList<Double>();
            var memory = new ArrayList<Double>();
            var ourCpu = new ArrayList<Double>();
            var memoryCpu = new ArrayList<Double>();
            for (int run = 0; run < runs; run++) {
                var streamed = jvm("stream", heap, made);
                var held = jvm("memory", 16 * heap + 512, made);
                ours.add(examples * PASSES / streamed[0]);
                memory.add(examples * PASSES / held[0]);
                ourCpu.add(streamed[1]);
                memoryCpu.add(held[1]);
            }
            String limit = String.format(
                    Locale.ROOT,
                    "%,d examples of %d features, %,d MiB packed, %,d MiB of text; heap %d MiB; a pass of what is in memory has"
                            + " no reading in it",
                    examples,
                    PER_EXAMPLE,
                    (examples * PER_EXAMPLE * BYTES_PER_NON_ZERO) >> 20,
                    Files.size(made) >> 20,
                    heap);
            try (var report = Report.of(spec, json)) {
                report.figures(List.of(
                        Figure.more(
                                "rate, read again at each pass",
                                "examples/s",
                                Figure.median(ours),
                                Figure.median(memory),
                                "from memory",
                                runs,
                                limit),
                        Figure.less(
                                "CPU of " + PASSES + " passes",
                                "s",
                                Figure.median(ourCpu),
                                Figure.median(memoryCpu),
                                "from memory",
                                runs,
                                limit)));
            }
        } finally {
            Files.deleteIfExists(made);
        }
        return 0;
    }

    private static void write(Path file, long examples) throws IOException {
        var random = new SplittableRandom(1);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            var line = new StringBuilder();
            for (long i = 0; i < examples; i++) {
                line.setLength(0);
                line.append(random.nextInt(CLASSES));
                int feature = 0;
                for (int k = 0; k < PER_EXAMPLE; k++) {
                    feature += 1 + random.nextInt(2 * FEATURES / PER_EXAMPLE - 2);
                    line.append(' ').append(Math.min(FEATURES - 1, feature)).append(":0.1");
                }
                out.append(line).append('\n');
            }
        }
    }

    /** Seconds of the passes, and of CPU, as another JVM tells. */
    private static double[] jvm(String child, int mebibytes, Path file) throws IOException, InterruptedException {
        var command = Processes.again(
                List.of("-Xmx" + mebibytes + "m"),
                Bench.class.getName(),
                List.of("reader", "--child", child, "--file", file.toString()));
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException("the JVM that was to train ended with " + process.exitValue() + ": " + text);
        }
        var numbers = text.substring(text.lastIndexOf('\n') + 1).split(" ", -1);
        return new double[] {Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1])};
    }

    private static String train(boolean isStreamed, Path file) throws Exception {
        var learner =
                new SoftmaxRegression(LinearOptions.plain().withPasses(PASSES).withBatch(1024));
        long[] since = new long[2];
        double[] taken = new double[2];
        var run = Run.local(1).listening(event -> {
            if (event instanceof RunEvent.StageStarted) {
                since[0] = System.nanoTime();
                since[1] = Cpu.nanos();
            }
            if (event instanceof RunEvent.StageEnded) {
                taken[0] = (System.nanoTime() - since[0]) / 1e9;
                taken[1] = (Cpu.nanos() - since[1]) / 1e9;
            }
        });
        if (isStreamed) {
            var stream = Stream.survey(List.of(Place.of(file)), Stream.PIECE, 1);
            learner.prepare(stream, List.of("here"), run).run();
        } else {
            var data = Data.parse(file, ReadOptions.defaults(), null, true);
            learner.prepare(data, Optional.empty(), run).run();
        }
        return taken[0] + " " + taken[1];
    }
}
