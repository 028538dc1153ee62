package orrery.app;

import java.io.IOException;
import java.nio.file.Path;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.LibsvmFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Data by name. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        subcommands = CommandLine.HelpCommand.class,
        description = "Lists and fetches data that can be had by name.")
final class DataVerb implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private static Catalogue catalogue() {
        return new Catalogue(Cache.defaultFolder());
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "what about data? list, or get NAME");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists what there is.")
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
            name = "convert",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Writes data as a libsvm file, features as they are learned from; indices begin at 1.")
    void convert(
            @Parameters(paramLabel = "DATA", description = "A file, or a name.") String data,
            @Parameters(paramLabel = "FILE", description = "Where to write; .gz is compressed.") Path file,
            @Mixin DataFlags reading)
            throws IOException {
        var loaded = reading.data().read(data, reading.options());
        LibsvmFile.write(loaded.examples(), file);
        spec.commandLine().getOut().println(file + ": " + loaded.examples());
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
