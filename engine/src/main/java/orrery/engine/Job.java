package orrery.engine;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.table.Node;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.Recording;
import orrery.table.spec.TableSpec;

/**
 * Stages over a set of tables, run once. {@link #run} is called by one thread; {@link #finish}, {@link #stop} and
 * {@link #cancel} by any.
 */
public final class Job {
    private static final Duration BETWEEN_PROGRESS = Duration.ofMillis(100);
    private static final double DRIFT = 0.25; // rows read outside the plan, of those in it, that make another due

    private final String name;
    private final List<TableSpec> tables;
    private final List<Stage> stages;
    private final AtomicInteger members = new AtomicInteger(); // asked for, or 0
    private final AtomicReference<Wish> wish = new AtomicReference<>(Wish.GO_ON);

    private enum Wish {
        GO_ON,
        FINISH,
        STOP,
        CANCEL
    }

    public Job(String name, List<TableSpec> tables, List<Stage> stages) {
        this.name = name;
        this.stages = List.copyOf(stages);
        this.tables = tables.stream().map(this::averagedAtCuts).toList();
    }

    public Job(String name, List<TableSpec> tables, Task task) {
        this(name, tables, task.stages());
    }

    /** What is measured and kept at a cut has all local steps in it. */
    private TableSpec averagedAtCuts(TableSpec spec) {
        long within = 0;
        for (var stage : stages) {
            within = gcd(gcd(within, stage.clocks()), Math.min(stage.cutEvery(), stage.clocks()));
        }
        return within == 0 ? spec : spec.with(spec.consistency().within(within));
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** The tables that it begins with. */
    public List<TableSpec> tables() {
        return tables;
    }

    /** The stages, in their order. */
    public List<Stage> stages() {
        return stages;
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

    /** Goes on with another number of members from the next cut on at which they can be had. */
    public void scale(int to) {
        if (to < 1) {
            throw new IllegalArgumentException("a job needs 1 member or more, asked for " + to);
        }
        members.set(to);
    }

    /** The stronger wish counts: they are declared from weak to strong. */
    private void want(Wish more) {
        wish.accumulateAndGet(more, (old, other) -> old.compareTo(other) > 0 ? old : other);
    }

    /**
     * Runs the stages and returns when the last has ended. In a JVM that is a member of a run, does that member's part.
     *
     * @throws JobFailedException if a worker failed; the others have been released
     * @throws JobCancelledException if the job was cancelled or this thread interrupted
     * @throws IOException if a checkpoint cannot be written or read
     */
    public Outcome run(Run run) throws IOException {
        switch (run.launcher()) {
            case Membership membership -> {
                return new Member(membership, run, ordered(tables, run.plan()), stages, identity(run)).live();
            }
            case Threads threads -> {
                try (var site = new Here(run, threads)) {
                    return new Running(run, site).all();
                }
            }
            case Members launcher -> {
                if (run.learns().isPresent() && run.checkpoints().isEmpty()) {
                    throw new IllegalArgumentException(
                            "a run that places rows anew after its first pass needs checkpoints");
                }
                try (var site = new Coordinator(run, launcher, identity(run))) {
                    return new Running(run, site).all();
                }
            }
        }
    }

    /** What a run of this job is of. */
    private Identity identity(Run run) {
        var values = new TreeMap<String, String>();
        values.put("job", name);
        values.put("workers", String.valueOf(run.workers()));
        values.put("seed", String.valueOf(run.seed()));
        values.put("consistency", run.consistency().toString());
        var all = stages.stream().map(Job::text).toList();
        values.put("stages", String.join("; ", all));
        return run.identity().with(values);
    }

    private static String text(Stage stage) {
        return stage.name() + ", " + stage.clocks() + " clocks, cut every " + stage.cutEvery()
                + (stage.parallelism().equals(Parallelism.OF_RUN) ? "" : ", workers " + stage.parallelism());
    }

    /** The tables with their rows in the order of the plan, if there is one. */
    static List<TableSpec> ordered(List<TableSpec> tables, Optional<AccessPlan> plan) {
        return tables.stream()
                .map(spec -> plan.flatMap(all -> all.of(spec.name()))
                        .map(of -> spec.ordered(of.order()))
                        .orElse(spec.ordered(null)))
                .toList();
    }

    /**
     * What follows from what the workers of the first stage touch in a pass, found by a virtual iteration: their steps are
     * run up to the first cut with sessions that record what they are told and do nothing (Cui et al., SoCC 2014). Tables
     * are as they are at first. In this JVM, worker after worker.
     *
     * @param members how many members will share the tables
     */
    public AccessPlan plan(Run run, Placing placing, int members) throws Exception {
        var stage = stages.getFirst();
        var node = new Node();
        tables.forEach(node::create);
        var recordings = new ArrayList<Recording>();
        int workers = stage.parallelism().count(run, members);
        var memberOf = positions(stage, workers, members);
        for (int w = 0; w < workers; w++) {
            var recording = new Recording();
            recordings.add(recording);
            var session = node.virtual(w, workers, recording);
            var step = stage.body().open(new Worker(session, run.seed(), new AtomicLong()));
            try {
                for (long clock = 0; clock < Math.min(stage.clocks(), stage.cutEvery()); clock++) {
                    step.run(session, clock);
                    session.tick();
                }
            } finally {
                StageRun.close(step);
            }
        }
        return plan(placing, members, recordings, memberOf);
    }

    /** Worker to the position of its member. */
    private static int[] positions(Stage stage, int workers, int members) {
        var all = IntStream.rangeClosed(1, members).boxed().toList();
        return stage.parallelism().homes(workers, all, 0).stream()
                .mapToInt(member -> member - 1)
                .toArray();
    }

    /** Of the tables of which rows were touched by their numbers only. */
    private AccessPlan plan(Placing placing, int members, List<Recording> recordings, int[] memberOf) {
        var shapes = new TreeMap<String, AccessPlan.Shape>();
        for (var spec : tables) {
            if (recordings.stream().anyMatch(recording -> recording.hasRows(spec.name()))
                    && recordings.stream().noneMatch(recording -> recording.hasRanges(spec.name()))) {
                shapes.put(spec.name(), new AccessPlan.Shape((int) spec.rows(), spec.width()));
            }
        }
        return AccessPlan.of(placing, members, recordings, memberOf, shapes);
    }

    /** One call of {@link #run}. */
    private final class Running {
        private final Run run;
        private final Site site;
        private final long start;
        private final Duration cpuBefore = Spent.byThisProcess();
        private History cuts = new History();
        private final Identity identity;
        private long examples; // of the stages before
        private int cutsSinceCheckpoint;
        private Optional<Checkpoint> newest = Optional.empty();
        private @Nullable Pending pending;
        private Optional<AccessPlan> plan;
        private boolean isDrifting; // the next pass is recorded, to plan anew
        private long outsideBefore; // rows read outside earlier plans
        private int workers; // of the stage that is on
        private @Nullable HillClimb climb; // if their number is to be found
        private final IdentityHashMap<Stage.Body, HillClimb> climbs =
                new IdentityHashMap<>(); // of stages and their repetitions
        private boolean finishesAtCut; // a listener has ended the job at a cut
        private long cutBefore; // the clock of the last cut, and when the workers went on from it
        private long wentOn;
        private int turnOf = -1; // the stage whose turn it is, if turns have to be waited for
        private List<Integer> given = List.of(); // worker to member in this turn

        /** A checkpoint that is being written. */
        private record Pending(
                int stage,
                long clock,
                int workers,
                boolean finishes,
                String stageName,
                List<RunEvent.CutReached> history,
                Team.Saving saving) {}

        Running(Run run, Site site) {
            this.run = run;
            start = run.ticker().nanos();
            this.site = site;
            plan = run.plan();
            identity = identity(run);
        }

        Outcome all() throws IOException {
            tell(new RunEvent.Started(name, run.workers(), run.consistency().toString(), run.seed()));
            newest = resumed();
            var status = Outcome.Status.DONE;
            for (boolean isOver = false; !isOver; ) {
                try {
                    site.open(ordered(tables, plan), newest);
                    if (newest.isPresent()) {
                        tellResumed(newest.get());
                    }
                    status = stages(newest);
                    site.finish();
                    isOver = true;
                } catch (MemberLostException lost) {
                    recover(lost);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new JobCancelledException("job '" + name + "' was interrupted");
                }
            }
            site.toTell().forEach(this::tell);
            var members = site.spent();
            var cpu = Spent.byThisProcess().minus(cpuBefore).plus(members.all());
            tell(new RunEvent.Ended(status, examples, elapsed(), cpu));
            return new Outcome(status, site.node(), examples, cuts.soFar(), elapsed(), cpu, members);
        }

        private Optional<Checkpoint> resumed() throws IOException {
            var checkpoints = run.checkpoints();
            if (checkpoints.isEmpty()) {
                return Optional.empty();
            }
            if (!checkpoints.get().resume()) {
                Checkpoint.checkThatNoneIsIn(checkpoints.get().storage());
                return Optional.empty();
            }
            var storage = checkpoints.get().storage();
            var saved = Checkpoint.toResume(storage, stages, identity, this::passOver);
            if (run.learns().isPresent() && storage.holds(Checkpoint.PLAN)) {
                plan = Optional.of(AccessPlan.read(storage, Checkpoint.PLAN));
                site.learned();
            }
            return Optional.of(saved);
        }

        private void passOver(String where, String why) {
            tell(new RunEvent.CheckpointPassedOver(where, why));
        }

        /** The newest checkpoint may have been damaged since it was written. */
        private Optional<Checkpoint> stillSound() throws IOException {
            return newest.isEmpty()
                    ? newest
                    : Checkpoint.newest(run.checkpoints().orElseThrow().storage(), stages, identity, this::passOver);
        }

        private void tellResumed(Checkpoint saved) throws IOException {
            rewind(saved.history());
            tell(new RunEvent.Resumed(saved.where(), stages.get(saved.stage).name(), saved.clock, cuts.soFar()));
        }

        private void rewind(List<RunEvent.CutReached> history) {
            cuts = History.of(history); // what was handed out of the old one stays
            examples = cuts.isEmpty() ? 0 : cuts.getLast().examples();
        }

        /** Everybody goes back to the newest checkpoint, or the beginning; whoever was lost is replaced. */
        private void recover(MemberLostException lost) throws IOException {
            pending = null;
            cutsSinceCheckpoint = 0;
            if (finishesAtCut) { // it goes back before that cut, which the listener hears of again
                finishesAtCut = false;
                wish.compareAndSet(Wish.FINISH, Wish.GO_ON);
            }
            site.toTell().forEach(this::tell);
            tell(new RunEvent.MemberLost(lost.member(), String.valueOf(lost.getMessage())));
            if (wish.get() == Wish.CANCEL) {
                throw new JobCancelledException("job '" + name + "' was cancelled");
            }
            try {
                site.recover(lost);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new JobCancelledException("job '" + name + "' was interrupted");
            }
            newest = stillSound();
            if (newest.isEmpty()) {
                rewind(List.of());
                tell(new RunEvent.Resumed(
                        "the beginning",
                        stages.isEmpty() ? "" : stages.getFirst().name(),
                        0,
                        cuts.soFar()));
            }
        }

        private Outcome.Status stages(Optional<Checkpoint> from) throws IOException, InterruptedException {
            var status = Outcome.Status.DONE;
            for (int s = from.map(c -> c.stage).orElse(0); s < stages.size() && status == Outcome.Status.DONE; s++) {
                boolean isFirst = from.isPresent() && from.get().stage == s;
                status = stage(s, isFirst ? from : Optional.empty());
                giveBack();
            }
            return status;
        }

        /** Waits for the stage's turn; empty if the job is to stop meanwhile. Returns where its workers are then, if that is somebody else's to say. */
        private Optional<List<Integer>> turn(int number) throws InterruptedException {
            if (run.turns().isEmpty()) {
                return Optional.of(List.of());
            }
            if (turnOf != number) { // who has lost a member keeps its turn while it goes on
                giveBack();
                var turn = run.turns().get().await(number, BETWEEN_PROGRESS);
                for (; turn.isEmpty(); turn = run.turns().get().await(number, BETWEEN_PROGRESS)) {
                    site.toTell().forEach(this::tell);
                    switch (wish.get()) {
                        case CANCEL -> throw new JobCancelledException("job '" + name + "' was cancelled");
                        case STOP -> {
                            return Optional.empty();
                        }
                        case GO_ON, FINISH -> {}
                    }
                }
                given = Homes.given(turn.get());
                turnOf = number;
            }
            return Optional.of(site.members() > 0 ? given : List.of());
        }

        private void giveBack() {
            if (turnOf >= 0) {
                run.turns().ifPresent(turns -> turns.ended(turnOf));
                turnOf = -1;
            }
        }

        private Outcome.Status stage(int number, Optional<Checkpoint> restored)
                throws IOException, InterruptedException {
            long first = restored.map(c -> c.clock).orElse(0L);
            boolean isFinished = restored.isPresent() && restored.get().finishes; // lost on its way to the result
            var stage = isFinished ? stages.get(number).upTo(first) : stages.get(number);
            var parallelism = stage.parallelism();
            var turn = turn(number);
            if (turn.isEmpty()) {
                return Outcome.Status.STOPPED; // as it was at the last cut
            }
            if (restored.isPresent()) {
                climbs.remove(stage.body()); // what it knows is of another number of workers
            }
            int atFirst = restored.map(c -> c.workers).orElse(parallelism.count(run, site.members()));
            climb = !parallelism.isFound()
                    ? null // else what was found goes on when the stage comes again
                    : climbs.computeIfAbsent(
                            stage.body(), b -> new HillClimb(atFirst, Math.max(atFirst, parallelism.workers())));
            workers = climb == null ? atFirst : climb.workers();
            int walked = (int) stages.subList(0, number).stream()
                    .filter(s -> s.parallelism().where() == Parallelism.Where.WALKING)
                    .count();
            var homes = new Homes(parallelism, workers, walked, turn.get());
            tell(new RunEvent.StageStarted(stage.name(), first, stage.clocks(), workers));
            var from = restored;
            boolean isMoving = false;
            while (true) {
                site.record(isRecording());
                var team = site.begin(number, stage, homes.with(workers), first, from);
                cutBefore = first;
                wentOn = run.ticker().nanos();
                try {
                    var status = supervise(number, stage, team);
                    examples += team.examples();
                    long reached = team.slowest();
                    if (status.isEmpty()) { // stopped in order to move
                        commit(true);
                        first = reached;
                        isMoving = true;
                        if (isRecording()) {
                            learn(stage, team.outsidePlan());
                            from = newest;
                        } else if (hasDrifted(team)) {
                            isDrifting = true; // from here on it is recorded
                            site.open(ordered(tables, plan), newest);
                            from = newest;
                        } else if (hasClimbed()) {
                            workers = found();
                            from = Optional.empty();
                        } else {
                            site.rescale();
                            from = Optional.empty();
                        }
                        isMoving = false;
                        continue;
                    }
                    commit(true);
                    tell(new RunEvent.StageEnded(stage.name(), reached, team.waited()));
                    return isFinished ? Outcome.Status.FINISHED_EARLY : status.get();
                } catch (MemberLostException e) {
                    if (!losesUpdatesAnyway() || isMoving || wish.get() == Wish.CANCEL) {
                        throw e;
                    }
                    examples += team.examples();
                    first = goOn(number, stage, e);
                    from = newest.filter(checkpoint -> checkpoint.stage == number);
                } catch (InterruptedException | ClosedByInterruptException e) {
                    Thread.currentThread().interrupt();
                    throw abandoned(
                            team,
                            new JobCancelledException("job '" + name + "' was interrupted at " + "stage '"
                                    + stage.name() + "', clock " + team.slowest()));
                } catch (RuntimeException | Error | IOException e) {
                    throw abandoned(team, e);
                }
            }
        }

        /** Whether what workers touch up to the next cut is to show who had best own which row. */
        private boolean isRecording() {
            return run.learns().isPresent() && (plan.isEmpty() || isDrifting) && site.members() > 1;
        }

        /** Whether workers read so much that the plan did not know that another is due. */
        private boolean hasDrifted(Team team) {
            return run.learns().isPresent()
                    && plan.isPresent()
                    && !isDrifting
                    && team.outsidePlan() - outsideBefore > DRIFT * plan.get().touched();
        }

        /** Places rows as what was recorded up to the newest checkpoint has it; everybody goes on from there. */
        private void learn(Stage stage, long outside) throws IOException, InterruptedException {
            outsideBefore = outside;
            isDrifting = false;
            var recordings = newest.orElseThrow().recordings(workers);
            if (recordings.size() < workers) {
                throw new IOException(newest.get().where() + ": tells of " + recordings.size() + " workers what they"
                        + " touch, of " + workers);
            }
            var memberOf = positions(stage, workers, site.members());
            var learned = plan(run.learns().orElseThrow(), site.members(), recordings, memberOf);
            learned.write(run.checkpoints().orElseThrow().storage(), Checkpoint.PLAN);
            plan = Optional.of(learned);
            site.learned();
            site.open(ordered(tables, plan), newest);
            tell(new RunEvent.Planned(learned));
        }

        /** Whether nobody relies on an update that was made elsewhere. */
        private boolean losesUpdatesAnyway() {
            return !tables.isEmpty()
                    && tables.stream().allMatch(table -> table.consistency().toleratesLoss());
        }

        /** Has a lost member replaced while all others keep what they have. Returns the clock to go on at. */
        private long goOn(int number, Stage stage, MemberLostException lost) throws IOException, InterruptedException {
            pending = null;
            site.toTell().forEach(this::tell);
            tell(new RunEvent.MemberLost(lost.member(), String.valueOf(lost.getMessage())));
            newest = stillSound();
            long clock = Math.min(site.goOn(lost, newest), stage.clocks());
            long kept = newest.filter(checkpoint -> checkpoint.stage == number)
                    .map(checkpoint -> checkpoint.clock)
                    .orElse(0L);
            tell(new RunEvent.Continued(lost.member(), stage.name(), clock, Math.max(0, clock - kept)));
            return clock;
        }

        /** Until the workers have ended; empty if they have so that tables and workers can move. */
        private Optional<Outcome.Status> supervise(int number, Stage stage, Team team)
                throws InterruptedException, IOException {
            var status = Optional.of(Outcome.Status.DONE);
            long lastDone = team.totalDone();
            long lastMove = run.ticker().nanos();
            while (true) {
                switch (team.await(BETWEEN_PROGRESS)) {
                    case FAILED -> {
                        var failure = team.failure();
                        if (failure != null) {
                            tell(failure);
                            throw JobFailedException.of(failure);
                        }
                    }
                    case ALL_ENDED -> {
                        return status;
                    }
                    case AT_CUT -> {
                        status = cut(number, stage, team);
                        wentOn = run.ticker().nanos();
                        team.release(status.isEmpty() || status.get() != Outcome.Status.DONE);
                        lastMove = run.ticker().nanos();
                    }
                    case NOTHING_YET -> {
                        tell(new RunEvent.Progressed(
                                stage.name(), team.slowest(), stage.clocks(), examples + team.examples(), elapsed()));
                    }
                }
                commit(false);
                site.toTell().forEach(this::tell);
                if (wish.get() == Wish.CANCEL) {
                    throw new JobCancelledException("job '" + name + "' was cancelled at stage '" + stage.name()
                            + "', clock " + team.slowest());
                }
                int asked = members.getAndSet(0);
                if (asked > 0) {
                    site.scale(asked);
                }
                if (wish.get() == Wish.STOP) {
                    team.askForCut();
                }
                long done = team.totalDone();
                if (done != lastDone) {
                    lastDone = done;
                    lastMove = run.ticker().nanos();
                } else if (run.ticker().nanos() - lastMove > 2 * run.waitLimit().toNanos()) {
                    throw new JobFailedException(
                            "stage '" + stage.name() + "': no worker has completed a clock for "
                                    + run.waitLimit().multipliedBy(2).toMillis() / 1000.0 + " s: "
                                    + team.whereabouts()
                                    + "; a longer limit is set by --wait-limit",
                            new java.util.concurrent.TimeoutException());
                }
            }
        }

        private Optional<Outcome.Status> cut(int number, Stage stage, Team team)
                throws IOException, InterruptedException {
            long clock = team.slowest();
            climbed(stage, clock);
            boolean wasGoingOn = wish.get() == Wish.GO_ON;
            var metrics = new LinkedHashMap<>(team.tallied());
            var verdict = decide(stage, new Cut(stage.name(), clock, metrics, cuts.soFar()));
            metrics.putAll(verdict.metrics());
            verdict.writes().forEach(this::write);
            var cut = new RunEvent.CutReached(stage.name(), clock, metrics, examples + team.examples(), elapsed());
            cuts.add(cut);
            tell(cut);
            finishesAtCut |= wasGoingOn && wish.get() == Wish.FINISH;
            boolean isEnough = verdict.next() == Verdict.Next.FINISH;
            var status = switch (wish.get()) {
                case GO_ON, CANCEL -> isEnough ? Outcome.Status.FINISHED_EARLY : Outcome.Status.DONE;
                case FINISH -> Outcome.Status.FINISHED_EARLY;
                case STOP ->
                    isEnough
                            ? Outcome.Status.FINISHED_EARLY
                            : clock < stage.clocks() || number + 1 < stages.size()
                                    ? Outcome.Status.STOPPED
                                    : Outcome.Status.DONE;
            };
            boolean goesOn = status == Outcome.Status.DONE && clock < stage.clocks();
            boolean replans = goesOn && (isRecording() || hasDrifted(team));
            checkpoint(number, clock, stage, team, status, replans);
            boolean moves = goesOn && (replans || hasClimbed() || site.wantsToRescale());
            return moves ? Optional.empty() : Optional.of(status);
        }

        /** Takes in how long the clocks since the last cut took. */
        private void climbed(Stage stage, long clock) {
            var climbing = climb;
            if (climbing == null || clock == cutBefore || climbing.workers() != workers) {
                return;
            }
            long perClock = (run.ticker().nanos() - wentOn) / (clock - cutBefore);
            cutBefore = clock;
            climbing.observed(perClock / 1e9);
            if (hasClimbed() && clock < stage.clocks()) {
                tell(new RunEvent.Resized(
                        stage.name(), clock, workers, climbing.workers(), Duration.ofNanos(perClock)));
            }
        }

        /** With how many workers to go on. */
        private int found() {
            var climbing = climb;
            return climbing == null ? workers : climbing.workers();
        }

        /** Whether another number of workers is to be tried than there is. */
        private boolean hasClimbed() {
            return found() != workers;
        }

        private void write(Verdict.Write write) {
            var node = site.node();
            switch (write) {
                case Verdict.Write.Copy(var from, var to) -> node.copy(node.table(from), node.table(to));
            }
        }

        private Verdict decide(Stage stage, Cut cut) throws IOException {
            try {
                return stage.atCut().at(cut);
            } catch (RuntimeException | IOException e) {
                throw e;
            } catch (Exception e) {
                throw new JobFailedException(
                        "stage '" + stage.name() + "', deciding at clock " + cut.clock() + ": " + e.getMessage(), e);
            }
        }

        private void checkpoint(int number, long clock, Stage stage, Team team, Outcome.Status status, boolean isNeeded)
                throws IOException, InterruptedException {
            if (run.checkpoints().isEmpty()) {
                return;
            }
            var checkpoints = run.checkpoints().get();
            if (++cutsSinceCheckpoint >= checkpoints.everyCuts()
                    || status == Outcome.Status.STOPPED
                    || status == Outcome.Status.FINISHED_EARLY
                    || isNeeded) {
                cutsSinceCheckpoint = 0;
                commit(true);
                String folder = Checkpoint.begin(checkpoints, number, clock);
                pending = new Pending(
                        number,
                        clock,
                        workers,
                        status == Outcome.Status.FINISHED_EARLY,
                        stage.name(),
                        cuts.soFar(),
                        team.save(checkpoints.storage(), folder));
            }
        }

        /** Makes the files that were begun a checkpoint once they are written; {@code waits} for that if need be. */
        private void commit(boolean waits) throws IOException, InterruptedException {
            var now = pending;
            if (now == null || !(waits || now.saving().isDone())) {
                return;
            }
            pending = null;
            var checkpoints = run.checkpoints().orElseThrow();
            var files = now.saving().files();
            long bytes = Checkpoint.commit(
                    checkpoints,
                    identity,
                    now.stage(),
                    now.clock(),
                    now.workers(),
                    now.finishes(),
                    now.history(),
                    files,
                    site.node().epoch());
            newest = Optional.of(Checkpoint.read(checkpoints.storage(), Checkpoint.folder(now.stage(), now.clock())));
            tell(new RunEvent.Checkpointed(
                    now.stageName(), now.clock(), newest.get().where(), bytes));
        }

        /** Releases everybody; what is thrown says who could not be stopped. */
        private RuntimeException abandoned(Team team, Throwable why) throws IOException {
            var left = team.abandon(why);
            if (!left.isEmpty()) {
                why.addSuppressed(new IllegalStateException(
                        "workers " + left + " are still within their steps; they are left behind"));
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
            return Duration.ofNanos(run.ticker().nanos() - start);
        }
    }
}
