package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import orrery.learn.linear.LinearModel;
import orrery.store.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows a run or a model. */
@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description = "Shows a run (its options, provenance and history) or a model (its heaviest features).")
final class Show implements Callable<Integer> {
    @Parameters(paramLabel = "RUN_OR_MODEL", description = "A run's folder, or a model's file.")
    @SuppressWarnings("NullAway.Init")
    String what;

    @Option(names = "--top", paramLabel = "N", description = "Features per class (default: ${DEFAULT-VALUE}).")
    int top = 10;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (top < 1) {
            throw new UsageException("--top must be 1 or more, got " + top);
        }
        var out = spec.commandLine().getOut();
        if (Files.isRegularFile(Path.of(what))) {
            show(out, LinearModel.load(Path.of(what)));
            return 0;
        }
        var run = RunFolder.open(what);
        out.println("# " + run.path());
        out.print(Files.readString(run.config()));
        out.println("\n# provenance");
        run.read("provenance.json").forEach((key, value) -> out.println(key + " = " + value));
        out.println("\n# history");
        history(out, run.path().resolve("metrics.jsonl"));
        if (Files.exists(run.model())) {
            out.println();
            show(out, LinearModel.load(run.model()));
        } else {
            out.println("\nnot done; go on with: orrery train --resume " + run.path());
        }
        return 0;
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
                            ? String.format(Locale.ROOT, "%s %.4f", e.getKey(), d)
                            : e.getKey() + " " + e.getValue())
                    .collect(Collectors.joining(", ")));
        }
    }

    private void show(PrintWriter out, LinearModel model) {
        out.printf(
                "# model: %s, %,d features%s%n",
                model.loss().name().toLowerCase(Locale.ROOT),
                model.features(),
                model.classes().isEmpty() ? "" : ", classes " + model.classes());
        for (int margin = 0; margin < model.margins(); margin++) {
            int column = margin;
            String name = model.margins() > 1
                    ? model.classes().get(margin)
                    : model.classes().isEmpty() ? "value" : model.classes().get(1);
            out.println(name + ": "
                    + IntStream.range(0, model.features())
                            .boxed()
                            .sorted(Comparator.comparingDouble(f -> -heaviness(model, f, column)))
                            .limit(top)
                            .map(f -> String.format(
                                    Locale.ROOT, "%s %+.3f", model.schema().featureName(f), model.weight(f, column)))
                            .collect(Collectors.joining(", ")));
        }
    }

    /** Of many classes, what speaks for each; of two, what speaks for either. */
    private static double heaviness(LinearModel model, int feature, int margin) {
        float weight = model.weight(feature, margin);
        return model.margins() > 1 ? weight : Math.abs(weight);
    }
}
