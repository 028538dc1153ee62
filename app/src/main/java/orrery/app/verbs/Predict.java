package orrery.app.verbs;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import orrery.app.apps.Application;
import orrery.app.apps.Applications;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Predicts with a model: a line per example. Its options are those of the model's application, and its own. */
@Command(
        name = "predict",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Predicts: a line per example, with its class, number, cluster or rating; with --probabilities a column per"
                        + " class, too.")
public final class Predict implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "A model, or a run.")
    @SuppressWarnings("NullAway.Init")
    String model;

    @Parameters(index = "1", paramLabel = "DATA", description = "Read as the model's training data was.")
    @SuppressWarnings("NullAway.Init")
    String data;

    @Option(
            names = {"-p", "--probabilities"},
            description = "A column per class, named by a first line.")
    boolean probabilities;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private final Optional<Application.Saved> opened;

    /** @param opened the model, if it could be opened before the command line was parsed */
    public Predict(Optional<Application.Saved> opened) {
        this.opened = opened;
    }

    @Override
    public Integer call() throws IOException {
        var saved = opened.isPresent() ? opened.get() : Applications.open(model);
        saved.predict(data, probabilities, spec.commandLine().getOut());
        return 0;
    }
}
