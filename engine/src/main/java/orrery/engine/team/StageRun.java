package orrery.engine.team;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.keep.Locals;
import orrery.engine.launch.Crew;
import orrery.engine.launch.Threads;
import orrery.engine.stage.MeasuringStep;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.store.Storage;
import orrery.table.Node;
import orrery.table.hold.Snapshot;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Recording;
import orrery.table.plan.TablePlan;
import orrery.table.spec.EndedException;
import orrery.table.spec.WaitExpiredException;
import orrery.table.worker.Session;
import orrery.wire.Ticker;

/**
 * One run of a stage by the workers of this JVM, all or a part: where each is, and the gate at which they meet at cuts.
 * The fields are guarded by the lock; {@link #work} runs on the workers' threads, all else on the thread that supervises.
 */
public final class StageRun implements Team {
    private static final long NOT_ASKED = Long.MAX_VALUE;
    private static final int MOST_LOOKS_AT_CUT = 10; // each as long as the limit of a wait: measuring may take long
    private static final Duration TO_LET_GO = Duration.ofMillis(500);

    private final Stage stage;
    private final int from; // the first worker
    private final int workers; // how many are here
    private final long firstClock;
    private final long seed;
    private final Ticker ticker;
    private final Optional<AccessPlan> plan;
    private final boolean records;
    private final List<Recording> recordings = new ArrayList<>();
    private final long waitLimitNanos;
    private final Node node;
    private final Locals locals;
    private final AtomicLong[] examples;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition workersMoved = lock.newCondition();
    private final Condition cutIsOver = lock.newCondition();
    private final long[] done; // clocks that each worker has completed
    private final boolean[] hasEnded;
    private final List<@Nullable Worker> team = new ArrayList<>();
    private int atCut;
    private long cutsOver;
    private long askedCut = NOT_ASKED;
    private boolean isStopping;
    private long cutReached; // where all of them are that have no workers here: the last cut that is over
    private boolean isHolding; // workers pause wherever they complete a clock
    private Runnable whenMoved = () -> {};
    private @Nullable Crew crew;
    private RunEvent.@Nullable WorkerFailed failure;

    /** The workers {@code from} to {@code to - 1}. */
    public StageRun(Stage stage, long firstClock, Run run, Node node, Locals locals, int from, int to) {
        this(stage, firstClock, run, node, locals, from, to, false);
    }

    /** The same; if it {@code records}, what the workers touch up to the first cut is kept with its checkpoint. */
    public StageRun(
            Stage stage, long firstClock, Run run, Node node, Locals locals, int from, int to, boolean records) {
        this.records = records;
        this.stage = stage;
        this.firstClock = firstClock;
        this.node = node;
        this.locals = locals;
        this.from = from;
        workers = to - from;
        plan = run.plan();
        seed = run.seed();
        ticker = run.ticker();
        waitLimitNanos = run.waitLimit().toNanos();
        done = new long[workers];
        Arrays.fill(done, firstClock);
        cutReached = firstClock;
        hasEnded = new boolean[workers];
        examples = new AtomicLong[workers];
        for (int w = 0; w < workers; w++) {
            examples[w] = new AtomicLong();
            recordings.add(new Recording());
            team.add(null);
        }
    }

    /** Tells the session what is planned for the worker. */
    private static void prepare(Session session, TablePlan plan) {
        int worker = session.worker();
        for (var table : session.tables()) {
            if (table.name().equals(plan.table()) && worker < plan.hot().size()) {
                session.gatherAdds(table, longs(plan.hot().get(worker)));
                session.expects(table, longs(plan.touched().get(worker)));
            }
        }
    }

    private static long[] longs(int[] rows) {
        return Arrays.stream(rows).asLongStream().toArray();
    }

    /** Starts the workers. */
    public void start(Threads threads) {
        crew = threads.launch(from, from + workers, this::work, ticker);
    }

    /** The stage's name. */
    public String stage() {
        return stage.name();
    }

    /** Has an action run whenever all are at a cut, one has ended or failed. */
    public void whenMoved(Runnable action) {
        whenMoved = action;
    }

    // The workers' side

