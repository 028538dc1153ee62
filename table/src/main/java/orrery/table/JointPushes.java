package orrery.table;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the workers of a node push together to the tables of one group: their updates are added up and travel as one,
 * and so do their ticks. What a worker has ticked waits here until the slowest of the node ticks, or until the worker
 * reads what others own, since it must find its own updates there. So nobody waits longer for it: whoever waits for a
 * clock waits for all workers, the slowest of this node among them, and whatever that one has completed has gone.
 *
 * <p>For tables under {@link Consistency.Ssp} whose updates only add ({@link Table#addsUp}): there the order of the sum
 * is nobody's promise, which it is under Bsp. The process cache of Bösen and FlexPS, without its loss of own writes.
 *
 * <p>Safe for use by many threads. The lock is held while frames are sent, which may wait for their receiver's credit:
 * so ticks of a worker leave in their order.
 */
final class JointPushes {
    private static final long NONE = Long.MIN_VALUE;

    private final int group;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Table, Outbox> sums = new LinkedHashMap<>();
    private final Map<Table, IntOutbox> counts = new LinkedHashMap<>();
    private final long[] ticked; // by worker: the last clock; NONE for those of other nodes
    private final long[] unsent; // by worker: the last clock, if others have not been told; else NONE
    private int workers; // of this node

    JointPushes(int group, int workersOfAll) {
        this.group = group;
        ticked = new long[workersOfAll];
        unsent = new long[workersOfAll];
        Arrays.fill(ticked, NONE);
        Arrays.fill(unsent, NONE);
    }

    /** A worker of this node begins. */
    void join(int worker, long firstClock) {
        lock.lock();
        try {
            ticked[worker] = firstClock - 1;
            workers++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether there is nobody to push with. */
    boolean isForOne() {
        lock.lock();
        try {
            return workers < 2;
        } finally {
            lock.unlock();
        }
    }

    /** Takes what a worker's sealed outbox has for rows of others, before the worker ticks. */
    void add(Table table, Outbox outbox) {
        lock.lock();
        try {
            var sum = sums.computeIfAbsent(table, t -> outbox.another());
            table.forEachElsewhere(outbox::touches, stripe -> outbox.addTo(sum, stripe));
        } finally {
            lock.unlock();
        }
    }

    /** The same for counts. */
    void add(Table table, IntOutbox outbox) {
        lock.lock();
        try {
            var sum = counts.computeIfAbsent(table, t -> outbox.another());
            table.forEachElsewhere(outbox::touches, stripe -> outbox.addTo(sum, stripe));
        } finally {
            lock.unlock();
        }
    }

    /**
     * A worker has completed a clock.
     *
     * @param by the worker's own, which may have parts of that clock already
     * @param now whether the others are to be told at once
     */
    void tick(int worker, long clock, Pushes by, boolean now) {
        lock.lock();
        try {
            long before = slowest();
            ticked[worker] = clock;
            unsent[worker] = clock;
            if (now || slowest() > before) {
                send(worker, by);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A worker of this node takes no further part. */
    void finish(int worker, Pushes by) {
        lock.lock();
        try {
            tick(worker, Clocks.FINISHED, by, true);
            ticked[worker] = NONE;
            workers--;
        } finally {
            lock.unlock();
        }
    }

    /** A worker asks others for what it may have changed. */
    void sendUnsent(int worker, Pushes by) {
        lock.lock();
        try {
            if (unsent[worker] != NONE) {
                send(worker, by);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A table goes, to which this worker adds nothing more. */
    void drop(Table table, int worker, Pushes by) {
        lock.lock();
        try {
            sendUnsent(worker, by);
            sums.remove(table);
            counts.remove(table);
        } finally {
            lock.unlock();
        }
    }

    private long slowest() {
        long slowest = Clocks.FINISHED;
        for (long clock : ticked) {
            slowest = clock == NONE ? slowest : Math.min(slowest, clock);
        }
        return slowest;
    }

    /** All that is here goes as that worker's, and completes the clocks of the others with its own. */
    private void send(int worker, Pushes by) {
        long clock = unsent[worker];
        for (var sum : sums.entrySet()) {
            if (!sum.getValue().isEmpty()) {
                sum.getValue().seal();
                by.all(sum.getKey(), clock, sum.getValue());
                sum.getValue().clear();
            }
        }
        for (var sum : counts.entrySet()) {
            if (!sum.getValue().isEmpty()) {
                sum.getValue().seal();
                by.all(sum.getKey(), clock, sum.getValue());
                sum.getValue().clear();
            }
        }
        unsent[worker] = NONE;
        by.tick(group, clock, unsent);
        Arrays.fill(unsent, NONE);
    }
}
