package orrery.engine;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import orrery.engine.event.History;
import orrery.engine.event.JobCancelledException;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.MemberLostException;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.event.Spent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Cut;
import orrery.engine.stage.Homes;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Verdict;
import orrery.engine.team.Site;
import orrery.engine.team.Team;

/**
 * One run of a job: its stages one after the other, supervised from cut to cut. What may happen at a cut beside going on is
 * the business of {@link CutPolicy}s; what follows is a {@link Next}. Confined to the thread that runs the job.
 */
final class JobRun {
    private static final Duration BETWEEN_PROGRESS = Duration.ofMillis(100);

    private final Job job;
    private final Run run;
    private final Site site;
    private final Wish wish;
    private final AtomicInteger membersAskedFor;
    private final long start;
    private final Duration cpuBefore = Spent.byThisProcess();
    private final Keeping keeping;
    private final Planning planning;
    private final List<CutPolicy> policies; // the first that wants a restart has it
    private final Turn turn;
    private History cuts = new History();
    private long examples; // of the stages before
    private int workers; // of the stage that is on
    private boolean finishesAtCut; // a listener has ended the job at a cut

    JobRun(Job job, Run run, Identity identity, Site site, Wish wish, AtomicInteger membersAskedFor) {
        this.job = job;
        this.run = run;
        this.site = site;
        this.wish = wish;
        this.membersAskedFor = membersAskedFor;
        start = run.ticker().nanos();
        keeping = new Keeping(
                run.checkpoints(), job.course(), identity, () -> site.node().epoch(), this::tell);
        planning = new Planning(job, run, site, keeping, this::tell);
        policies = List.of(planning, new Climbing(run.ticker(), this::tell), new Rescaling(site));
        turn = new Turn(run.turns());
    }

    private void tell(RunEvent event) {
        for (var listener : run.listeners()) {
            listener.accept(event);
        }
    }

    private Duration elapsed() {
        return Duration.ofNanos(run.ticker().nanos() - start);
    }

    // The whole

    Outcome all() throws IOException {
        tell(new RunEvent.Started(job.name(), run.workers(), run.consistency().toString(), run.seed()));
        if (keeping.resume()) {
            planning.resume();
        }
        var status = Outcome.Status.DONE;
        for (boolean isOver = false; !isOver; ) {
            try {
                site.open(planning.tables(), keeping.newest());
                site.toTell().forEach(this::tell);
                if (keeping.newest().isPresent()) {
                    tellResumed(keeping.newest().get());
                }
                status = stages(keeping.newest());
                if (job.conclusion().isPresent()) { // of a job that was stopped, too: it has a result so far
                    site.conclude(job.conclusion().get());
                }
                site.finish();
                isOver = true;
            } catch (MemberLostException lost) {
                recover(lost);
            } catch (InterruptedException e) {
                throw interrupted("");
            }
        }
        site.toTell().forEach(this::tell);
        var members = site.spent();
        var cpu = Spent.byThisProcess().minus(cpuBefore).plus(members.all());
        tell(new RunEvent.Ended(status, examples, elapsed(), cpu));
        return new Outcome(status, site.node(), examples, cuts.soFar(), elapsed(), cpu, members);
    }

    private JobCancelledException interrupted(String where) {
        Thread.currentThread().interrupt();
        return new JobCancelledException("job '" + job.name() + "' was interrupted" + where);
    }

    private Optional<Stage> stage(int number) {
        return job.course().stage(number, cuts.soFar());
    }

    private void tellResumed(Checkpoint saved) throws IOException {
        rewind(saved.history());
        String stage = stage(saved.stage).map(Stage::name).orElse("");
        tell(new RunEvent.Resumed(saved.where(), stage, saved.clock, cuts.soFar()));
    }

    private void rewind(List<RunEvent.CutReached> history) {
        cuts = History.of(history); // what was handed out of the old one stays
        examples = cuts.isEmpty() ? 0 : cuts.getLast().examples();
    }

    /** All members go back to the newest checkpoint, or the beginning; lost members are replaced. */
    private void recover(MemberLostException lost) throws IOException {
        if (finishesAtCut) { // it goes back before that cut, which the listener hears of again
            finishesAtCut = false;
            wish.forgetFinish();
        }
        tellLost(lost);
        throwIfCancelled("");
        try {
            site.recover(lost);
        } catch (InterruptedException e) {
            throw interrupted("");
        }
        keeping.goBack();
        if (keeping.newest().isEmpty()) {
            rewind(List.of());
            String stage = stage(0).map(Stage::name).orElse("");
            tell(new RunEvent.Resumed("the beginning", stage, 0, cuts.soFar()));
        }
    }

