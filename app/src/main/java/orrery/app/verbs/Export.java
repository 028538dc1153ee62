package orrery.app.verbs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import orrery.app.apps.Applications;
import orrery.app.flags.UsageException;
import orrery.store.Place;
import orrery.store.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a model for other runtimes. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = "Writes a net or a linear model as ONNX, which other runtimes compute.")
public final class Export implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "A run's folder, or a model's file.")
    @SuppressWarnings("NullAway.Init")
    String model;

    @Parameters(index = "1", paramLabel = "FILE", description = "What is written: a name that ends in .onnx.")
    @SuppressWarnings("NullAway.Init")
    String file;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (!file.endsWith(".onnx")) {
            throw new UsageException("the file's name must end in .onnx, got " + Printable.of(file));
        }
        Applications.open(Applications.file(model).toString()).export(new Place(file));
        var out = spec.commandLine().getOut();
        out.println("wrote " + Printable.of(file)
                + (Files.isRegularFile(Path.of(file)) ? ", " + Files.size(Path.of(file)) + " bytes" : ""));
        return 0;
    }
}
