package orrery.app.verbs;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import orrery.app.Orrery;
import orrery.app.apps.Application;
import orrery.app.apps.Applications;
import orrery.app.cluster.Cluster;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.KeepFlags;
import orrery.app.flags.RunFlags;
import orrery.app.flags.UsageException;
import orrery.app.run.Exit;
import orrery.app.run.MemberCommand;
import orrery.app.run.Monitor;
import orrery.app.run.Phases;
import orrery.app.run.Progress;
import orrery.app.run.RowUse;
import orrery.app.run.RunFolder;
import orrery.app.run.Terminal;
import orrery.app.run.Version;
import orrery.app.run.WireUse;
import orrery.engine.Job;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.launch.Members;
import orrery.engine.launch.Membership;
import orrery.engine.launch.Processes;
import orrery.engine.schedule.Pool;
import orrery.engine.stage.Run;
import orrery.engine.train.Model;
import orrery.engine.train.Trained;
import orrery.engine.train.Training;
import orrery.store.Json;
import orrery.store.Place;
import orrery.table.Node;
import orrery.table.plan.AccessPlan;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains a model. Its options are those of the application, and those that all have. */
@Command(
        name = "train",
        sortOptions = false,
        description = "Trains a model; orrery train --help lists what can be trained.")
public final class Train implements Callable<Integer>, Complaints.OfApplication {
    static final String HEADING = KeepFlags.HEADING;
    private static final List<String> NOT_KEPT = List.of(
            "run", "member-of", "resume", "model", "json", "quiet", "config", "help", "help-all", "app", "train");

    @Parameters(index = "0", arity = "0..1", paramLabel = "APP", description = "What to train.")
    @Nullable
    String app;

    @Parameters(index = "1", arity = "0..1", paramLabel = "DATA", description = "What to train on.")
    @Nullable
    String train;

    @Option(names = "--app", hidden = true)
    @Nullable
    String appOption;

    @Option(names = "--train", hidden = true)
    @Nullable
    String trainOption;

    @Option(
            names = {"-h", "--help"},
            description = "Print the options.")
    boolean help;

    @Option(names = "--help-all", description = "Print all there is to say of the options.")
    boolean helpAll;

    @Mixin
    RunFlags running = new RunFlags();

    @Mixin
    KeepFlags keeping = new KeepFlags();

    /** Of a member: the folder of the run. */
    @Option(names = "--member-of", hidden = true)
    @Nullable
    Path memberOf;

    /** Set where the job is one of a pool; see {@link PoolVerb}. */
    @Nullable
    Pooled pooled;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private final Phases phases = new Phases();
    private final Optional<Application> application;
    private final Optional<Application.Flags> flags;

    /** @param application whose options are parsed; none if the command line names none */
    private Train(Optional<Application> application) {
        this.application = application;
        flags = application.map(Application::flags);
    }

    /** The command with the options of an application. */
    public static CommandLine command(Optional<Application> application) {
        var train = new Train(application);
        var command = new CommandLine(train);
        train.flags.ifPresent(of -> Applications.mix(
                command, of.groups().stream().map(FlagGroup::flags).toList()));
        return command;
    }

    /** A place in a pool. */
    record Pooled(Pool pool, String name, int nodes) {}

    @Override
    public Integer call() throws IOException {
        if (help || helpAll) {
            spec.commandLine().getOut().println(help());
            return 0;
        }
        if (!keeping.resume.isEmpty()) {
            return resume();
        }
        String what = given(
                app, appOption, "APP", "what is to be trained? One of " + String.join(", ", Applications.names()));
        String data = given(train, trainOption, "DATA", "which data? A file, or a name of: orrery data list");
        try (var task = task(what)) { // wrong options are an error before anything is read
            return call(what, data, task);
        }
    }

    @Override
    public String applicationName() {
        return application.map(of -> " " + of.name()).orElse("");
    }

    private String help() {
        return application
                .map(of -> Help.of(
                        of,
                        Map.of(
                                RunFlags.HEADING,
                                List.<Object>of(new RunFlags()),
                                HEADING,
                                List.<Object>of(new KeepFlags())),
                        helpAll))
                .orElseGet(Help::ofApplications);
    }

    private Application.Task<?> task(String name) {
        Applications.of(name); // which knows the names
        return flags.orElseThrow()
                .task(option -> spec.commandLine().getParseResult().hasMatchedOption(option));
    }

