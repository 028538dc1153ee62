package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import orrery.app.apps.Application;
import orrery.app.apps.DataFlags;
import orrery.app.apps.UsageException;
import orrery.data.Nearest;
import orrery.engine.JobCancelledException;
import orrery.engine.JobFailedException;
import orrery.engine.Membership;
import orrery.wire.Endpoint;
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
        var out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int code = args.length == 1 && args[0].equals(MemberCommand.VERB) ? member(err) : run(out, err, args);
        if (out.checkError()) {
            err.println("orrery: cannot write to standard output");
            code = Math.max(code, FAILED);
        }
        System.exit(code);
    }

    /** Does a member's part of a run, in a JVM that {@link MemberCommand} has started. */
    private static int member(PrintWriter errors) {
        var err = Terminal.of(errors);
        return guarded(err, () -> {
            Endpoint.makeReady();
            var membership = Membership.read(System.in);
            member(membership, membership.arguments());
            if (!isObserved()) {
                System.out.close(); // the coordinator need not wait until this JVM has ended: 0.3 s and more
                System.err.close();
            }
            return 0;
        });
    }

    /** Whether something is to be written when this JVM ends. */
    private static boolean isObserved() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .anyMatch(flag -> flag.startsWith("-XX:StartFlightRecording")
                        || flag.startsWith("-agent")
                        || flag.startsWith("-javaagent"));
    }

    /**
     * Does a member's part of a run, in a JVM that a {@link Cluster} has started.
     *
     * @param arguments as given to the cluster
     */
    public static void member(Membership membership, List<String> arguments) throws IOException {
        Train.join(arguments, membership);
    }

    /**
     * Runs a command line in this JVM.
     *
     * @return the exit code
     */
    public static int run(PrintWriter out, PrintWriter errors, String... args) {
        var err = Terminal.of(errors);
        try {
            return guarded(err, () -> {
                var given = new ArrayList<>(Arrays.asList(args));
                var command = commandLine(given).setOut(out).setErr(err);
                return command.execute(given.toArray(String[]::new));
            });
        } finally {
            out.flush();
        }
    }

    /** What gives an exit code. */
    @FunctionalInterface
    private interface Part {
        int run() throws IOException;
    }

    private static int guarded(PrintWriter err, Part part) {
        try {
            return part.run();
        } catch (UsageException e) {
            err.println("orrery: " + e.getMessage());
            return USAGE;
        } catch (IOException | RuntimeException e) {
            err.println("orrery: " + describe(e));
            return e instanceof IOException ? USAGE : FAILED;
        } catch (OutOfMemoryError e) {
            err.println("orrery: out of memory: the JVM has "
                    + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB; give it more (ORRERY_JAVA_OPTS=-Xmx...), or it less to do");
            return FAILED;
        }
    }

    /**
     * The command with all verbs, those of an application or a model with its options.
     *
     * @param given the command line; what is in a file of {@code --config} is put in its place
     */
    private static CommandLine commandLine(List<String> given) throws IOException {
        String verb = given.isEmpty() ? "" : given.getFirst();
        var rest = given.isEmpty() ? List.<String>of() : List.copyOf(given.subList(1, given.size()));
        Optional<Application> application = Optional.empty();
        var config = new ConfigFile.Given(List.of(), rest);
        if (verb.equals("train") || verb.equals("plan")) {
            config = ConfigFile.given(rest);
            application = ConfigFile.application(config);
        }
        var saved =
                verb.equals("predict") || verb.equals("evaluate") ? model(rest) : Optional.<Application.Saved>empty();
        var of = application;
        var asked = verb.equals("plan") ? PlanVerb.command(of) : Train.command(of);
        var verbs = new LinkedHashMap<String, Supplier<Object>>();
        verbs.put("demo", Demo::new);
        verbs.put("train", () -> asked);
        verbs.put("plan", () -> verb.equals("plan") ? asked : PlanVerb.command(of));
        verbs.put("recommend", Recommend::new);
        verbs.put("predict", () -> withOptions(new Predict(saved), saved));
        verbs.put("evaluate", () -> withOptions(new Evaluate(saved), saved));
        verbs.put("data", DataVerb::new);
        verbs.put("pool", PoolVerb::new);
        verbs.put("runs", Runs::new);
        verbs.put("show", Show::new);
        verbs.put("doctor", Doctor::new);
        verbs.put("help", CommandLine.HelpCommand::new);
        var root = new CommandLine(new Orrery());
        boolean isOne = verbs.containsKey(verb) && !verb.equals("help");
        verbs.forEach((name, command) -> { // to look at the options of all takes time
            if (!isOne || name.equals(verb)) {
                root.addSubcommand(name, command.get());
            }
        });
        if (!config.lines().isEmpty()) {
            given.clear();
            given.add(verb);
            given.addAll(ConfigFile.arguments(config.lines(), asked));
            given.addAll(config.arguments());
        }
        return configured(root);
    }

    /** The model that the first word names, if it can be opened; if not, the verb says why. */
    private static Optional<Application.Saved> model(List<String> arguments) {
        var name =
                arguments.stream().filter(argument -> !argument.startsWith("-")).findFirst();
        try {
            return name.isPresent() ? Optional.of(Applications.open(name.get())) : Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static CommandLine withOptions(Object verb, Optional<Application.Saved> saved) {
        var command = new CommandLine(verb);
        Applications.mix(command, saved.map(Application.Saved::options).orElse(List.of(new DataFlags())));
        return command;
    }

    /** A verb that says what is wrong as all do. */
    static CommandLine configured(CommandLine command) {
        return command.setOverwrittenOptionsAllowed(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(100)
                .setColorScheme(CommandLine.Help.defaultColorScheme(
                        System.getenv("NO_COLOR") == null ? CommandLine.Help.Ansi.AUTO : CommandLine.Help.Ansi.OFF))
                .setParameterExceptionHandler(Orrery::wrongUsage)
                .setExecutionExceptionHandler((e, failed, parsed) -> failed(e, failed));
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
        err.println("See: " + command.getCommandSpec().qualifiedName() + ofApplication(command) + " --help");
        return USAGE;
    }

    /** Names what is unknown and the nearest known name. */
    private static String unknown(UnmatchedArgumentException e) {
        String wrong = e.getUnmatched().getFirst();
        String name = wrong.contains("=") ? wrong.substring(0, wrong.indexOf('=')) : wrong;
        var command = e.getCommandLine();
        if (command.getCommand() instanceof Train train
                && train.applicationName().isEmpty()) {
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
        return command.getCommand() instanceof Train train ? train.applicationName() : "";
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
        if (e instanceof java.io.UncheckedIOException && e.getCause() instanceof IOException wrapped) {
            return describe(wrapped);
        }
        var message = e.getMessage();
        boolean isTold = e instanceof UsageException
                || e instanceof IllegalArgumentException
                || e instanceof JobFailedException
                || e instanceof JobCancelledException
                || e instanceof orrery.data.DataException
                || e instanceof orrery.learn.DivergedException
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
