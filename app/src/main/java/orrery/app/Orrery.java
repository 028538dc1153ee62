package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import orrery.data.Nearest;
import orrery.engine.JobCancelledException;
import orrery.engine.JobFailedException;
import orrery.engine.Membership;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code orrery} command. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
@Command(
        name = "orrery",
        mixinStandardHelpOptions = true,
        versionProvider = Orrery.Version.class,
        subcommands = {
            Demo.class,
            Train.class,
            PlanVerb.class,
            Recommend.class,
            Predict.class,
            Evaluate.class,
            DataVerb.class,
            PoolVerb.class,
            Runs.class,
            Show.class,
            Doctor.class,
            CommandLine.HelpCommand.class
        },
        header = "Trains models on parameter tables, by threads or processes of one machine.",
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n",
        footer = {"  bench      Measures claims, such as: orrery bench table", "", "Begin with: orrery demo"})
public final class Orrery implements Runnable {
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int INTERRUPTED = 130;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init")
    CommandLine.Model.CommandSpec spec;

    private Orrery() {}

    public static void main(String[] args) {
        var out = new PrintWriter(System.out, false, System.out.charset());
        var err = new PrintWriter(System.err, true, System.err.charset());
        int code = run(out, err, args);
        if (out.checkError()) {
            err.println("orrery: cannot write to standard output");
            code = Math.max(code, FAILED);
        }
        System.exit(code);
    }

    /**
     * Does a member's part of a run, in a JVM that a {@link Cluster} has started.
     *
     * @param arguments as given to the cluster
     */
    public static void member(Membership membership, List<String> arguments) throws IOException {
        Train.join(arguments, membership);
    }

    /** Runs a command line; tests give their own writers. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        var command = commandLine().setOut(out).setErr(err);
        try {
            return command.execute(ConfigFile.expand(command, args));
        } catch (UsageException e) {
            err.println("orrery: " + e.getMessage());
            return USAGE;
        } catch (IOException e) {
            err.println("orrery: " + describe(e));
            return USAGE;
        } catch (OutOfMemoryError e) {
            err.println("orrery: out of memory: the JVM has "
                    + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB; give it more (ORRERY_JAVA_OPTS=-Xmx...), or it less to do");
            return FAILED;
        }
    }

    private static CommandLine commandLine() {
        return command(new Orrery());
    }

    /** A verb that tells what is wrong as all do. */
    static CommandLine command(Object verb) {
        return new CommandLine(verb)
                .setOverwrittenOptionsAllowed(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(100)
                .setColorScheme(CommandLine.Help.defaultColorScheme(
                        System.getenv("NO_COLOR") == null ? CommandLine.Help.Ansi.AUTO : CommandLine.Help.Ansi.OFF))
                .setParameterExceptionHandler(Orrery::wrongUsage)
                .setExecutionExceptionHandler((e, command, parsed) -> failed(e, command));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a verb is missing");
    }

    private static int wrongUsage(ParameterException e, String[] args) {
        var command = e.getCommandLine();
        var err = command.getErr();
        err.println(
                "orrery: " + (e instanceof UnmatchedArgumentException unmatched ? unknown(unmatched) : e.getMessage()));
        err.println("See: " + command.getCommandSpec().qualifiedName() + " --help");
        return USAGE;
    }

    /** Names what is unknown and the nearest known name. */
    private static String unknown(UnmatchedArgumentException e) {
        String wrong = e.getUnmatched().getFirst();
        String name = wrong.contains("=") ? wrong.substring(0, wrong.indexOf('=')) : wrong;
        var command = e.getCommandLine();
        if (name.startsWith("-")) {
            return "unknown option '" + name + "'" + Nearest.hint(name, optionNames(command));
        }
        if (command.getParent() == null) {
            return "unknown verb '" + name + "'"
                    + Nearest.hint(name, command.getSubcommands().keySet());
        }
        return "unexpected argument '" + wrong + "'";
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
            case UsageException _ -> USAGE;
            case JobCancelledException _ -> INTERRUPTED;
            default -> FAILED;
        };
    }

    /** The message; of exceptions whose message alone says little, their kind too. */
    static String describe(Exception e) {
        var message = e.getMessage();
        boolean isTold = e instanceof UsageException
                || e instanceof IllegalArgumentException
                || e instanceof JobFailedException
                || e instanceof JobCancelledException
                || e instanceof orrery.data.DataException
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

    /** What the launcher knows of the build. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                "orrery 0.1.0" + commit().map(c -> " (" + c + ")").orElse("") + ", JDK " + Runtime.version()
            };
        }

        static java.util.Optional<String> commit() {
            var commit = System.getProperty("orrery.commit", "");
            return commit.isEmpty() ? java.util.Optional.empty() : java.util.Optional.of(commit);
        }
    }
}