    private Integer call(String what, String data, Application.Task<?> chosen) throws IOException {
        var run = running.run();
        var terms = running.terms();
        if (pooled != null && Math.max(1, running.processes()) != pooled.nodes()) {
            throw new UsageException("a job of a pool of " + pooled.nodes() + " nodes has as many processes, got "
                    + running.processes() + "; give --processes " + pooled.nodes() + ", or the pool one node");
        }
        var cluster = cluster(); // a place that nobody knows, too
        if (running.processes() > 0 && data.equals("-")) {
            throw new UsageException("- is standard input, which processes cannot share: write it to a file");
        }
        if (keeping.model != null) {
            checkPlace(new Place(keeping.model));
        }
        if (keeping.checkpointEvery < 0) {
            throw new UsageException("--checkpoint-every must be 0 or more, got " + keeping.checkpointEvery);
        }
        if (running.processes() == 0 || cluster.isPresent()) {
            return call(what, data, chosen, run, terms, cluster, Optional.empty());
        }
        try (var processes =
                new Processes(running.processes(), MemberCommand.of(running.processes(), running.memory()), terms)) {
            if (pooled == null) { // else it may have to wait for its turn
                processes.startAhead(); // while the data is read
            }
            return call(what, data, chosen, run, terms, cluster, Optional.of(processes));
        }
    }

    private Integer call(
            String what,
            String data,
            Application.Task<?> chosen,
            Run asked,
            Members.Terms terms,
            Optional<Cluster> cluster,
            Optional<Processes> processes)
            throws IOException {
        var run = asked;
        var err = spec.commandLine().getErr();
        phases.next("read");
        say(err, "reading " + data);
        String seen = chosen.read(data, run.seed());
        chosen.reading().lines().forEach(line -> say(err, line));
        say(err, seen);
        run = running.processes() > 0 ? run.of(chosen.sums(data)) : run; // members read for themselves
        phases.next("prepare");
        chosen.prepare(among(run, processes, terms)); // wrong labels are an error before a folder is made
        var config = ConfigFile.text(spec.commandLine(), NOT_KEPT)
                + ConfigFile.line("app", what)
                + ConfigFile.line("train", ConfigFile.absolute(data));
        var readers = chosen.readers(data);
        var folder = resumed == null
                ? RunFolder.create(keeping.folder, what, Instant.now(), readers)
                : resumed.readBy(readers);
        boolean isNew = resumed == null || !kept(folder).areAny();
        if (resumed == null) {
            folder.writeConfig(config);
        } else if (isNew) { // it was lost before its first checkpoint
            say(err, folder.path() + " has no checkpoint: it begins anew");
        }
        try (var _ = folder.lock()) {
            if (cluster.isPresent()) {
                say(err, "starting " + running.processes() + " processes on " + running.on);
                try (var members = cluster.get().rent(running.on, wanted(config, folder, terms))) {
                    return train(what, data, chosen, run.with(members), folder, isNew);
                }
            }
            if (processes.isPresent()) {
                run = run.with(processes.get().telling(membersArguments(config, folder)));
            }
            return train(what, data, chosen, planned(chosen, run, folder), folder, isNew);
        }
    }

    /** Where members write results that are larger than one of them may hold. */
    private Place results(RunFolder folder) {
        return keeping.checkpoints.isEmpty()
                ? Place.of(folder.path().toAbsolutePath()).readBy(folder.place().readers())
                : new Place(keeping.checkpoints)
                        .readBy(folder.place().readers())
                        .resolve(folder.name() + "-model");
    }

    /** The run as far as it is known before anything is written: with processes, if there will be such. */
    private Run among(Run run, Optional<Processes> processes, Members.Terms terms) {
        int count = running.processes();
        return count == 0 ? run : run.with(processes.orElseGet(() -> new Processes(count, List.of(), terms)));
    }

    /** What members on a cluster are to be: this training, with as many workers as here, where the default may be another. */
    private Cluster.Wanted wanted(String config, RunFolder folder, Members.Terms terms) {
        int processes = running.processes();
        return new Cluster.Wanted(processes, running.workers / processes, terms, membersArguments(config, folder));
    }

    private List<String> membersArguments(String config, RunFolder folder) {
        var arguments = new ArrayList<>(ConfigFile.arguments(config));
        arguments.removeIf(argument -> argument.startsWith("--on="));
        arguments.add("--workers=" + running.workers);
        arguments.add("--processes=" + running.processes());
        arguments.add("--member-of=" + folder.path().toAbsolutePath());
        return List.copyOf(arguments);
    }

