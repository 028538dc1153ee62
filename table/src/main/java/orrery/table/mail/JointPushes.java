package orrery.table.mail;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import orrery.table.clock.Clocks;
import orrery.table.hold.Table;
import orrery.table.hold.Tables;
import orrery.table.outbox.Sums;
import orrery.table.spec.Consistency;
import orrery.table.spec.EndedException;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.Ticker;

/**
 * What the workers of a node push together to the tables of one group: their updates are added up and travel as one,
 * and so do their ticks. What a worker has ticked waits here until the slowest of the node ticks, or until the worker
 * reads what others own, since it must find its own updates there. So nobody waits longer for it: whoever waits for a
 * clock waits for all workers, the slowest of this node among them, and whatever that one has completed has gone.
 *
 * <p>A worker's updates of a clock and its tick come here at once, or another worker's sending could part them: then the
 * tick would say that the clock is complete, and the updates be on their way still.
 *
 * <p>For tables under {@link Consistency.Ssp} whose updates only add ({@link Table#addsUp}): there the order of the sum
 * is nobody's promise, which it is under Bsp. The process cache of Bösen and FlexPS, without its loss of own writes.
 *
 * <p>Safe for use by many threads. The lock is held while frames are sent, which may wait for their receiver's credit:
 * so ticks of a worker leave in their order.
 */
public final class JointPushes {
    private final Tables tables;
    private final Pushes pushes; // guarded by the lock, as is all that follows
    private final int group;
    private final Ticker ticker;
    private final long limitNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Table, Sums> sums = new LinkedHashMap<>();
    private final long[] ticked; // by worker: the last clock; NONE for those of other nodes
    private final long[] unsent; // by worker: the last clock, if others have not been told; else NONE
    private int workers; // of this node

    /** What a worker has for rows of others at a tick. */
    public record Sealed(Table table, Sums sums) {}

    public JointPushes(Tables tables, Mail mail, int group, int workersOfAll, long limitNanos) {
        this.tables = tables;
        pushes = new Pushes(mail, 0, limitNanos);
        ticker = mail.ticker();
        this.group = group;
        this.limitNanos = limitNanos;
        ticked = new long[workersOfAll];
        unsent = new long[workersOfAll];
        Arrays.fill(ticked, Pushes.NONE);
        Arrays.fill(unsent, Pushes.NONE);
    }

    private void lock(int worker) {
        try {
            if (!ticker.tryLock(lock, limitNanos)) {
                throw new WaitExpiredException("worker " + worker + " waited " + Clocks.seconds(limitNanos)
                        + " for another worker of its node, which pushes for both and waits for credit of others");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EndedException("interrupted while it waited for a worker of its node", e);
        }
    }

    /** A worker of this node begins. */
    public void join(int worker, long firstClock) {
        lock(worker);
        try {
            ticked[worker] = firstClock - 1;
            workers++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the worker has nobody to push with. */
    public boolean isForOne(int worker) {
        lock(worker);
        try {
            return workers < 2;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A worker has completed a clock, and tells nobody.
     *
     * @param sealed what it has for rows of others; to be cleared by the caller
     */
    public void tick(int worker, long clock, List<Sealed> sealed) {
        lock(worker);
        try {
            boolean isFull = false;
            for (var one : sealed) {
                var table = one.table();
                var sum = sums.computeIfAbsent(table, t -> one.sums().another());
                if (!one.sums().fitsInto(sum)) {
                    push(table, sum, worker, clock);
                    isFull = true;
                }
                table.forEachElsewhere(
                        one.sums()::touches, (from, to) -> one.sums().addTo(sum, from, to));
            }
            long before = slowest();
            ticked[worker] = clock;
            unsent[worker] = clock;
            if (isFull || slowest() > before) {
                send(worker);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A worker has completed a clock, and has told and pushed what it had to by itself. */
    public void tickedAlone(int worker, long clock) {
        lock(worker);
        try {
            long before = slowest();
            ticked[worker] = clock;
            sendIfSlowestWas(before);
        } finally {
            lock.unlock();
        }
    }

    /** A worker of this node takes no further part; what it has to tell follows. */
    public void finish(int worker) {
        lock(worker);
        try {
            sendUnsent(worker);
            long before = slowest();
            ticked[worker] = Pushes.NONE;
            workers--;
            sendIfSlowestWas(before);
        } finally {
            lock.unlock();
        }
    }

    private void sendIfSlowestWas(long before) {
        if (slowest() > before) {
            for (int leader = 0; leader < unsent.length; leader++) {
                sendUnsent(leader); // the first that has something, which takes all along
            }
        }
    }

    /** A worker asks others for what it may have changed, or goes on alone. */
    public void sendUnsent(int worker) {
        lock(worker);
        try {
            if (unsent[worker] != Pushes.NONE) {
                send(worker);
            }
        } finally {
            lock.unlock();
        }
    }

    /** A worker adds nothing more to a table; others of this node may. */
    public void drop(Table table, int worker) {
        lock(worker);
        try {
            sendUnsent(worker);
            sums.computeIfPresent(table, (t, sum) -> sum.isEmpty() ? null : sum);
        } finally {
            lock.unlock();
        }
    }

    private long slowest() {
        long slowest = Clocks.FINISHED;
        for (long clock : ticked) {
            slowest = clock == Pushes.NONE ? slowest : Math.min(slowest, clock);
        }
        return slowest;
    }

    /** All that is here goes as one worker's, and completes the clocks of the others with its own. */
    private void send(int leader) {
        long clock = unsent[leader];
        sums.forEach((table, sum) -> push(table, sum, leader, clock));
        unsent[leader] = Pushes.NONE;
        pushes.as(leader).tick(group, clock, unsent);
        Arrays.fill(unsent, Pushes.NONE);
    }

    private void push(Table table, Sums sum, int worker, long clock) {
        if (sum.isEmpty()) {
            return;
        }
        try {
            sum.seal();
            pushes.as(worker).all(table, clock, sum);
        } catch (NonFiniteUpdateException e) { // of finite updates that are too great together
            tables.refuse(table.spec(), e);
        } finally {
            sum.clear();
        }
    }
}