    /** A worker's life. */
    private void work(int worker) {
        long clock = firstClock;
        Step opened = null;
        try {
            var session = node.session(worker, records ? recordings.get(worker - from) : null);
            locals.restore(session);
            plan.ifPresent(known -> known.tables().forEach(table -> prepare(session, table)));
            var me = new Worker(session, seed, examples[worker - from]);
            join(worker, me);
            var step = stage.body().open(me);
            opened = step;
            if (stage.parallelism().isFound() && !session.localTensors().isEmpty()) {
                throw new IllegalStateException("stage '" + stage.name() + "' keeps state of each worker, and cannot be"
                        + " run by a number of workers that is to be found");
            }
            boolean goesOn = true;
            while (goesOn && clock < stage.clocks()) {
                step.run(session, clock);
                session.tick();
                clock++;
                goesOn = !isCut(worker, clock) || completed(session, step, clock);
            }
            session.finish();
            ended(worker, null);
        } catch (EndedException e) {
            ended(worker, null); // of somebody else's making
        } catch (Throwable e) {
            ended(worker, new RunEvent.WorkerFailed(stage.name(), worker, clock, e));
        } finally {
            Step.close(opened);
        }
    }

    private void join(int worker, Worker me) {
        lock.lock();
        try {
            team.set(worker - from, me);
        } finally {
            lock.unlock();
        }
    }

    /** The worker has completed {@code clocks} clocks. Returns whether it meets the others now: at a cut, or as all is over. */
    private boolean isCut(int worker, long clocks) throws InterruptedException {
        lock.lock();
        try {
            done[worker - from] = clocks;
            long toBeHeld = waitLimitNanos;
            while (isHolding && failure == null) {
                if (toBeHeld <= 0) {
                    throw new WaitExpiredException(
                            "worker " + worker + " was held after clock " + (clocks - 1) + " for "
                                    + Duration.ofNanos(waitLimitNanos).toMillis() / 1000.0
                                    + " s, and the coordinator has not said where the cut is");
                }
                toBeHeld = ticker.await(lock, cutIsOver, toBeHeld);
            }
            return failure != null || clocks % stage.cutEvery() == 0 || clocks == stage.clocks() || clocks == askedCut;
        } finally {
            lock.unlock();
        }
    }

    /** A worker measures at a cut, and waits for its end. Returns whether it is to go on. */
    private boolean completed(Session session, Step step, long clocks) throws Exception {
        if (step instanceof MeasuringStep measuring && failure() == null) {
            measuring.measure(session, clocks);
        }
        int worker = session.worker();
        lock.lock();
        try {
            if (failure != null) {
                return false;
            }
            atCut++;
            if (atCut == workers) {
                workersMoved.signal();
                whenMoved.run();
            }
            long mine = cutsOver;
            long left = waitLimitNanos;
            int looks = 0;
            while (mine == cutsOver && failure == null) {
                if (looks > MOST_LOOKS_AT_CUT) {
                    throw new WaitExpiredException("worker " + worker + " waits at the cut after clock " + (clocks - 1)
                            + ", and its measuring has not ended within "
                            + Duration.ofNanos(waitLimitNanos)
                                    .multipliedBy(looks - 1)
                                    .toSeconds() + " s");
                }
                if (left <= 0 && atCut < workers) {
                    throw new WaitExpiredException("worker " + worker + " waited "
                            + Duration.ofNanos(waitLimitNanos).toMillis() / 1000.0 + " s at the cut after clock "
                            + (clocks - 1) + " for " + before(clocks) + "; a longer limit is set by --wait-limit");
                }
                looks += left <= 0 ? 1 : 0;
                left = ticker.await(lock, cutIsOver, left <= 0 ? waitLimitNanos : left);
            }
            return failure == null && !isStopping;
        } finally {
            lock.unlock();
        }
    }

    /** Who has completed fewer clocks, such as {@code worker 3 (at clock 57)}. */
    private String before(long clocks) {
        var late = new ArrayList<String>();
        for (int w = 0; w < workers; w++) {
            if (done[w] < clocks) {
                late.add("worker " + (from + w) + " (at clock " + done[w] + ")");
            }
        }
        return String.join(", ", late);
    }