    /** The cluster that processes are to be started on, if it is one. */
    private Optional<Cluster> cluster() {
        if (running.on.isEmpty()) {
            return Optional.empty();
        }
        for (var cluster : ServiceLoader.load(Cluster.class, Train.class.getClassLoader())) {
            if (cluster.knows(running.on)) {
                return Optional.of(cluster);
            }
        }
        throw new UsageException(
                "--on " + running.on + ": there is nothing here that starts processes there; Spark's"
                        + " masters are spark://host:port, local[n], yarn, k8s://..., and need orrery-spark.jar (docs/spark.md)");
    }

    /** Does a member's part, in a JVM that another has started; {@link Orrery#member}. */
    public static void join(List<String> arguments, Membership membership) throws IOException {
        var command = command(ConfigFile.application(arguments));
        command.setOverwrittenOptionsAllowed(true).parseArgs(arguments.toArray(String[]::new));
        Train train = command.getCommand();
        var folder = Objects.requireNonNull(train.memberOf);
        var run = train.running.run().with(membership);
        var plan = train.running.on.isEmpty() ? RunFolder.of(folder).plan() : Optional.<AccessPlan>empty();
        train.join(folder, plan.isPresent() ? run.with(plan.get()) : run);
    }

    /** The part of a member: the same data, the same job, its own share of the workers. */
    private Integer join(Path runPath, Run run) throws IOException {
        String what = given(app, appOption, "APP", "what is to be trained?");
        String data = given(train, trainOption, "DATA", "which data?");
        try (var chosen = task(what)) {
            chosen.read(data, run.seed());
            var folder = RunFolder.of(runPath).readBy(chosen.readers(data));
            var own = run.of(chosen.sums(data)).writingTo(results(folder));
            boolean keeps = keeping.checkpointEvery > 0;
            chosen.prepare(keeps ? own.with(kept(folder).every(keeping.checkpointEvery)) : own)
                    .join();
            return 0;
        }
    }

    /** The run with the plan that its folder has, or with a new one if there are processes to place rows in. */
    private Run planned(Application.Task<?> chosen, Run run, RunFolder folder) throws IOException {
        var placing = running.placing(chosen.isPlanned(run));
        if (running.processes() < 2 || placing.isEmpty()) {
            return run;
        }
        var learning = keeping.checkpointEvery > 0 ? run.learning(placing.get()) : run; // drift makes another plan due
        if (running.isPlannedByFirstPass()) {
            if (keeping.checkpointEvery == 0) {
                throw new UsageException(
                        "--plan-by first-pass goes on from a checkpoint; leave --checkpoint-every 0 out");
            }
            return learning;
        }
        var kept = folder.plan();
        if (kept.isEmpty()) {
            say(spec.commandLine().getErr(), "planning");
            kept = Optional.of(PlanVerb.plan(chosen.prepare(run), placing.get(), running.processes()));
            folder.writePlan(kept.get());
        }
        return learning.with(kept.get());
    }

    private <M extends Model> int train(
            String what, String data, Application.Task<M> chosen, Run run, RunFolder folder, boolean isNew)
            throws IOException {
        var err = spec.commandLine().getErr();
        var provenance = provenance(data, chosen, run.seed());
        folder.writeProvenance(provenance);
        var wire = new WireUse(running.processes());
        var hasCheckpoint = new AtomicBoolean(!isNew);
        var rows = new RowUse();
        var listening = run.writingTo(results(folder))
                .listening(rows)
                .listening(folder.recorder())
                .listening(wire)
                .listening(event -> {
                    if (event instanceof RunEvent.Checkpointed) {
                        hasCheckpoint.set(true);
                    }
                });
        if (!keeping.quiet) {
            listening = listening.listening(new Progress(err, Progress.isTerminal(), counted()));
        }
        if (keeping.checkpointEvery > 0) {
            var kept = kept(folder).every(keeping.checkpointEvery);
            listening = listening.with(isNew ? kept : kept.resuming());
        }
        Trained<M> trained;
        Map<String, String> decided;
        try (var monitor = keeping.metricsPort < 0 ? null : new Monitor(keeping.metricsPort)) {
            if (monitor != null) {
                listening = listening.listening(monitor);
                say(err, "metrics at " + monitor.address());
            }
            var training = chosen.prepare(listening);
            decided = training.decided();
            decided.forEach((name, decision) -> say(err, name + " " + decision));
            phases.next("train");
            trained = pooled == null
                    ? runUntilInterrupted(training, err, folder)
                    : runInPool(pooled, chosen, listening, err, folder);
        } catch (JobFailedException | IOException | UncheckedIOException e) {
            sayHowToGoOn(err, folder, hasCheckpoint);
            throw e;
        }
        if (trained.outcome().status() == Outcome.Status.STOPPED) {
            return Exit.INTERRUPTED; // the thread that stopped it says how to go on
        }
        phases.add(trained.outcome().members());
        phases.next("measure");
        var result = result(what, data, run, chosen.consistency(run), trained);
        result.putAll(decided);
        result.putAll(rows.rows(trained.outcome().node()));
        var results = chosen.results(trained.model());
        result.putAll(results);
        var warnings = chosen.warnings(trained, results);
        if (!warnings.isEmpty()) {
            result.put("warnings", warnings);
        }
        result.put("read", chosen.reading().toMap());
        result.put("model", folder.model().toString());
        result.put("run", folder.path().toString());
        var learned = RunFolder.plan(kept(folder).storage());
        (learned.isPresent() ? learned : run.plan())
                .ifPresent(plan -> result.put("bytesPerClockPlanned", plan.bytesPerClock()));
        wire.bytesPerClock().ifPresent(bytes -> result.put("bytesPerClock", bytes));
        try {
            phases.next("write");
            save(trained.model().from(provenance), folder);
            phases.next("end");
            result.put("seconds", phases.seconds());
            result.put("cpuSeconds", phases.cpuSeconds());
            result.put("phases", phases.toMap());
            folder.writeResult(result);
        } catch (IOException e) {
            sayHowToGoOn(err, folder, hasCheckpoint);
            throw e;
        }
        print(result, what, trained, out -> chosen.print(out, trained.model(), results));
        spec.commandLine().getOut().flush();
        warnings.forEach(warning -> err.println("warning: " + warning));
        return 0;
    }

