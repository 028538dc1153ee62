package orrery.spark;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;

/**
 * The task slots of an application, for its fits: each takes all that it needs at once, or waits without holding any, in the
 * order in which they came. So no two fits hold some slots each while both wait for more. Thread-safe.
 */
final class Slots {
    private static final System.Logger log = System.getLogger(Slots.class.getName());
    private static final Map<SparkContext, Slots> OF_APPLICATIONS = new WeakHashMap<>();
    private static final long LOOK_AGAIN_MILLIS = 200;
    private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1); // between two words on a wait
    private static final long LONGEST_NANOS = TimeUnit.DAYS.toNanos(1);

    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition changed = lock.newCondition();
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private final List<String> holders = new ArrayList<>();
    private int taken;

    /** A fit that waits. */
    private static final class Waiting {
        final String fit;
        final @Nullable String group;

        @Nullable
        String cancelled; // why

        Waiting(String fit, @Nullable String group) {
            this.fit = fit;
            this.group = group;
        }
    }

    private Slots() {}

    static Slots of(JavaSparkContext context) {
        synchronized (OF_APPLICATIONS) {
            return OF_APPLICATIONS.computeIfAbsent(context.sc(), of -> new Slots());
        }
    }

    /** How many tasks can run at once on the executors that there are now, whatever {@code spark.default.parallelism} is. */
    static int count(JavaSparkContext context) {
        var sc = context.sc();
        return sc.maxNumConcurrentTasks(sc.resourceProfileManager().defaultResourceProfile());
    }

    /**
     * Slots that are held.
     *
     * @param slots of which application
     * @param fit who holds them
     */
    record Held(Slots slots, int count, String fit) implements AutoCloseable {
        @Override
        public void close() {
            slots.lock.lock();
            try {
                slots.taken -= count;
                slots.holders.remove(fit);
                slots.changed.signalAll();
            } finally {
                slots.lock.unlock();
            }
        }
    }

    /**
     * Takes slots, once all that are asked for are left by other fits. A fit that is alone has what it asks for: if the
     * application has fewer, its tasks wait for more executors.
     *
     * @param fit its name, for messages
     * @param group the job group of the fit, whose cancellation ends the wait
     * @throws CancellationException if the group is cancelled, the application stops, or the thread is interrupted
     */
    Held take(JavaSparkContext context, int count, String fit, @Nullable String group) {
        var me = new Waiting(fit, group);
        long begun = System.nanoTime();
        long logged = begun - PAUSE_NANOS;
        lock.lock();
        try {
            queue.add(me);
            try {
                while (!me.equals(queue.peek()) || (taken > 0 && taken + count > count(context))) {
                    long now = System.nanoTime();
                    if (now - logged >= PAUSE_NANOS) { // a fit that only waits looks like one that hangs
                        logged = now;
                        log.log(System.Logger.Level.INFO, () -> waiting(me, count, now - begun));
                    }
                    if (now - begun > LONGEST_NANOS) {
                        throw new IllegalStateException(waiting(me, count, now - begun) + "; it gives up");
                    }
                    check(context, me);
                    changed.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS); // executors come without a sign
                }
                check(context, me);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("the fit was interrupted while it waited for other fits' slots");
            } finally {
                queue.remove(me);
                changed.signalAll();
            }
            taken += count;
            holders.add(fit);
            return new Held(this, count, fit);
        } finally {
            lock.unlock();
        }
    }

    private String waiting(Waiting me, int count, long nanos) {
        var before = queue.stream()
                .takeWhile(other -> !other.equals(me))
                .map(other -> other.fit)
                .toList();
        return "fit " + me.fit + " has waited " + TimeUnit.NANOSECONDS.toSeconds(nanos) + " s for " + count
                + " task slots, which fits " + holders + " hold"
                + (before.isEmpty() ? "" : "; before it wait " + before);
    }

    private static void check(JavaSparkContext context, Waiting me) {
        if (context.sc().isStopped()) {
            throw new CancellationException("the Spark application was stopped while the fit waited for slots");
        }
        if (me.cancelled != null) {
            throw new CancellationException(
                    "the fit was cancelled while it waited for other fits' slots: " + me.cancelled);
        }
    }

    /** How many fits wait. */
    int waiting() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the waits of fits of a job group. */
    void cancel(String group, String why) {
        lock.lock();
        try {
            queue.stream().filter(waiting -> group.equals(waiting.group)).forEach(waiting -> waiting.cancelled = why);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
