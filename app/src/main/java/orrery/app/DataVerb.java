package orrery.app;

import java.io.IOException;
import orrery.data.Cache;
import orrery.data.Catalogue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
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

    @Command(name = "get", mixinStandardHelpOptions = true, description = "Fetches data once, checks it, and keeps it.")
    void get(@Parameters(paramLabel = "NAME", description = "A name of: orrery data list.") String name)
            throws IOException {
        spec.commandLine().getErr().println("fetching " + name);
        spec.commandLine().getOut().println(catalogue().get(name));
    }
}
