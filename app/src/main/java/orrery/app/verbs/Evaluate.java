package orrery.app.verbs;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.Callable;
import orrery.app.apps.Application;
import orrery.app.apps.Applications;
import orrery.app.flags.UsageException;
import orrery.app.run.Shown;
import orrery.app.run.Terminal;
import orrery.store.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a model on labelled data. Its options are those of the model's application, and its own. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures a model on labelled data.")
public final class Evaluate implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "A model, or a run.")
    @SuppressWarnings("NullAway.Init")
    String model;

    @Parameters(index = "1", paramLabel = "DATA", description = "Read as the model's training data was.")
    @SuppressWarnings("NullAway.Init")
    String data;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private final Optional<Application.Saved> opened;

    /** @param opened the model, if it could be opened before the command line was parsed */
    public Evaluate(Optional<Application.Saved> opened) {
        this.opened = opened;
    }

    @Override
    public Integer call() throws IOException {
        var saved = opened.isPresent() ? opened.get() : Applications.open(model);
        var measured = saved.measure(data)
                .orElseThrow(() -> new UsageException("the model " + model + " cannot be measured on data"));
        var out = spec.commandLine().getOut();
        if (json) {
            var result = new LinkedHashMap<String, Object>();
            result.put("model", model);
            result.put("data", data);
            result.putAll(measured.sizes());
            result.put("test", measured.metrics());
            result.put("read", measured.reading().toMap());
            out.println(Json.line(result));
        } else {
            measured.reading()
                    .notes()
                    .forEach(note -> spec.commandLine().getErr().println("note: " + note));
            var shown = Terminal.of(out);
            shown.println(measured.data());
            Shown.metrics(shown, "test", measured.metrics());
        }
        return 0;
    }
}
