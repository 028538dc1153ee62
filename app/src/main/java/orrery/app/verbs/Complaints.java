package orrery.app.verbs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import orrery.app.apps.Applications;
import orrery.app.flags.UsageException;
import orrery.app.run.Exit;
import orrery.data.Nearest;
import orrery.engine.event.JobCancelledException;
import orrery.engine.event.JobFailedException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** How all verbs say what is wrong: one line, and the exit code. */
public final class Complaints {
    private Complaints() {}

    /** A verb that is about an application. */
    interface OfApplication {
        /** With a blank before it; nothing if none was named. */
        String applicationName();
    }

    /** A verb that says what is wrong as all do. */
    public static CommandLine configured(CommandLine command) {
        return command.setOverwrittenOptionsAllowed(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(100)
                .setColorScheme(CommandLine.Help.defaultColorScheme(
                        System.getenv("NO_COLOR") == null ? CommandLine.Help.Ansi.AUTO : CommandLine.Help.Ansi.OFF))
                .setParameterExceptionHandler(Complaints::wrongUsage)
                .setExecutionExceptionHandler((e, failed, parsed) -> failed(e, failed));
    }

    private static int wrongUsage(ParameterException e, String[] args) {
        var command = e.getCommandLine();
        var err = command.getErr();
        err.println(
                "orrery: " + (e instanceof UnmatchedArgumentException unmatched ? unknown(unmatched) : e.getMessage()));
        err.println("See: " + command.getCommandSpec().qualifiedName() + ofApplication(command) + " --help");
        return Exit.USAGE;
    }

    /** Names what is unknown and the nearest known name. */
    private static String unknown(UnmatchedArgumentException e) {
        String wrong = e.getUnmatched().getFirst();
        String name = wrong.contains("=") ? wrong.substring(0, wrong.indexOf('=')) : wrong;
        var command = e.getCommandLine();
        if (command.getCommand() instanceof OfApplication verb
                && verb.applicationName().isEmpty()) {
            return "APP is missing: what is to be trained? One of " + String.join(", ", Applications.names());
        }
        if (name.startsWith("-")) {
            var owners = Applications.owners(name);
            return owners.isEmpty()
                    ? "unknown option '" + name + "'" + Nearest.hint(name, optionNames(command))
                    : command.getCommandName() + ofApplication(command) + " has no option " + name + ", which is of "
                            + String.join(", ", owners);
        }
        if (command.getParent() == null) {
            return "unknown verb '" + name + "'"
                    + Nearest.hint(name, command.getSubcommands().keySet());
        }
        return "unexpected argument '" + wrong + "'";
    }

    private static String ofApplication(CommandLine command) {
        return command.getCommand() instanceof OfApplication verb ? verb.applicationName() : "";
    }

    static List<String> optionNames(CommandLine command) {
        var names = new ArrayList<String>();
        for (var option : command.getCommandSpec().options()) {
            if (!option.hidden()) {
                names.addAll(Arrays.asList(option.names()));
            }
        }
        return names;
    }

    private static int failed(Exception e, CommandLine command) {
        command.getErr().println("orrery: " + describe(e));
        if (System.getenv("ORRERY_TRACE") != null) {
            e.printStackTrace(command.getErr());
        }
        return switch (e) {
            case UsageException _ -> Exit.USAGE;
            case JobCancelledException _ -> Exit.INTERRUPTED;
            default -> Exit.FAILED;
        };
    }

    /** The message; of exceptions whose message alone says little, their kind too. */
    public static String describe(Exception e) {
        if (e instanceof java.io.UncheckedIOException && e.getCause() instanceof IOException wrapped) {
            return describe(wrapped);
        }
        var message = e.getMessage();
        boolean isTold = e instanceof UsageException
                || e instanceof IllegalArgumentException
                || e instanceof JobFailedException
                || e instanceof JobCancelledException
                || e instanceof orrery.data.DataException
                || e instanceof orrery.engine.train.DivergedException
                || e instanceof java.io.FileNotFoundException
                || e.getClass() == IOException.class;
        return switch (e) {
            case java.nio.file.NoSuchFileException missing -> missing.getFile() + ": no such file";
            case java.nio.file.AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case java.nio.file.FileSystemException failed
            when failed.getReason() != null -> failed.getFile() + ": " + failed.getReason();
            default ->
                isTold && message != null
                        ? message
                        : e + "; this should not happen: set ORRERY_TRACE=1 to see where, and report it";
        };
    }
}
