package orrery.app.verbs;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import orrery.app.apps.Applications;
import orrery.app.flags.UsageException;
import orrery.app.run.RunFolder;
import orrery.app.run.Shown;
import orrery.app.run.Terminal;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Storage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows a run or a model. */
@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description =
                "Shows a run (its options, provenance and history), a checkpoint (what it is of, and whether its files are"
                        + " sound) or a model (its heaviest features).")
public final class Show implements Callable<Integer> {
    @Parameters(paramLabel = "WHAT", description = "A run's folder, a checkpoint's folder, or a model's file.")
    @SuppressWarnings("NullAway.Init")
    String what;

    @Option(
            names = "--top",
            paramLabel = "N",
            description = "Features per class, or nodes (default: ${DEFAULT-VALUE}).")
    int top = 10;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (top < 1) {
            throw new UsageException("--top must be 1 or more, got " + top);
        }
        var out = Terminal.of(spec.commandLine().getOut());
        var place = new Place(what);
        if (place.isFile()) {
            showModel(out, place);
            return 0;
        }
        if (place.resolve("MANIFEST.json").isFile()) {
            return showCheckpoint(out, place.folder());
        }
        if (place.path().isEmpty()) {
            throw new UsageException(what + ": is no model and no checkpoint");
        }
        var run = RunFolder.open(what);
        out.println("# " + run.path());
        out.print(Files.readString(run.config()));
        out.println();
        out.println("# provenance");
        run.read("provenance.json").forEach((key, value) -> out.println(key + " = " + value));
        out.println();
        out.println("# history");
        history(out, run.path().resolve("metrics.jsonl"));
        if (Files.exists(run.model())) {
            out.println();
            showModel(out, Place.of(run.model()));
        }
        if (!Files.exists(run.path().resolve("result.json"))) {
            out.println();
            out.println("not done; go on with: orrery train --resume " + run.path());
        }
        return 0;
    }

    private void showModel(PrintWriter out, Place file) throws IOException {
        Applications.open(file.toString()).show(out, top);
    }

    /** What a checkpoint holds, its files' sums checked. */
    private int showCheckpoint(PrintWriter out, Storage storage) throws IOException {
        var manifest = Json.object(storage.readText("MANIFEST.json"), storage.where("MANIFEST.json"));
        out.println("# checkpoint " + what);
        out.println("stage = " + manifest.get("stage"));
        out.println("clock = " + manifest.get("clock"));
        if (manifest.get("identity") instanceof Map<?, ?> identity) {
            identity.forEach((key, value) -> out.println(key + " = " + value));
        }
        int damaged = 0;
        if (manifest.get("files") instanceof Map<?, ?> files) {
            out.println();
            out.println("# files");
            for (var file : files.entrySet()) {
                boolean isSound = isSound(storage, String.valueOf(file.getKey()), file.getValue());
                damaged += isSound ? 0 : 1;
                out.println(file.getKey() + "  " + file.getValue() + (isSound ? "  sound" : "  DAMAGED"));
            }
        }
        return damaged == 0 ? 0 : 1;
    }

    private static boolean isSound(Storage storage, String name, @Nullable Object due) throws IOException {
        if (!storage.holds(name)) {
            return false;
        }
        var is = storage.sum(name);
        return due instanceof Map<?, ?> map
                && map.get("bytes") instanceof Number bytes
                && map.get("crc32c") instanceof Number sum
                && is.equals(new Storage.Written(bytes.longValue(), sum.longValue()));
    }

    private static void history(PrintWriter out, Path file) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        int number = 0;
        for (var line : Files.readAllLines(file)) {
            var event = Json.object(line, file + ":" + ++number);
            out.println(event.entrySet().stream()
                    .map(e -> e.getValue() instanceof Double d
                            ? e.getKey() + " " + Shown.number(d)
                            : e.getKey() + " " + e.getValue())
                    .collect(Collectors.joining(", ")));
        }
    }
}
