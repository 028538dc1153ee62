package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
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
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import orrery.engine.Checkpoints;
import orrery.engine.Job;
import orrery.engine.Members;
import orrery.engine.Membership;
import orrery.engine.Outcome;
import orrery.engine.Processes;
import orrery.engine.Run;
import orrery.engine.schedule.Pool;
import orrery.learn.Model;
import orrery.learn.Trained;
import orrery.learn.Training;
import orrery.store.Json;
import orrery.store.Place;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains a model. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Trains a model: lr, svm (two classes), softmax (any number), least-squares (numbers), kmeans, mf (ratings), pagerank (graphs).",
        footer = {
            "",
            "Examples:",
            "  orrery train softmax jdk-verbs --split 0.2",
            "  orrery train lr train.libsvm --test test.libsvm",
            "  orrery train mf ratings.tsv --split 0.1",
            "  orrery train pagerank jdk-graph"
        })
final class Train implements Callable<Integer> {
    private static final List<String> NOT_KEPT = List.of(
            "run", "member-of", "resume", "model", "json", "quiet", "config", "help", "version", "app", "train");

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "APP",
            description = "lr, svm, softmax, least-squares, kmeans, mf or pagerank.")
    @Nullable
    String app;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "TRAIN",
            description = "A file (libsvm, CSV, TSV, ratings, edges; plain or .gz), or a name of: orrery data list.")
    @Nullable
    String train;

    @Option(names = "--app", hidden = true)
    @Nullable
    String appOption;

    @Option(names = "--train", hidden = true)
    @Nullable
    String trainOption;

    @Mixin
    Applications applications = new Applications();

    @Mixin
    RunFlags running = new RunFlags();

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description = "A checkpoint after every N passes (default: ${DEFAULT-VALUE}); 0 for none.")
    int checkpointEvery = 1;

    @Option(
            names = "--run",
            paramLabel = "FOLDER",
            description = "Where the run is kept (default: a new one in runs/).")
    String runFolder = "";

    @Option(names = "--resume", paramLabel = "RUN", description = "Go on with a run from its newest checkpoint.")
    String resume = "";

    @Option(
            names = "--checkpoints",
            paramLabel = "FOLDER",
            description =
                    "Keep the checkpoints in FOLDER/run's name, such as hdfs://host:port/folder (default: in the run's"
                            + " folder).")
    String checkpoints = "";

    @Option(names = "--model", paramLabel = "FILE", description = "Save the model here, too.")
    @Nullable
    String model;

    @Option(names = "--config", paramLabel = "FILE", description = "Read options from a file: lines name = value.")
    @Nullable
    String config;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description = "Serve what the run counts as Prometheus text on this machine's port PORT; 0 for any.")
    int metricsPort = -1;

    @Option(names = "--json", description = "Print the result as one JSON object.")
    boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress.")
    boolean quiet;

    /** Set in the processes that a run has started: the run's folder. */
    @Option(names = "--member-of", hidden = true)
    @Nullable
    Path memberOf;

    /** Set where the job is one of a pool; see {@link PoolVerb}. */
    @Nullable
    Pooled pooled;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** A place in a pool. */
    record Pooled(Pool pool, String name, int nodes) {}

    @Override
    public Integer call() throws IOException {
        if (memberOf != null) {
            // the invitation first: from here on this process ends with the coordinator
            var run = running.run().with(Membership.read(System.in));
            var plan = RunFolder.of(memberOf).plan();
            return join(memberOf, plan.isPresent() ? run.with(plan.get()) : run);
        }
        if (!resume.isEmpty()) {
            return resume();
        }
        String what =
                given(app, appOption, "APP", "which application? One of " + String.join(", ", Applications.NAMES));
        String data = given(train, trainOption, "TRAIN", "which data? A file, or a name of: orrery data list");
        try (var chosen = applications.of(what, spec.commandLine())) { // wrong options are told before anything is read
            return call(what, data, chosen);
        }
    }

    private Integer call(String what, String data, Application<?> chosen) throws IOException {
        var run = running.run();
        var terms = running.terms();
        if (pooled != null && Math.max(1, running.processes()) != pooled.nodes()) {
            throw new UsageException("a job of a pool of " + pooled.nodes() + " nodes has as many processes, got "
                    + running.processes() + "; give --processes " + pooled.nodes() + ", or the pool one node");
        }
        var cluster = cluster(); // a place that nobody knows, too
        if (model != null) {
            checkPlace(new Place(model));
        }
        if (checkpointEvery < 0) {
            throw new UsageException("--checkpoint-every must be 0 or more, got " + checkpointEvery);
        }
        var err = spec.commandLine().getErr();
        say(err, "reading " + data);
        say(err, chosen.read(data, run.seed()));
        chosen.prepare(run); // wrong labels are told before a folder is made
        boolean isNew = resumed == null;
        var folder = resumed == null ? RunFolder.create(runFolder, what, Instant.now()) : resumed;
        var config = ConfigFile.text(spec.commandLine(), NOT_KEPT) + "app = " + what + "\ntrain = "
                + ConfigFile.absolute(data) + "\n";
        if (isNew) {
            folder.writeConfig(config);
        } else if (kept(folder).storage().list("").isEmpty()) {
            throw new UsageException(folder.path() + ": has no checkpoint to go on from");
        }
        try (var _ = folder.lock()) {
            if (cluster.isPresent()) {
                say(err, "starting " + running.processes() + " processes on " + running.on);
                try (var members = cluster.get().rent(running.on, wanted(config, folder, terms))) {
                    return train(what, data, chosen, run.with(members), folder, isNew);
                }
            }
            if (running.processes() > 0) {
                folder.writeMembersConfig(config);
                run = run.with(
                        new Processes(running.processes(), MemberCommand.of(folder, running.processes()), terms));
            }
            return train(what, data, chosen, planned(chosen, run, folder), folder, isNew);
        }
    }

    /** What members on a cluster are to be: this training, with as many workers as here, where the default may be another. */
    private Cluster.Wanted wanted(String config, RunFolder folder, Members.Terms terms) {
        int processes = running.processes();
        var arguments = new ArrayList<>(ConfigFile.arguments(config));
        arguments.removeIf(argument -> argument.startsWith("--on="));
        arguments.add("--workers=" + running.workers);
        arguments.add("--processes=" + processes);
        arguments.add("--member-of=" + folder.path().toAbsolutePath());
        return new Cluster.Wanted(processes, running.workers / processes, terms, List.copyOf(arguments));
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
    static void join(List<String> arguments, Membership membership) throws IOException {
        var train = new Train();
        new CommandLine(train).setOverwrittenOptionsAllowed(true).parseArgs(arguments.toArray(String[]::new));
        train.join(Objects.requireNonNull(train.memberOf), train.running.run().with(membership));
    }

    /** The part of a member: the same data, the same job, its own share of the workers. */
    private Integer join(Path runPath, Run run) throws IOException {
        String what = given(app, appOption, "APP", "which application?");
        try (var chosen = applications.of(what, spec.commandLine())) {
            chosen.read(given(train, trainOption, "TRAIN", "which data?"), run.seed());
            boolean keeps = checkpointEvery > 0;
            chosen.prepare(keeps ? run.with(kept(RunFolder.of(runPath)).every(checkpointEvery)) : run)
                    .join();
            return 0;
        }
    }

    /** The run with the plan that its folder has, or with a new one if there are processes to place rows in. */
    private Run planned(Application<?> chosen, Run run, RunFolder folder) throws IOException {
        var placing = running.placing(chosen.isPlanned());
        if (running.processes() < 2 || placing.isEmpty()) {
            return run;
        }
        var learning = checkpointEvery > 0 ? run.learning(placing.get()) : run; // drift makes another plan due
        if (running.isPlannedByFirstPass()) {
            if (checkpointEvery == 0) {
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
            String what, String data, Application<M> chosen, Run run, RunFolder folder, boolean isNew)
            throws IOException {
        var err = spec.commandLine().getErr();
        var provenance = provenance(data, chosen.dataSum(), run.seed());
        folder.writeProvenance(provenance);
        var wire = new WireUse(running.processes());
        var listening = run.listening(folder.recorder()).listening(wire);
        if (!quiet) {
            listening = listening.listening(new Progress(err, Progress.isTerminal()));
        }
        if (checkpointEvery > 0) {
            var kept = kept(folder).every(checkpointEvery);
            listening = listening.with(isNew ? kept : kept.resuming());
        }
        Trained<M> trained;
        try (var monitor = metricsPort < 0 ? null : new Monitor(metricsPort)) {
            if (monitor != null) {
                listening = listening.listening(monitor);
                say(err, "metrics at " + monitor.address());
            }
            trained = pooled == null
                    ? runUntilInterrupted(chosen.prepare(listening), err, folder)
                    : runInPool(pooled, chosen, listening, err, folder);
        }
        if (trained.outcome().status() == Outcome.Status.STOPPED) {
            return Orrery.INTERRUPTED; // the thread that stopped it says how to go on
        }
        var result = result(what, data, run, trained);
        var results = chosen.results(trained.model());
        result.putAll(results);
        result.put("model", folder.model().toString());
        result.put("run", folder.path().toString());
        var learned = RunFolder.plan(kept(folder).storage());
        (learned.isPresent() ? learned : run.plan())
                .ifPresent(plan -> result.put("bytesPerClockPlanned", plan.bytesPerClock()));
        wire.bytesPerClock().ifPresent(bytes -> result.put("bytesPerClock", bytes));
        save(trained.model().from(provenance), folder);
        folder.writeResult(result);
        print(result, what, trained, out -> chosen.print(out, trained.model(), results));
        return 0;
    }

    /** Where the run's checkpoints are. */
    private Checkpoints kept(RunFolder folder) throws IOException {
        var place = checkpoints.isEmpty()
                ? Place.of(folder.path()).resolve("checkpoints")
                : new Place(checkpoints).resolve(folder.name());
        return Checkpoints.in(place.folder());
    }

    private @Nullable RunFolder resumed;

    /** Goes on with a run: its options, then those given now. */
    private Integer resume() throws IOException {
        if (!runFolder.isEmpty()) {
            throw new UsageException("--resume goes on in the run's own folder; leave --run out");
        }
        var folder = RunFolder.open(resume);
        if (Files.exists(folder.path().resolve("result.json"))) {
            throw new UsageException(
                    "the run " + folder.path() + " is done; see it with: orrery show " + folder.path());
        }
        var again = new Train();
        var command = new CommandLine(again)
                .setOut(spec.commandLine().getOut())
                .setErr(spec.commandLine().getErr())
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler(spec.commandLine().getParameterExceptionHandler())
                .setExecutionExceptionHandler(spec.commandLine().getExecutionExceptionHandler());
        again.resumed = folder;
        var arguments = new ArrayList<>(ConfigFile.arguments(folder.config(), command));
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
        if (!quiet) {
            err.println(text);
        }
    }

    private static Map<String, String> provenance(String data, String sum, long seed) {
        var provenance = new LinkedHashMap<String, String>();
        provenance.put("data", data);
        provenance.put("dataSum", sum);
        provenance.put("seed", String.valueOf(seed));
        provenance.put("commit", Orrery.Version.commit().orElse("unknown"));
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
            Pooled in, Application<M> chosen, Run run, PrintWriter err, RunFolder folder) throws IOException {
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
                        checkpointEvery > 0
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
        trained.save(folder.model());
        if (model != null) {
            trained.save(new Place(model));
        }
    }

    // Telling

    private static Map<String, Object> result(String app, String data, Run run, Trained<?> trained) {
        var result = new LinkedHashMap<String, Object>();
        result.put("app", app);
        result.put("data", data);
        result.put("workers", run.workers());
        if (run.launcher() instanceof Members processes) {
            result.put("processes", processes.count());
        }
        result.put("consistency", run.consistency().toString());
        result.put("seconds", trained.outcome().elapsed().toNanos() / 1e9);
        result.put("cpuSeconds", trained.outcome().cpu().toNanos() / 1e9);
        result.put("examples", trained.outcome().examples());
        return result;
    }

    private void print(Map<String, Object> result, String what, Trained<?> trained, Consumer<PrintWriter> results) {
        var out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.line(result));
            return;
        }
        out.printf(
                Locale.ROOT,
                "%s on %s: %,d examples in %.2f s (%.2f s of CPU), %s workers, %s%n",
                what,
                result.get("data"),
                trained.outcome().examples(),
                trained.outcome().elapsed().toNanos() / 1e9,
                trained.outcome().cpu().toNanos() / 1e9,
                result.get("workers"),
                result.get("consistency"));
        results.accept(out);
        if (result.get("bytesPerClock") instanceof Double bytes) {
            out.println(String.format(Locale.ROOT, "wire   %,.0f bytes a clock, with what is measured at cuts", bytes)
                    + (result.get("bytesPerClockPlanned") instanceof Double planned
                            ? String.format(Locale.ROOT, "; planned %,.0f and ticks", planned)
                            : ""));
        }
        out.println("model  " + result.get("model") + (model == null ? "" : ", " + model));
    }

    static void printMetrics(PrintWriter out, String name, @Nullable Object metrics) {
        if (metrics instanceof Map<?, ?> map && !map.isEmpty()) {
            out.println(String.format(Locale.ROOT, "%-5s", name) + describe(map));
        }
    }

    private static String describe(Map<?, ?> metrics) {
        return metrics.entrySet().stream()
                .map(e -> "  " + e.getKey() + (e.getValue() instanceof Double d ? " " + Progress.shown(d) : ""))
                .collect(Collectors.joining());
    }
}
