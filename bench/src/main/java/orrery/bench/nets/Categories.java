package orrery.bench.nets;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import orrery.bench.Figure;
import orrery.bench.Python;
import orrery.bench.Report;

/**
 * Nets over categories of data with the shape of Criteo's: 13 numbers and 26 fields, of which some have as many categories as users or pages.
 * Clicks depend on numbers, on categories and on pairs of these. One pass, by AdaGrad; PyTorch trains the same net on the same examples in the
 * same order of fields, with as many examples a step.
 */
final class Categories {
    private static final int NUMBERS = 13;
    private static final int[] SIZES = { // the small fields as Criteo's are, the large ones cut to two million
        1460, 583, 2_000_000, 2_000_000, 305, 24, 12_517, 633, 3, 93_145, 5683, 2_000_000, 3194, 27, 14_992, 2_000_000,
        10, 5652, 2173, 4, 2_000_000, 18, 15, 286_181, 105, 142_572
    };
    private static final int LARGE = 200_000; // from here on each category is as frequent as another
    private static final int LATENT = 4;
    private static final int STEP = 256; // examples, of all workers

    private final Python python;

    Categories(String command) {
        python = new Python(command);
    }

    /** The result of a training. */
    private record Reached(double auc, double loss, double rate, double seconds) {}