    private void ended(int worker, RunEvent.@Nullable WorkerFailed why) {
        boolean isFirst = false;
        lock.lock();
        try {
            hasEnded[worker - from] = true;
            if (why != null && failure == null) {
                failure = why;
                isFirst = true;
                cutIsOver.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (why != null && isFirst) { // without the lock, since the node may be busy
            node.end(
                    "stage '" + why.stage() + "', worker " + why.worker() + " failed at clock " + why.clock(),
                    why.cause());
        }
        lock.lock();
        try {
            workersMoved.signal();
            whenMoved.run();
        } finally {
            lock.unlock();
        }
    }

    // The job's side

    @Override
    public Seen await(Duration limit) throws InterruptedException {
        lock.lock();
        try {
            long left = limit.toNanos();
            while (seen() == Seen.NOTHING_YET && left > 0) {
                left = ticker.await(lock, workersMoved, left);
            }
            return seen();
        } finally {
            lock.unlock();
        }
    }

    private Seen seen() {
        if (failure != null) {
            return Seen.FAILED;
        }
        if (workers == 0) {
            return seenAsBystander();
        }
        for (boolean ended : hasEnded) {
            if (!ended) {
                return atCut == workers ? Seen.AT_CUT : Seen.NOTHING_YET;
            }
        }
        return Seen.ALL_ENDED;
    }

    /** Where no worker is, the stage is as far as what has come to the tables. */
    private Seen seenAsBystander() {
        if (isStopping || cutReached >= stage.clocks()) {
            return node.hasCompleted(Long.MAX_VALUE) ? Seen.ALL_ENDED : Seen.NOTHING_YET;
        }
        return node.hasCompleted(nextCut() - 1) ? Seen.AT_CUT : Seen.NOTHING_YET;
    }

    private long nextCut() {
        long next = (cutReached / stage.cutEvery() + 1) * stage.cutEvery();
        return Math.min(Math.min(next, stage.clocks()), askedCut);
    }

    @Override
    public RunEvent.@Nullable WorkerFailed failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** The first clock at which all workers can meet, and the stage may be stopped. */
    private long nextMeeting() {
        long next = Arrays.stream(done).max().orElse(firstClock) + 1;
        return Math.ceilDiv(next, stage.stopEvery()) * stage.stopEvery();
    }

    @Override
    public void askForCut() {
        lock.lock();
        try {
            if (askedCut == NOT_ASKED) {
                askedCut = nextMeeting();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets no worker begin another clock. Returns the first clock at which all of them can meet. */
    public long hold() {
        lock.lock();
        try {
            isHolding = true;
            return nextMeeting();
        } finally {
            lock.unlock();
        }
    }

    /** Ends {@link #hold}: all meet once they have completed so many clocks. */
    public void cutAt(long clocks) {
        lock.lock();
        try {
            isHolding = false;
            askedCut = clocks;
            cutIsOver.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void release(boolean stop) {
        lock.lock();
        try {
            isStopping = stop;
            atCut = 0;
            cutReached = workers == 0 ? nextCut() : cutReached;
            askedCut = NOT_ASKED;
            cutsOver++;
            cutIsOver.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void dropUnused(long clock) {
        node.dropUnused(clock);
    }

    @Override
    public Saving save(Storage storage, String folder) {
        return save(storage, folder, "");
    }

    /** The same; {@code life} is part of the files' names. */
    public Saving save(Storage storage, String folder, String life) {
        var recorded = new TreeMap<Integer, byte[]>();
        for (int w = 0; records && w < recordings.size(); w++) {
            recorded.put(from + w, recordings.get(w).toBytes());
        }
        return save(storage, folder, node.snapshot(), localBytes(), recorded, life, waitLimitNanos, ticker);
    }

    private static Saving save(
            Storage storage,
            String folder,
            Snapshot tables,
            Map<Integer, byte[]> locals,
            Map<Integer, byte[]> recorded,
            String life,
            long limitNanos,
            Ticker ticker) {
        var files = new FutureTask<>(() -> Checkpoint.write(storage, folder, tables, locals, recorded, life));
        Thread.ofPlatform().name("checkpoint").daemon().start(files);
        return new Saving() {
            @Override
            public boolean isDone() {
                return files.isDone();
            }

            @Override
            public Map<String, Storage.Written> files() throws IOException, InterruptedException {
                if (!ticker.join(files, limitNanos)) {
                    throw new IOException(storage.where(folder) + ": was not written within "
                            + TimeUnit.NANOSECONDS.toSeconds(limitNanos)
                            + " s; a longer limit is set by --wait-limit");
                }
                try {
                    return files.get();
                } catch (ExecutionException e) {
                    throw switch (e.getCause()) {
                        case IOException io -> io;
                        case null, default -> new IOException(String.valueOf(e.getCause()), e.getCause());
                    };
                }
            }
        };
    }

    /** The state of each worker. At a cut, or after the end. */
    public Map<Integer, byte[]> localBytes() {
        var bytes = new TreeMap<Integer, byte[]>();
        for (var session : sessions()) {
            bytes.put(session.worker(), Locals.bytes(session));
        }
        return bytes;
    }

    @Override
    public List<Integer> abandon(Throwable why) {
        return abandon(why, TO_LET_GO);
    }

    public List<Integer> abandon(Throwable why, Duration limit) {
        node.end(String.valueOf(why.getMessage()), why);
        lock.lock();
        try {
            if (failure == null) {
                failure = new RunEvent.WorkerFailed(stage.name(), -1, slowest(), why);
            }
            cutIsOver.signalAll();
            workersMoved.signal();
        } finally {
            lock.unlock();
        }
        var started = crew;
        if (started == null) {
            return List.of();
        }
        started.interrupt();
        boolean wasInterrupted = Thread.interrupted();
        try {
            return started.awaitEnd(limit);
        } catch (InterruptedException e) {
            wasInterrupted = true;
            return List.of();
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public long slowest() {
        lock.lock();
        try {
            return Arrays.stream(done).min().orElseGet(this::nextCut);
        } finally {
            lock.unlock();
        }
    }

    /** Clocks that the fastest has completed. */
    public long furthest() {
        lock.lock();
        try {
            return Arrays.stream(done).max().orElse(firstClock);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long totalDone() {
        lock.lock();
        try {
            return Arrays.stream(done).sum();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String whereabouts() {
        lock.lock();
        try {
            return before(Long.MAX_VALUE);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long examples() {
        long sum = 0;
        for (var count : examples) {
            sum += count.getAcquire();
        }
        return sum;
    }

    private List<Session> sessions() {
        lock.lock();
        try {
            var sessions = new ArrayList<Session>();
            for (var worker : team) {
                if (worker != null) {
                    sessions.add(worker.session());
                }
            }
            return sessions;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Map<String, Double> tallied() {
        lock.lock();
        try {
            var sums = new LinkedHashMap<String, Worker.Tally>();
            for (var worker : team) {
                if (worker != null) {
                    worker.tallies()
                            .forEach((name, tally) -> sums.computeIfAbsent(name, n -> new Worker.Tally())
                                    .addAndReset(tally));
                }
            }
            return means(sums);
        } finally {
            lock.unlock();
        }
    }

    /** The tallies of each worker, begun anew. At a cut only. */
    public Map<Integer, Map<String, Worker.Tally>> taken() {
        lock.lock();
        try {
            var all = new TreeMap<Integer, Map<String, Worker.Tally>>();
            for (int w = 0; w < workers; w++) {
                var worker = team.get(w);
                if (worker != null) {
                    var mine = new LinkedHashMap<String, Worker.Tally>();
                    worker.tallies().forEach((name, tally) -> {
                        var copy = new Worker.Tally();
                        copy.addAndReset(tally);
                        mine.put(name, copy);
                    });
                    all.put(from + w, mine);
                }
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    public static Map<String, Double> means(Map<String, Worker.Tally> sums) {
        var means = new LinkedHashMap<String, Double>();
        sums.forEach((name, tally) -> {
            if (tally.weight() > 0) {
                means.put(name, tally.mean());
            }
        });
        return means;
    }

    @Override
    public List<Duration> waited() {
        return sessions().stream()
                .map(session -> Duration.of(session.waitedNanos(), TimeUnit.NANOSECONDS.toChronoUnit()))
                .toList();
    }
}
