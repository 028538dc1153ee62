package orrery.engine;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import orrery.table.Node;
import orrery.table.TableSpec;

/**
 * Stages over a set of tables, run once. {@link #run} is called by one thread; {@link #finish}, {@link #stop} and
 * {@link #cancel} by any.
 */
public final class Job {
    private static final Duration BETWEEN_PROGRESS = Duration.ofMillis(100);
    private static final Duration TO_LET_GO = Duration.ofMillis(500);

    private final String name;
    private final List<TableSpec> tables;
    private final List<Stage> stages;
    private final AtomicReference<Wish> wish = new AtomicReference<>(Wish.GO_ON);

    private enum Wish {
        GO_ON,
        FINISH,
        STOP,
        CANCEL
    }

    public Job(String name, List<TableSpec> tables, List<Stage> stages) {
        this.name = name;
        this.tables = List.copyOf(tables);
        this.stages = List.copyOf(stages);
    }

    /** Ends the job well at the next cut; called by a listener during {@link RunEvent.CutReached}, at that very cut. */
    public void finish() {
        want(Wish.FINISH);
    }

    /** Ends the job at the next clock that all workers can complete, with a checkpoint if checkpoints are kept. */
    public void stop() {
        want(Wish.STOP);
    }

    /** Ends the job at once; {@link #run} throws {@link JobCancelledException}. */
    public void cancel() {
        want(Wish.CANCEL);
    }

    /** The stronger wish counts: they are declared from weak to strong. */
    private void want(Wish more) {
        wish.accumulateAndGet(more, (old, other) -> old.compareTo(other) > 0 ? old : other);
    }

    /**
     * Runs the stages and returns when the last has ended.
     *
     * @throws JobFailedException if a worker failed; the others have been released
     * @throws JobCancelledException if the job was cancelled or this thread interrupted
     * @throws IOException if a checkpoint cannot be written or read
     */
    public Outcome run(Run run) throws IOException {
        return new Running(run).all();
    }

    /** One call of {@link #run}. */
    private final class Running {
        private final Run run;
        private final Node node = new Node();
        private final long start = System.nanoTime();
        private final Duration cpuBefore = cpu();
        private final List<RunEvent.CutReached> cuts = new ArrayList<>();
        private final Map<String, String> identity = new TreeMap<>();
        private long examples;
        private int cutsSinceCheckpoint;

        Running(Run run) {
            this.run = run;
            identity.put("job", name);
            identity.put("workers", String.valueOf(run.workers()));
            identity.put("seed", String.valueOf(run.seed()));
            for (int s = 0; s < stages.size(); s++) {
                var stage = stages.get(s);
                identity.put(
                        "stage " + s, stage.name() + ", " + stage.clocks() + " clocks, cut every " + stage.cutEvery());
            }
            run.checkpoints().ifPresent(checkpoints -> identity.putAll(checkpoints.identity()));
        }

        Outcome all() throws IOException {
            tell(new RunEvent.Started(name, run.workers(), run.consistency().toString(), run.seed()));
            tables.forEach(node::create);
            var restored = restore();
            var status = Outcome.Status.DONE;
            for (int s = restored.map(c -> c.stage).orElse(0);
                    s < stages.size() && status == Outcome.Status.DONE;
                    s++) {
                boolean isFirst = restored.isPresent() && restored.get().stage == s;
                status = stage(s, isFirst ? restored : Optional.empty());
            }
            var cpu = cpu().minus(cpuBefore);
            tell(new RunEvent.Ended(status, examples, elapsed(), cpu));
            return new Outcome(status, node, examples, List.copyOf(cuts), elapsed(), cpu);
        }

        private Optional<Checkpoint> restore() throws IOException {
            var checkpoints = run.checkpoints();
            if (checkpoints.isEmpty()) {
                return Optional.empty();
            }
            if (!checkpoints.get().resume()) {
                Checkpoint.checkThatNoneIsIn(checkpoints.get().storage());
                return Optional.empty();
            }
            var newest = Checkpoint.newest(checkpoints.get().storage());
            newest.check(identity);
            newest.restoreTables(node);
            cuts.addAll(newest.history);
            if (!cuts.isEmpty()) {
                examples = cuts.getLast().examples();
            }
            tell(new RunEvent.Resumed(newest.where(), stages.get(newest.stage).name(), newest.clock, newest.history));
            return Optional.of(newest);
        }

        private Outcome.Status stage(int number, Optional<Checkpoint> restored) throws IOException {
            var stage = stages.get(number);
            long first = restored.map(c -> c.clock).orElse(0L);
            node.begin(run.workers(), first, run.waitLimit());
            tell(new RunEvent.StageStarted(stage.name(), first, stage.clocks()));
            var running = new StageRun(stage, first, run, node, restored);
            var crew = run.launcher().launch(run.workers(), running::work);
            try {
                var status = supervise(number, stage, running);
                examples += running.examples();
                tell(new RunEvent.StageEnded(stage.name(), running.slowest(), running.waited()));
                return status;
            } catch (InterruptedException | ClosedByInterruptException e) {
                Thread.currentThread().interrupt();
                throw abandoned(
                        running,
                        crew,
                        new JobCancelledException("job '" + name + "' was interrupted at " + "stage '" + stage.name()
                                + "', clock " + running.slowest()));
            } catch (RuntimeException | Error | IOException e) {
                throw abandoned(running, crew, e);
            }
        }