    void table(Report report, int examples, List<String> nets, List<Figure> figures) throws Exception {
        var folder = Files.createTempDirectory("categories");
        try {
            long rows = write(folder, "train", examples, 1);
            write(folder, "test", examples / 10, 2);
            report.say(String.format(
                    Locale.ROOT,
                    "%,d examples of %d numbers and %d fields, %,d different keys; %d examples a step of all workers",
                    examples,
                    NUMBERS,
                    SIZES.length,
                    rows,
                    STEP));
            boolean hasPeer = python.has("torch");
            for (var net : nets) {
                var alone = ours(folder, net, 1);
                var shared = ours(folder, net, 2);
                say(report, net, "one thread", alone);
                say(report, net, "two processes", shared);
                if (hasPeer) {
                    var theirs = theirs(folder, net);
                    say(report, net, "PyTorch, one thread", theirs);
                    figures.add(Figure.more(
                            net + ", one thread", "examples/CPU-s", alone.rate(), theirs.rate(), "PyTorch", 1, ""));
                    figures.add(Figure.more(
                            net + ", two processes",
                            "examples/CPU-s",
                            shared.rate(),
                            theirs.rate(),
                            "PyTorch",
                            1,
                            "the peer is on one thread, without a network"));
                    figures.add(Figure.more(net + ", one thread", "AUC", alone.auc(), theirs.auc(), "PyTorch", 1, ""));
                    figures.add(
                            Figure.more(net + ", two processes", "AUC", shared.auc(), theirs.auc(), "PyTorch", 1, ""));
                }
            }
        } finally {
            try (var all = Files.walk(folder)) {
                for (var file : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void say(Report report, String net, String how, Reached reached) {
        report.row(
                String.format(
                        Locale.ROOT,
                        "%-14s %-20s AUC %.4f  loss %.4f  %,8.0f examples a CPU second  %.0f s",
                        net,
                        how,
                        reached.auc(),
                        reached.loss(),
                        reached.rate(),
                        reached.seconds()),
                "net",
                net,
                "by",
                how,
                "auc",
                reached.auc(),
                "loss",
                reached.loss(),
                "examplesPerCpuSecond",
                reached.rate(),
                "seconds",
                reached.seconds());
    }

    // The data

    /** A number between -1 and 1 that follows from the arguments. */
    private static double of(long field, long category, int what) {
        return 2 * new SplittableRandom((field * 10_000_019 + category) * 31 + what).nextDouble() - 1;
    }

    /** Writes a file for us and one for the peer, and returns how many different keys there are. */
    private static long write(Path folder, String name, int examples, long seed) throws IOException {
        var random = new SplittableRandom(seed);
        var seen = new BitSet[SIZES.length];
        for (int f = 0; f < seen.length; f++) {
            seen[f] = new BitSet(SIZES[f]);
        }
        var bytes = ByteBuffer.allocate(Integer.BYTES * (1 + NUMBERS + SIZES.length))
                .order(ByteOrder.LITTLE_ENDIAN);
        try (var text = new PrintStream(
                        new BufferedOutputStream(Files.newOutputStream(folder.resolve(name + ".csv")), 1 << 20),
                        false,
                        StandardCharsets.UTF_8);
                var binary = FileChannel.open(
                        folder.resolve(name + ".bin"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            text.println(header());
            var line = new StringBuilder();
            var chunk = ByteBuffer.allocate(bytes.capacity() * 1000).order(ByteOrder.LITTLE_ENDIAN);
            for (int n = 0; n < examples; n++) {
                example(random, seen, line, chunk);
                text.println(line);
                if (!chunk.hasRemaining() || n == examples - 1) {
                    binary.write(chunk.flip());
                    chunk.clear();
                }
            }
        }
        long rows = 0;
        for (var of : seen) {
            rows += of.cardinality();
        }
        return rows;
    }

    private static String header() {
        var names = new ArrayList<>(List.of("label"));
        for (int i = 1; i <= NUMBERS; i++) {
            names.add("I" + i);
        }
        for (int f = 1; f <= SIZES.length; f++) {
            names.add("C" + f);
        }
        return String.join(",", names);
    }

    private static void example(SplittableRandom random, BitSet[] seen, StringBuilder line, ByteBuffer chunk) {
        double score = -1;
        var numbers = new float[NUMBERS];
        for (int i = 0; i < NUMBERS; i++) {
            numbers[i] = Math.round(1000 * random.nextGaussian()) / 1000f;
            score += 0.15 * of(100, i, 0) * numbers[i];
        }
        var categories = new int[SIZES.length];
        var sums = new double[LATENT];
        double squares = 0;
        for (int f = 0; f < SIZES.length; f++) {
            double u = random.nextDouble();
            categories[f] = (int) (SIZES[f] * (SIZES[f] >= LARGE ? u : u * u * u));
            seen[f].set(categories[f]);
            score += (SIZES[f] >= LARGE ? 0.1 : 0.7) * of(f, categories[f], 0);
            for (int d = 0; d < LATENT; d++) {
                double v = 0.25 * of(f, categories[f], d + 1);
                sums[d] += v;
                squares += v * v;
            }
        }
        for (double sum : sums) {
            score += sum * sum / 2;
        }
        score -= squares / 2;
        int label = random.nextDouble() < 1 / (1 + Math.exp(-score)) ? 1 : 0;
        line.setLength(0);
        line.append(label);
        chunk.putInt(label);
        for (float number : numbers) {
            line.append(',').append(number);
            chunk.putFloat(number);
        }
        int first = 0;
        for (int f = 0; f < SIZES.length; f++) {
            line.append(",c").append(Integer.toHexString(categories[f]));
            chunk.putInt(first + categories[f]);
            first += SIZES[f];
        }
    }

    // Both

    private static Reached ours(Path folder, String net, int members) throws Exception {
        var arguments = new ArrayList<>(List.of(
                folder.resolve("train.csv").toString(),
                "--test",
                folder.resolve("test.csv").toString(),
                "--net",
                net,
                "--rule",
                "adagrad",
                "--rate",
                "0.01",
                "--schedule",
                "constant",
                "--decay",
                "0",
                "--passes",
                "1",
                "--batch",
                String.valueOf(STEP / members),
                "--workers",
                String.valueOf(members)));
        if (members > 1) {
            arguments.addAll(List.of("--processes", String.valueOf(members)));
        }
        var reached = Command.train(folder, arguments);
        return new Reached(reached.metric("auc"), reached.metric("loss"), reached.rate(), reached.seconds());
    }

    private Reached theirs(Path folder, String net) throws IOException, InterruptedException {
        long rows = 0;
        for (int size : SIZES) {
            rows += size;
        }
        var said = python.run(
                Categories.class,
                "categories.py",
                PyTorch.KEEPS,
                List.of(
                        folder.toString(),
                        net,
                        String.valueOf(NUMBERS),
                        String.valueOf(SIZES.length),
                        String.valueOf(rows),
                        String.valueOf(STEP)));
        var words = said.lines()
                .filter(line -> line.startsWith("reached "))
                .findFirst()
                .orElseThrow(() -> new IOException("categories.py printed " + said))
                .split(" ", -1);
        return new Reached(
                Double.parseDouble(words[1]),
                Double.parseDouble(words[2]),
                Double.parseDouble(words[3]),
                Double.parseDouble(words[4]));
    }
}
