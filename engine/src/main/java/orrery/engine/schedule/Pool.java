package orrery.engine.schedule;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import orrery.engine.Job;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Turns;
import orrery.wire.Ticker;

/**
 * Real jobs that share nodes under a {@link Scheduler}: a stage begins when the scheduler says so, with the workers that it
 * says. Each job is run by a thread of its own; safe for use by all of them.
 */
public final class Pool {
    private final Board board; // guarded by this, as all else
    private final Consumer<Decision> log;
    private final Map<Integer, Map<Integer, Integer>> begun = new TreeMap<>(); // stages whose jobs do not know yet
    private final Ticker ticker;
    private final long start;

    /**
     * @param nodes the members of each job, by number; one node for jobs that are threads of this JVM
     * @param log hears each decision, one after the other
     */
    public Pool(Scheduler scheduler, List<ClusterView.Node> nodes, Consumer<Decision> log) {
        this(scheduler, nodes, log, Ticker.SYSTEM);
    }

    /** The same in a time of its own. */
    public Pool(Scheduler scheduler, List<ClusterView.Node> nodes, Consumer<Decision> log, Ticker ticker) {
        board = new Board(scheduler, nodes);
        this.log = log;
        this.ticker = ticker;
        start = ticker.nanos();
    }

    /** What the stages of a job ask for. */
    public static List<Parallelism> demands(Job job, Run run) {
        return job.stages().stream()
                .map(stage -> stage.parallelism().of(run.workers()))
                .toList();
    }

    /**
     * Takes in a job, and runs it as its turns come.
     *
     * @param body runs it, with the turns that it is given in its {@link Run}
     * @throws IllegalArgumentException if one of its stages would never fit
     */
    public <T> CompletableFuture<T> submit(String name, List<Parallelism> demands, Body<T> body) {
        int task = take(name, demands);
        var ended = new CompletableFuture<T>();
        Thread.ofPlatform().name("job-" + name).daemon().start(() -> {
            try {
                ended.complete(run(task, body));
            } catch (Throwable e) {
                ended.completeExceptionally(e);
            }
        });
        return ended;
    }

    /** The same in this thread: returns when the job has ended. */
    public <T> T run(String name, List<Parallelism> demands, Body<T> body) throws Exception {
        return run(take(name, demands), body);
    }

    private synchronized int take(String name, List<Parallelism> demands) {
        int task = board.submit(name, demands, now());
        try {
            round();
            return task;
        } catch (RuntimeException e) {
            board.left(task, now());
            throw e;
        }
    }

    private <T> T run(int task, Body<T> body) throws Exception {
        try {
            return body.run(turns(task));
        } finally {
            leave(task);
        }
    }

    /** Runs a job with the turns that it gets. */
    @FunctionalInterface
    public interface Body<T> {
        T run(Turns turns) throws Exception;
    }

    private Turns turns(int task) {
        return new Turns() {
            @Override
            public Optional<Map<Integer, Integer>> await(int stage, Duration limit) throws InterruptedException {
                synchronized (Pool.this) {
                    if (board.rewind(task, stage, now())) {
                        begun.remove(task);
                        round();
                    }
                    if (!begun.containsKey(task)) {
                        ticker.await(Pool.this, limit.toNanos());
                    }
                    return Optional.ofNullable(begun.remove(task));
                }
            }

            @Override
            public void ended(int stage) {
                synchronized (Pool.this) {
                    board.ended(task, now());
                    round();
                }
            }
        };
    }

    private synchronized void leave(int task) {
        begun.remove(task);
        board.left(task, now());
        round();
    }

    private synchronized void round() {
        var decision = board.round(now());
        begun.putAll(decision.plan().starts());
        notifyAll();
        log.accept(decision); // last: if it fails, nobody waits for that
    }

    private double now() {
        return (ticker.nanos() - start) / 1e9;
    }

    /** The stages that have ended, in the order of their ends. */
    public synchronized List<Lane> lanes() {
        return board.lanes();
    }

    /** Nodes 1 to {@code count}, all with as many slots. */
    public static List<ClusterView.Node> nodes(int count, int slots) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(id -> new ClusterView.Node(id, slots))
                .toList();
    }
}
