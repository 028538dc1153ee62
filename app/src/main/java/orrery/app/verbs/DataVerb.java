package orrery.app.verbs;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import orrery.app.apps.Applications;
import orrery.app.flags.DataFlags;
import orrery.app.flags.EdgeColumns;
import orrery.app.flags.RatingColumns;
import orrery.app.flags.UsageException;
import orrery.app.run.Shown;
import orrery.app.run.Terminal;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.Description;
import orrery.data.LibsvmFile;
import orrery.data.ListFile;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.store.Json;
import orrery.store.Printable;
import orrery.store.Readers;
import orrery.store.Unwritable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Data by name: looked at, fetched, converted. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        subcommands = CommandLine.HelpCommand.class,
        description = "Describes, converts, lists and fetches data.")
public final class DataVerb implements Runnable {
    private static final int MOST_CLASSES = 20; // printed

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private static Catalogue catalogue() {
        return new Catalogue(Cache.defaultFolder());
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "what about data? describe DATA, convert DATA FILE, list, or get NAME");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the sets that have a name.")
    void list() {
        var out = spec.commandLine().getOut();
        for (var entry : catalogue().entries()) {
            String state = catalogue().isHere(entry) ? "here" : "orrery data get " + entry.name();
            out.printf(
                    "%-10s  %s%n%-10s  from: %s%n%-10s  %s%n",
                    entry.name(), entry.description(), "", entry.origin(), "", state);
        }
    }

    @Command(
            name = "describe",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Prints how data is read, and what is in it: counts, missing values, bounds, the label's"
                    + " distribution.")
    void describe(
            @Parameters(
                            paramLabel = "DATA",
                            description = "A file, a folder of part files, a name, or - for standard input.")
                    String data,
            @Option(names = "--json", description = "Print one JSON object.") boolean json,
            @Mixin DataFlags reading)
            throws IOException {
        var description = reading.data().describe(data, reading.options());
        var out = spec.commandLine().getOut();
        if (json) {
            var map = new LinkedHashMap<String, Object>();
            map.put("data", data);
            map.putAll(description.toMap());
            out.println(Json.line(map));
        } else {
            print(Terminal.of(out), description);
        }
    }

    private static void print(PrintWriter out, Description description) {
        description.reading().lines().forEach(out::println);
        out.printf(Locale.ROOT, "%,d examples%n", description.examples());
        description.facts().forEach((name, value) -> out.println(name + " " + shown(value)));
        if (!description.columns().isEmpty()) {
            out.printf(
                    "%n%-24s %-12s %10s %8s %12s %12s %12s %9s%n",
                    "column", "role", "count", "missing", "min", "mean", "max", "distinct");
        }
        for (var column : description.columns()) {
            boolean isNumeric = !Double.isNaN(column.mean());
            out.printf(
                    Locale.ROOT,
                    "%-24s %-12s %10d %8d %12s %12s %12s %9s%s%n",
                    Printable.of(column.name()),
                    column.role(),
                    column.count(),
                    column.missing(),
                    isNumeric ? Shown.number(column.min()) : "",
                    isNumeric ? Shown.number(column.mean()) : "",
                    isNumeric ? Shown.number(column.max()) : "",
                    column.distinct() > column.most() ? ">" + column.most() : String.valueOf(column.distinct()),
                    column.isConstant() ? "  constant" : "");
        }
        if (!description.label().isEmpty()) {
            out.println();
            label(out, description.label());
        }
    }

    private static void label(PrintWriter out, Map<String, Object> label) {
        if (label.get("mean") instanceof Double mean && label.get("min") instanceof Double min) {
            out.println("label: from " + Shown.number(min) + " to " + shown(label.get("max")) + ", mean "
                    + Shown.number(mean));
        }
        if (label.get("classes") instanceof Map<?, ?> classes) {
            out.println("label: " + classes.size() + (classes.size() == 1 ? " value" : " values"));
            classes.entrySet().stream()
                    .limit(MOST_CLASSES)
                    .forEach(entry -> out.println(
                            "  " + Printable.of(String.valueOf(entry.getKey())) + "  " + shown(entry.getValue())));
            if (classes.size() > MOST_CLASSES) {
                out.println("  and " + (classes.size() - MOST_CLASSES) + " more");
            }
        }
    }