    /** What was trained before a failure is not lost. */
    private static void sayHowToGoOn(PrintWriter err, RunFolder folder, AtomicBoolean hasCheckpoint) {
        if (hasCheckpoint.get()) {
            err.println(
                    "the run has a checkpoint; once the problem below is fixed, continue with: orrery train --resume "
                            + folder.path());
        }
    }

    /** Where the run's checkpoints are. */
    private Checkpoints kept(RunFolder folder) throws IOException {
        var place = keeping.checkpoints.isEmpty()
                ? folder.place().resolve("checkpoints")
                : new Place(keeping.checkpoints)
                        .readBy(folder.place().readers())
                        .resolve(folder.name());
        return Checkpoints.in(place.folder());
    }

    private @Nullable RunFolder resumed;

    /** Goes on with a run: its options, then those given now. */
    private Integer resume() throws IOException {
        if (!keeping.folder.isEmpty()) {
            throw new UsageException("--resume goes on in the run's own folder; leave --run out");
        }
        var folder = RunFolder.open(keeping.resume);
        if (Files.exists(folder.path().resolve("result.json"))) {
            throw new UsageException(
                    "the run " + folder.path() + " is done; see it with: orrery show " + folder.path());
        }
        var command = command(application)
                .setOut(spec.commandLine().getOut())
                .setErr(spec.commandLine().getErr())
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler(spec.commandLine().getParameterExceptionHandler())
                .setExecutionExceptionHandler(spec.commandLine().getExecutionExceptionHandler());
        Train again = command.getCommand();
        again.resumed = folder;
        var arguments = new ArrayList<>(ConfigFile.arguments(ConfigFile.read(folder.config()), command));
        arguments.addAll(givenNow());
        return command.execute(arguments.toArray(String[]::new));
    }

    /** The arguments of this call, without the one that names the run. */
    private List<String> givenNow() {
        var arguments = new ArrayList<String>();
        var parsed = spec.commandLine().getParseResult();
        for (var option : parsed.matchedOptions()) {
            String name = option.longestName();
            if (!name.equals("--resume") && !name.equals("--config")) {
                for (var value : option.stringValues().isEmpty() ? List.of("true") : option.stringValues()) {
                    arguments.add(name + "=" + value);
                }
            }
        }
        for (var positional : parsed.matchedPositionals()) {
            arguments.add((positional.index().min() == 0 ? "--app=" : "--train=")
                    + positional.stringValues().getFirst());
        }
        return arguments;
    }