    private void tellLost(MemberLostException lost) {
        site.toTell().forEach(this::tell);
        tell(new RunEvent.MemberLost(lost.member(), String.valueOf(lost.getMessage())));
    }

    private void throwIfCancelled(String where) {
        if (wish.is(Wish.Kind.CANCEL)) {
            throw new JobCancelledException("job '" + job.name() + "' was cancelled" + where);
        }
    }

    private Outcome.Status stages(Optional<Checkpoint> from) throws IOException, InterruptedException {
        int number = from.map(checkpoint -> checkpoint.stage).orElse(0);
        var status = Outcome.Status.DONE;
        for (var restored = from; status == Outcome.Status.DONE; number++, restored = Optional.empty()) {
            var stage = stage(number);
            if (stage.isEmpty()) {
                return status;
            }
            status = stage(number, stage.get(), restored);
            turn.giveBack();
        }
        return status;
    }

    // One stage

    /** Waits for the stage's turn. Returns whether it has come; if not, the job is to stop. */
    private boolean awaitTurn(int number) throws InterruptedException {
        while (!turn.isOf(number) && !turn.await(number, BETWEEN_PROGRESS)) {
            site.toTell().forEach(this::tell);
            throwIfCancelled("");
            if (wish.is(Wish.Kind.STOP)) {
                return false;
            }
        }
        return true;
    }

    private Outcome.Status stage(int number, Stage asked, Optional<Checkpoint> restored)
            throws IOException, InterruptedException {
        boolean isFinished = restored.isPresent() && restored.get().finishes; // lost on its way to the result
        long first = restored.map(checkpoint -> checkpoint.clock).orElse(0L);
        var stage = isFinished ? asked.upTo(first) : asked;
        if (!awaitTurn(number)) {
            return Outcome.Status.STOPPED; // as it was at the last cut
        }
        workers = restored.map(checkpoint -> checkpoint.workers)
                .orElse(stage.parallelism().count(run.workers(), site.members()));
        for (var policy : policies) {
            if (restored.isPresent()) {
                policy.forget(stage);
            }
            workers = policy.begin(stage, workers);
        }
        var homes = homes(number, stage);
        tell(new RunEvent.StageStarted(stage.name(), first, stage.clocks(), workers));
        for (var from = restored; ; ) {
            site.record(planning.isRecording());
            var team = site.begin(number, stage, homes.with(workers), first, from, cuts.soFar());
            boolean isMoving = false;
            try {
                wentOn(first);
                var next = supervise(number, stage, team);
                examples += team.examples();
                keeping.commit();
                if (!(next instanceof Next.Restart restart)) {
                    tell(new RunEvent.StageEnded(stage.name(), team.slowest(), team.waited()));
                    return isFinished ? Outcome.Status.FINISHED_EARLY : status(next);
                }
                first = team.slowest();
                isMoving = true;
                workers = restart.change().make(team);
                from = restart.fromCheckpoint() ? keeping.newest() : Optional.empty();
            } catch (MemberLostException lost) {
                if (!losesUpdatesAnyway() || isMoving || wish.is(Wish.Kind.CANCEL)) {
                    throw lost;
                }
                examples += team.examples();
                first = goOn(number, stage, lost);
                from = keeping.newest().filter(checkpoint -> checkpoint.stage == number);
            } catch (InterruptedException | ClosedByInterruptException e) {
                throw abandoned(team, interrupted(" at stage '" + stage.name() + "', clock " + team.slowest()));
            } catch (RuntimeException | Error | IOException e) {
                throw abandoned(team, e);
            }
        }
    }

    private Homes homes(int number, Stage stage) {
        int walked = 0;
        for (int before = 0; before < number; before++) {
            walked += stage(before)
                            .filter(s -> s.parallelism().where() == Parallelism.Where.WALKING)
                            .isPresent()
                    ? 1
                    : 0;
        }
        return new Homes(stage.parallelism(), workers, walked, site.members() > 0 ? turn.given() : List.of());
    }

    private void wentOn(long clock) {
        policies.forEach(policy -> policy.wentOn(clock));
    }

    private static Outcome.Status status(Next next) {
        return switch (next) {
            case Next.Finish _ -> Outcome.Status.FINISHED_EARLY;
            case Next.Stop _ -> Outcome.Status.STOPPED;
            case Next.GoOn _, Next.Restart _ -> Outcome.Status.DONE;
        };
    }

    /** Whether nobody relies on an update that was made elsewhere. */
    private boolean losesUpdatesAnyway() {
        return !job.tables().isEmpty()
                && job.tables().stream().allMatch(table -> table.consistency().toleratesLoss());
    }

