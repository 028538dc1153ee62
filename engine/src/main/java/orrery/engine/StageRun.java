package orrery.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import orrery.table.EndedException;
import orrery.table.Node;
import orrery.table.Session;
import orrery.table.WaitExpiredException;

/**
 * One run of a stage: where each worker is, and the gate at which they meet at cuts. The fields are guarded by the lock;
 * {@link #work} runs on the workers' threads, all else on the thread that runs the job.
 */
final class StageRun {
    private static final long NOT_ASKED = Long.MAX_VALUE;

    private final Stage stage;
    private final int workers;
    private final long firstClock;
    private final long seed;
    private final long waitLimitNanos;
    private final Node node;
    private final Optional<Checkpoint> restored;
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
    private RunEvent.@Nullable WorkerFailed failure;

    StageRun(Stage stage, long firstClock, Run run, Node node, Optional<Checkpoint> restored) {
        this.stage = stage;
        this.firstClock = firstClock;
        this.node = node;
        this.restored = restored;
        workers = run.workers();
        seed = run.seed();
        waitLimitNanos = run.waitLimit().toNanos();
        done = new long[workers];
        Arrays.fill(done, firstClock);
        hasEnded = new boolean[workers];
        examples = new AtomicLong[workers];
        for (int w = 0; w < workers; w++) {
            examples[w] = new AtomicLong();
            team.add(null);
        }
    }

    // The workers' side

    /** A worker's life. */
    void work(int worker) {
        long clock = firstClock;
        try {
            var session = node.session(worker);
            if (restored.isPresent()) {
                restored.get().restoreLocal(session);
            }
            var me = new Worker(session, seed, examples[worker]);
            join(worker, me);
            var step = stage.body().open(me);
            boolean goesOn = true;
            while (goesOn && clock < stage.clocks()) {
                step.run(session, clock);
                session.tick();
                clock++;
                goesOn = completed(session, clock);
            }
            session.finish();
            ended(worker, null);
        } catch (EndedException e) {
            ended(worker, null); // of somebody else's making
        } catch (Throwable e) {
            ended(worker, new RunEvent.WorkerFailed(stage.name(), worker, clock, e));
        }
    }

    private void join(int worker, Worker me) {
        lock.lock();
        try {
            team.set(worker, me);
        } finally {
            lock.unlock();
        }
    }

    /** The worker has completed {@code clocks} clocks; waits if there is a cut. Returns whether it is to go on. */
    private boolean completed(Session session, long clocks) throws InterruptedException {
        int worker = session.worker();
        lock.lock();
        try {
            done[worker] = clocks;
            if (failure != null) {
                return false;
            }
            if (clocks % stage.cutEvery() != 0 && clocks != stage.clocks() && clocks != askedCut) {
                return true;
            }
            atCut++;
            if (atCut == workers) {
                workersMoved.signal();
            }
            long mine = cutsOver;
            long left = waitLimitNanos;
            while (mine == cutsOver && failure == null) {
                if (left <= 0 && atCut < workers) {
                    throw new WaitExpiredException("worker " + worker + " waited "
                            + Duration.ofNanos(waitLimitNanos).toMillis() / 1000.0 + " s at the cut after clock "
                            + (clocks - 1) + " for " + before(clocks) + "; a longer limit is set by --wait-limit");
                }
                left = cutIsOver.awaitNanos(left <= 0 ? waitLimitNanos : left);
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
                late.add("worker " + w + " (at clock " + done[w] + ")");
            }
        }
        return String.join(", ", late);
    }

    private void ended(int worker, RunEvent.@Nullable WorkerFailed why) {
        lock.lock();
        try {
            hasEnded[worker] = true;
            if (why != null && failure == null) {
                failure = why;
                node.end(
                        "stage '" + why.stage() + "', worker " + why.worker() + " failed at clock " + why.clock(),
                        why.cause());
                cutIsOver.signalAll();
            }
            workersMoved.signal();
        } finally {
            lock.unlock();
        }
    }

    // The job's side

    /** What {@link #await} has seen. */
    enum Seen {
        AT_CUT,
        ALL_ENDED,
        FAILED,
        NOTHING_YET
    }

    /** Waits until all are at a cut, all have ended, one has failed, or {@code limit} has passed. */
    Seen await(Duration limit) throws InterruptedException {
        lock.lock();
        try {
            long left = limit.toNanos();
            while (seen() == Seen.NOTHING_YET && left > 0) {
                left = workersMoved.awaitNanos(left);
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
        for (boolean ended : hasEnded) {
            if (!ended) {
                return atCut == workers ? Seen.AT_CUT : Seen.NOTHING_YET;
            }
        }
        return Seen.ALL_ENDED;
    }

    RunEvent.@Nullable WorkerFailed failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** Asks for a cut at the first clock that no worker has passed yet. */
    void askForCut() {
        lock.lock();
        try {
            if (askedCut == NOT_ASKED) {
                askedCut = Arrays.stream(done).max().orElse(firstClock) + 1;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the cut: the workers go on, or stop. */
    void release(boolean stop) {
        lock.lock();
        try {
            isStopping = stop;
            atCut = 0;
            askedCut = NOT_ASKED;
            cutsOver++;
            cutIsOver.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Wakes whoever waits at the gate, because the job is over. */
    void abandon() {
        ended(0, new RunEvent.WorkerFailed(stage.name(), -1, slowest(), new JobCancelledException("cancelled")));
    }

    long slowest() {
        lock.lock();
        try {
            return Arrays.stream(done).min().orElse(firstClock);
        } finally {
            lock.unlock();
        }
    }

    long totalDone() {
        lock.lock();
        try {
            return Arrays.stream(done).sum();
        } finally {
            lock.unlock();
        }
    }

    /** Where each worker is, such as {@code worker 0 (at clock 57), worker 1 (at clock 58)}. */
    String whereabouts() {
        lock.lock();
        try {
            return before(Long.MAX_VALUE);
        } finally {
            lock.unlock();
        }
    }

    long examples() {
        long sum = 0;
        for (var count : examples) {
            sum += count.getAcquire();
        }
        return sum;
    }

    /** The workers' sessions; at a cut they may be read. */
    List<Session> sessions() {
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

    /** The workers' tallies merged in the order of workers, and begun anew. At a cut only. */
    Map<String, Double> tallied() {
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
            var means = new LinkedHashMap<String, Double>();
            sums.forEach((name, tally) -> {
                if (tally.weight() > 0) {
                    means.put(name, tally.mean());
                }
            });
            return means;
        } finally {
            lock.unlock();
        }
    }

    List<Duration> waited() {
        return sessions().stream()
                .map(session -> Duration.of(session.waitedNanos(), TimeUnit.NANOSECONDS.toChronoUnit()))
                .toList();
    }
}