    private static String shown(@Nullable Object value) {
        return value instanceof Double d
                ? Shown.number(d)
                : value instanceof Number n ? String.format(Locale.ROOT, "%,d", n.longValue()) : String.valueOf(value);
    }

    @Command(
            name = "convert",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Writes data for other tools; FILE ending in .gz is compressed.",
                "Examples as libsvm: indices and values of libsvm data as they were read, of other data as they are learned"
                        + " from, counted from 1. With --ratings or --edges as CSV: user,item,rating or from,to,weight."
            })
    void convert(
            @Parameters(paramLabel = "DATA", description = "A file, a folder of part files, a name, or -.") String data,
            @Parameters(paramLabel = "FILE", description = "Where to write.") Path file,
            @Option(
                            names = "--like",
                            paramLabel = "TRAIN",
                            description = "Read DATA as TRAIN was: training data, a model, or a run.")
                    Optional<String> like,
            @Option(names = "--ratings", description = "DATA holds ratings.") boolean ratings,
            @Option(names = "--edges", description = "DATA holds edges.") boolean edges,
            @Mixin DataFlags reading,
            @Mixin RatingColumns ratingColumns,
            @Mixin EdgeColumns edgeColumns)
            throws IOException {
        if (ratings && edges) {
            throw new UsageException("--ratings and --edges are two kinds of data; give one");
        }
        if (like.isPresent() && (ratings || edges)) {
            throw new UsageException("--like is for examples");
        }
        var readers = reading.data().readers(data); // what is private stays so
        String what;
        if (ratings) {
            var found = reading.data().ratings(data, ratingColumns.options(reading.textOptions()));
            say(found.reading());
            write(file, readers, out -> ListFile.write(found.value(), out));
            what = found.value().toString();
        } else if (edges) {
            var found = reading.data().graph(data, edgeColumns.options(reading.textOptions()));
            say(found.reading());
            write(file, readers, out -> ListFile.write(found.value(), out));
            what = found.value().toString();
        } else {
            var loaded = like.isPresent()
                    ? reading.data().readLike(data, schema(like.get(), reading), reading.options(), true)
                    : reading.data().read(data, reading.options());
            say(loaded.reading());
            write(file, readers, out -> LibsvmFile.write(loaded.examples(), loaded.schema(), out));
            what = loaded.examples().toString();
        }
        Terminal.of(spec.commandLine().getOut()).println(file + ": " + what);
    }

    private void say(Reading reading) {
        reading.lines().forEach(spec.commandLine().getErr()::println);
    }

    /** How training data, or the training data of a model, was read. */
    private static Schema schema(String like, DataFlags reading) throws IOException {
        boolean isModel =
                like.endsWith(".safetensors") || Files.exists(Path.of(like).resolve("model.safetensors"));
        if (!isModel) {
            return reading.data().read(like, reading.options()).schema();
        }
        return Applications.open(like)
                .schema()
                .orElseThrow(() -> new UsageException("--like " + like + ": is a model of no examples"));
    }

    /** Writes a text. */
    @FunctionalInterface
    private interface Writing {
        void to(Writer out) throws IOException;
    }

    /** The file appears whole or not at all. */
    private static void write(Path file, Readers readers, Writing writing) throws IOException {
        var beside = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Files.deleteIfExists(beside);
            var channel = FileChannel.open(
                    beside, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), readers.ofFile(beside));
            try (var out =
                    writer(Channels.newOutputStream(channel), file.toString().endsWith(".gz"))) {
                writing.to(out);
            }
            Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Unwritable.at(file.toString(), e);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    private static Writer writer(OutputStream file, boolean isCompressed) throws IOException {
        var out = isCompressed ? new GZIPOutputStream(file, 1 << 16) : file;
        return new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
    }

    @Command(name = "get", mixinStandardHelpOptions = true, description = "Fetches data once, checks it, and keeps it.")
    void get(@Parameters(paramLabel = "NAME", description = "A name of: orrery data list.") String name)
            throws IOException {
        if (!catalogue().isHere(catalogue().entry(name))) {
            spec.commandLine().getErr().println("fetching " + name + " ...");
        }
        spec.commandLine().getOut().println(catalogue().get(name));
    }
}