    /** A place that a model cannot be saved to is told before the training, not after. */
    private static void checkPlace(Place place) throws IOException {
        if (place.path().isEmpty()) {
            place.isFile(); // what is wrong with the place is told here
            return;
        }
        var file = place.path().get();
        var folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || folder == null) {
            throw new UsageException("--model: " + file + " is a folder; name a file");
        }
        if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new UsageException("--model: the folder " + folder + " is not there or cannot be written to");
        }
    }

    private static String given(@Nullable String positional, @Nullable String option, String name, String question) {
        if (positional != null) {
            return positional;
        }
        if (option != null) {
            return option;
        }
        throw new UsageException(name + " is missing: " + question);
    }

    private void say(PrintWriter err, String text) {
        if (!keeping.quiet) {
            err.println(text);
        }
    }

    private static Map<String, String> provenance(String data, Application.Task<?> chosen, long seed) {
        var provenance = new LinkedHashMap<String, String>();
        provenance.put("data", data);
        provenance.put("dataSum", chosen.dataSum());
        provenance.put("read", Json.line(chosen.reading().toMap()));
        provenance.put("seed", String.valueOf(seed));
        provenance.put("commit", Version.commit().orElse("unknown"));
        provenance.put("jdk", System.getProperty("java.vm.vendor") + " " + Runtime.version());
        provenance.put("trained", Instant.now().toString());
        return provenance;
    }

    // Running

    /** Runs; at Ctrl-C the job is stopped at the next cut, with a checkpoint, and the process waits for that. */
    private <M extends Model> Trained<M> runUntilInterrupted(Training<M> training, PrintWriter err, RunFolder folder)
            throws IOException {
        var done = new CountDownLatch(1);
        var hook = new Thread(() -> stopAndWait(training.job(), done, err, folder), "interrupted");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return training.run();
        } finally {
            done.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // the process is ending: this is the hook's doing
            }
        }
    }

    /** Runs when and where the pool says. */
    private <M extends Model> Trained<M> runInPool(
            Pooled in, Application.Task<M> chosen, Run run, PrintWriter err, RunFolder folder) throws IOException {
        var demands = Pool.demands(chosen.prepare(run).job(), run);
        try {
            return in.pool()
                    .run(
                            in.name(),
                            demands,
                            turns -> runUntilInterrupted(chosen.prepare(run.with(turns)), err, folder));
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void stopAndWait(Job job, CountDownLatch done, PrintWriter err, RunFolder folder) {
        job.stop();
        try {
            if (done.await(30, TimeUnit.SECONDS)) {
                err.println(
                        keeping.checkpointEvery > 0
                                ? "stopped; go on with: orrery train --resume " + folder.path()
                                : "stopped");
            } else {
                err.println("gave up waiting for the workers to reach a cut after 30 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void save(Model trained, RunFolder folder) throws IOException {
        trained.save(folder.place().resolve("model.safetensors"));
        if (keeping.model != null) {
            trained.save(new Place(keeping.model).readBy(folder.place().readers()));
        }
    }

    // Telling

    private static Map<String, Object> result(
            String app, String data, Run run, String consistency, Trained<?> trained) {
        var result = new LinkedHashMap<String, Object>();
        result.put("app", app);
        result.put("data", data);
        result.put("workers", run.workers());
        if (run.launcher() instanceof Members processes) {
            result.put("processes", processes.count());
        }
        result.put("consistency", consistency);
        result.put("seconds", 0.0); // once they are known
        result.put("cpuSeconds", 0.0);
        result.put("examples", trained.outcome().examples());
        return result;
    }

    private String counted() {
        return application.map(Application::counted).orElse("examples");
    }

    private void print(Map<String, Object> result, String what, Trained<?> trained, Consumer<PrintWriter> results) {
        var out = spec.commandLine().getOut();
        if (keeping.json) {
            out.println(Json.line(result));
            return;
        }
        var shown = Terminal.of(out);
        shown.println(String.format(
                Locale.ROOT,
                "%s on %s: %,d %s in %.2f s (%.2f s of CPU), %s workers, %s",
                what,
                result.get("data"),
                trained.outcome().examples(),
                counted(),
                phases.seconds(),
                phases.cpuSeconds(),
                result.get("workers"),
                result.get("consistency")));
        results.accept(shown);
        if (result.get("bytesPerClock") instanceof Double bytes) {
            shown.println(String.format(Locale.ROOT, "wire   %,.0f bytes a clock, with what is measured at cuts", bytes)
                    + (result.get("bytesPerClockPlanned") instanceof Double planned
                            ? String.format(Locale.ROOT, "; planned %,.0f and ticks", planned)
                            : ""));
        }
        if (result.containsKey(Node.ROWS_NOT_MADE) || result.containsKey(Node.ROWS_DROPPED)) {
            shown.println(String.format(
                    Locale.ROOT,
                    "rows   %,d updates made none, %,d were dropped for want of use",
                    (Long) result.getOrDefault(Node.ROWS_NOT_MADE, 0L),
                    (Long) result.getOrDefault(Node.ROWS_DROPPED, 0L)));
        }
        shown.println("time   " + phases + ": seconds, of CPU in brackets, all processes");
        shown.println("model  " + result.get("model") + (keeping.model == null ? "" : ", " + keeping.model));
    }
}
