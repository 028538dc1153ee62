package orrery.bench.parsing;

import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Problem;
import de.siegmar.fastcsv.reader.CsvReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.ReadOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench parsing}. */
@Command(
        name = "parsing",
        mixinStandardHelpOptions = true,
        description = "MB of libsvm and CSV that are parsed in a CPU second: ours against liblinear-java's reader, and"
                + " against FastCSV with the JDK's numbers.")
public final class ParsingBench implements Callable<Integer> {
    private static final int MEGABYTES = 48;

    /** Writes a line. */
    @FunctionalInterface
    private interface Line {
        void append(StringBuilder text, SplittableRandom random);
    }

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Interleaved runs, of which the median counts (default: ${DEFAULT-VALUE}).")
    int runs = 7;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Linear.disableDebugOutput();
        var figures = new ArrayList<Figure>();
        figures.add(measure(
                "libsvm, 40 features a line",
                "x.libsvm",
                "",
                ParsingBench::libsvm,
                "liblinear-java",
                file -> Problem.readFromFile(file, 1)));
        String numbers = "label,a,b,c,d,e,f,g,h,i,j,k,l";
        figures.add(measure(
                "CSV, 12 numbers a line",
                "numbers.csv",
                numbers,
                ParsingBench::numbers,
                "FastCSV",
                file -> csv(file, 13)));
        String mixed = "label,n,m,color,town,when,score";
        figures.add(measure(
                "CSV, numbers and categories",
                "mixed.csv",
                mixed,
                ParsingBench::mixed,
                "FastCSV",
                file -> csv(file, 3)));
        try (var report = Report.of(spec, json)) {
            report.figures(figures);
        }
        return 0;
    }

    private static void libsvm(StringBuilder text, SplittableRandom random) {
        text.append(random.nextInt(2));
        for (int f = 1; f <= 40; f++) {
            text.append(' ').append(f * 25 + random.nextInt(25)).append(':');
            text.append(String.format(Locale.ROOT, "%.4f", random.nextDouble()));
        }
    }

    private static void numbers(StringBuilder text, SplittableRandom random) {
        text.append(random.nextInt(2));
        for (int f = 0; f < 12; f++) {
            text.append(',').append(String.format(Locale.ROOT, "%.4f", 100 * random.nextGaussian()));
        }
    }

    private static void mixed(StringBuilder text, SplittableRandom random) {
        text.append(random.nextInt(2))
                .append(String.format(Locale.ROOT, ",%.3f,%d", random.nextGaussian(), random.nextInt(10_000)))
                .append(",color ")
                .append(random.nextInt(20))
                .append(",\"town, no. ")
                .append(random.nextInt(3000))
                .append("\",2026-")
                .append(10 + random.nextInt(3))
                .append('-')
                .append(10 + random.nextInt(19))
                .append(String.format(Locale.ROOT, ",%.2f", random.nextDouble()));
    }

    /** Reads a file in the peer's way. */
    @FunctionalInterface
    private interface Peer {
        void read(Path file) throws Exception;
    }

    /** All fields as texts, the first so many as numbers. */
    private static void csv(Path file, int numbers) throws IOException {
        double sum = 0;
        try (var reader = CsvReader.builder().ofCsvRecord(file)) {
            boolean isFirst = true;
            for (var row : reader) {
                for (int c = 0; c < numbers && !isFirst; c++) {
                    sum += Double.parseDouble(row.getField(c));
                }
                isFirst = false;
            }
        }
        if (Double.isNaN(sum)) {
            throw new IllegalStateException("not a number");
        }
    }

    private Figure measure(String name, String fileName, String header, Line line, String peerName, Peer peer)
            throws Exception {
        var folder = Files.createTempDirectory("orrery-parsing");
        var file = folder.resolve(fileName);
        try {
            write(file, header, line);
            double megabytes = Files.size(file) / 1e6;
            var ours = new ArrayList<Double>();
            var theirs = new ArrayList<Double>();
            for (int run = -2; run < runs; run++) {
                double mine = Cpu.seconds(() -> Data.parse(file, ReadOptions.defaults(), null, true));
                double other = Cpu.seconds(() -> peer.read(file));
                if (run >= 0) {
                    ours.add(megabytes / mine);
                    theirs.add(megabytes / other);
                }
            }
            return Figure.more(
                    name,
                    "MB/CPU-s",
                    Figure.median(ours),
                    Figure.median(theirs),
                    peerName,
                    runs,
                    "files of 48 MB in the page cache; ours to packed examples, standardised and hashed, CPU of all threads;"
                            + " FastCSV to texts and doubles that nobody keeps");
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private static void write(Path file, String header, Line line) throws IOException {
        var random = new SplittableRandom(1);
        long bytes = 0;
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            if (!header.isEmpty()) {
                out.write(header + "\n");
            }
            var text = new StringBuilder();
            while (bytes < MEGABYTES * 1_000_000L) {
                text.setLength(0);
                line.append(text, random);
                text.append('\n');
                out.write(text.toString());
                bytes += text.length();
            }
        }
    }
}