        private Outcome.Status supervise(int number, Stage stage, StageRun running)
                throws InterruptedException, IOException {
            var status = Outcome.Status.DONE;
            long lastDone = running.totalDone();
            long lastMove = System.nanoTime();
            while (true) {
                switch (running.await(BETWEEN_PROGRESS)) {
                    case FAILED -> {
                        var failure = running.failure();
                        if (failure != null) {
                            tell(failure);
                            throw JobFailedException.of(failure);
                        }
                    }
                    case ALL_ENDED -> {
                        return status;
                    }
                    case AT_CUT -> {
                        status = cut(number, stage, running);
                        running.release(status != Outcome.Status.DONE);
                        lastMove = System.nanoTime();
                    }
                    case NOTHING_YET -> {
                        tell(new RunEvent.Progressed(
                                stage.name(),
                                running.slowest(),
                                stage.clocks(),
                                examples + running.examples(),
                                elapsed()));
                    }
                }
                if (wish.get() == Wish.CANCEL) {
                    throw new JobCancelledException("job '" + name + "' was cancelled at stage '" + stage.name()
                            + "', clock " + running.slowest());
                }
                if (wish.get() == Wish.STOP) {
                    running.askForCut();
                }
                long done = running.totalDone();
                if (done != lastDone) {
                    lastDone = done;
                    lastMove = System.nanoTime();
                } else if (System.nanoTime() - lastMove > 2 * run.waitLimit().toNanos()) {
                    throw new JobFailedException(
                            "stage '" + stage.name() + "': no worker has completed a clock for "
                                    + run.waitLimit().multipliedBy(2).toMillis() / 1000.0 + " s: "
                                    + running.whereabouts()
                                    + "; a longer limit is set by --wait-limit",
                            new java.util.concurrent.TimeoutException());
                }
            }
        }

        private Outcome.Status cut(int number, Stage stage, StageRun running) throws IOException {
            long clock = running.slowest();
            var metrics = new LinkedHashMap<>(running.tallied());
            metrics.putAll(measure(stage, clock));
            var cut = new RunEvent.CutReached(stage.name(), clock, metrics, examples + running.examples(), elapsed());
            cuts.add(cut);
            tell(cut);
            var status = switch (wish.get()) {
                case GO_ON, CANCEL -> Outcome.Status.DONE;
                case FINISH -> Outcome.Status.FINISHED_EARLY;
                case STOP ->
                    clock < stage.clocks() || number + 1 < stages.size() ? Outcome.Status.STOPPED : Outcome.Status.DONE;
            };
            checkpoint(number, clock, stage, running, status);
            return status;
        }

        private Map<String, Double> measure(Stage stage, long clock) throws IOException {
            try {
                return stage.measure().at(node, clock);
            } catch (RuntimeException | IOException e) {
                throw e;
            } catch (Exception e) {
                throw new JobFailedException(
                        "stage '" + stage.name() + "', measuring at clock " + clock + ": " + e.getMessage(), e);
            }
        }

        private void checkpoint(int number, long clock, Stage stage, StageRun running, Outcome.Status status)
                throws IOException {
            if (run.checkpoints().isEmpty()) {
                return;
            }
            var checkpoints = run.checkpoints().get();
            if (++cutsSinceCheckpoint >= checkpoints.everyCuts() || status == Outcome.Status.STOPPED) {
                cutsSinceCheckpoint = 0;
                long bytes = Checkpoint.save(checkpoints, identity, number, clock, cuts, node, running.sessions());
                tell(new RunEvent.Checkpointed(
                        stage.name(), clock, checkpoints.storage().where(Checkpoint.folder(number, clock)), bytes));
            }
        }

        /** Releases everybody; what is thrown says who could not be stopped. */
        private RuntimeException abandoned(StageRun running, Launcher.Crew crew, Throwable why) throws IOException {
            node.end(String.valueOf(why.getMessage()), why);
            running.abandon();
            crew.interrupt();
            boolean wasInterrupted = Thread.interrupted();
            try {
                var left = crew.awaitEnd(TO_LET_GO);
                if (!left.isEmpty()) {
                    why.addSuppressed(new IllegalStateException(
                            "workers " + left + " are still within their steps; they are left behind"));
                }
            } catch (InterruptedException e) {
                wasInterrupted = true;
            } finally {
                if (wasInterrupted) {
                    Thread.currentThread().interrupt();
                }
            }
            return switch (why) {
                case RuntimeException e -> e;
                case IOException e -> throw e;
                case Error e -> throw e;
                default -> new IllegalStateException(why);
            };
        }

        private void tell(RunEvent event) {
            for (var listener : run.listeners()) {
                listener.accept(event);
            }
        }

        private Duration elapsed() {
            return Duration.ofNanos(System.nanoTime() - start);
        }
    }

    private static Duration cpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }
}
