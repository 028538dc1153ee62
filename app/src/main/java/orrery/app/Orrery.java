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
import orrery.app.apps.Applications;
import orrery.app.cluster.Cluster;
import orrery.app.flags.DataFlags;
import orrery.app.flags.UsageException;
import orrery.app.run.Exit;
import orrery.app.run.MemberCommand;
import orrery.app.run.Terminal;
import orrery.app.run.Version;
import orrery.app.verbs.Complaints;
import orrery.app.verbs.ConfigFile;
import orrery.app.verbs.DataVerb;
import orrery.app.verbs.Demo;
import orrery.app.verbs.Doctor;
import orrery.app.verbs.Evaluate;
import orrery.app.verbs.Export;
import orrery.app.verbs.PlanVerb;
import orrery.app.verbs.PoolVerb;
import orrery.app.verbs.Predict;
import orrery.app.verbs.Recommend;
import orrery.app.verbs.Runs;
import orrery.app.verbs.Show;
import orrery.app.verbs.Topics;
import orrery.app.verbs.Train;
import orrery.engine.launch.Membership;
import orrery.wire.Endpoint;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** The {@code orrery} command. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
@Command(
        name = "orrery",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        header = "Trains models on parameter tables, by threads or processes of one machine.",
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n",
        footer = {"  bench      Measures claims, such as: orrery bench table", "", "Begin with: orrery demo"})
public final class Orrery implements Runnable {
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
            code = Math.max(code, Exit.FAILED);
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
            return Exit.USAGE;
        } catch (IOException | RuntimeException e) {
            err.println("orrery: " + Complaints.describe(e));
            return e instanceof IOException ? Exit.USAGE : Exit.FAILED;
        } catch (OutOfMemoryError e) {
            err.println("orrery: out of memory: the JVM has "
                    + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB; give it more (ORRERY_JAVA_OPTS=-Xmx...), or it less to do");
            return Exit.FAILED;
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
        verbs.put("topics", Topics::new);
        verbs.put("predict", () -> withOptions(new Predict(saved), saved));
        verbs.put("evaluate", () -> withOptions(new Evaluate(saved), saved));
        verbs.put("data", DataVerb::new);
        verbs.put("pool", PoolVerb::new);
        verbs.put("runs", Runs::new);
        verbs.put("show", Show::new);
        verbs.put("export", Export::new);
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
        return Complaints.configured(root);
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

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a verb is missing");
    }
}