    /** Has a lost member replaced while all others keep what they have. Returns the clock to go on at. */
    private long goOn(int number, Stage stage, MemberLostException lost) throws IOException, InterruptedException {
        tellLost(lost);
        keeping.goBack();
        long clock = Math.min(site.goOn(lost, keeping.newest()), stage.clocks());
        long kept = keeping.newest()
                .filter(checkpoint -> checkpoint.stage == number)
                .map(checkpoint -> checkpoint.clock)
                .orElse(0L);
        tell(new RunEvent.Continued(lost.member(), stage.name(), clock, Math.max(0, clock - kept)));
        return clock;
    }

    /** Until the workers have ended. Returns what the last cut has come to. */
    private Next supervise(int number, Stage stage, Team team) throws InterruptedException, IOException {
        Next next = new Next.GoOn();
        var patience = new Patience(stage, team);
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
                    return next;
                }
                case AT_CUT -> {
                    long clock = team.slowest();
                    next = cut(number, stage, clock, team);
                    wentOn(clock);
                    team.release(!(next instanceof Next.GoOn));
                    patience.renew();
                }
                case NOTHING_YET ->
                    tell(new RunEvent.Progressed(
                            stage.name(), team.slowest(), stage.clocks(), examples + team.examples(), elapsed()));
            }
            keeping.commitIfWritten();
            site.toTell().forEach(this::tell);
            throwIfCancelled(" at stage '" + stage.name() + "', clock " + team.slowest());
            int asked = membersAskedFor.getAndSet(0);
            if (asked > 0) {
                site.scale(asked);
            }
            if (wish.is(Wish.Kind.STOP)) {
                team.askForCut();
            }
            patience.check();
        }
    }

    /** How long no worker may complete a clock. */
    private final class Patience {
        private final Stage stage;
        private final Team team;
        private long lastDone;
        private long lastMove;

        Patience(Stage stage, Team team) {
            this.stage = stage;
            this.team = team;
            lastDone = team.totalDone();
            renew();
        }

        void renew() {
            lastMove = run.ticker().nanos();
        }

        void check() {
            long done = team.totalDone();
            if (done != lastDone) {
                lastDone = done;
                renew();
            } else if (run.ticker().nanos() - lastMove > 2 * run.waitLimit().toNanos()) {
                throw new JobFailedException(
                        "stage '" + stage.name() + "': no worker has completed a clock for "
                                + run.waitLimit().multipliedBy(2).toMillis() / 1000.0 + " s: " + team.whereabouts()
                                + "; a longer limit is set by --wait-limit",
                        new TimeoutException());
            }
        }
    }

    // A cut

    private Next cut(int number, Stage stage, long clock, Team team) throws IOException, InterruptedException {
        policies.forEach(policy -> policy.reached(stage, clock, workers));
        boolean wasGoingOn = wish.is(Wish.Kind.GO_ON);
        var metrics = new LinkedHashMap<>(team.tallied());
        var verdict = decide(stage, new Cut(stage.name(), clock, metrics, cuts.soFar()));
        metrics.putAll(verdict.metrics());
        verdict.writes().forEach(this::write);
        var cut = new RunEvent.CutReached(stage.name(), clock, metrics, examples + team.examples(), elapsed());
        cuts.add(cut);
        tell(cut);
        finishesAtCut |= wasGoingOn && wish.is(Wish.Kind.FINISH);
        var next = next(number, stage, clock, verdict, team);
        if (job.tables().stream().anyMatch(spec -> spec.keys().unused() > 0)) {
            team.dropUnused(clock);
        }
        boolean isResult = run.leavesTables()
                && clock == stage.clocks()
                && stage(number + 1).isEmpty();
        keeping.cut(new Keeping.Of(number, stage.name(), clock, workers, next, cuts.soFar()), isResult, team);
        return next;
    }

    private Next next(int number, Stage stage, long clock, Verdict verdict, Team team) {
        if (verdict.next() == Verdict.Next.FINISH) {
            return new Next.Finish();
        }
        boolean isLast = clock == stage.clocks();
        switch (wish.get()) {
            case FINISH -> {
                return new Next.Finish();
            }
            case STOP -> {
                return isLast && stage(number + 1).isEmpty() ? new Next.GoOn() : new Next.Stop();
            }
            case GO_ON, CANCEL -> {}
        }
        for (var policy : policies) {
            if (!isLast && policy.next(team, workers) instanceof Next.Restart restart) {
                return restart;
            }
        }
        return new Next.GoOn();
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
}
