package orrery.table.clock;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.EndedException;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.Ticker;

/**
 * The clocks of one table group: who has completed which clock, how old that makes the tables, and which reads have to
 * wait. A clock is completed once all its updates are where they belong, so the <i>age</i> is the least completed clock.
 *
 * <p>A read that comes too early is parked, not refused; the tick that makes it legal releases it. Before the age moves,
 * the {@link Staged} updates that make it true are applied by the worker whose tick moves it, with the help of those
 * who wait. Nothing here blocks but {@link #await}.
 *
 * <p>Safe for use by many threads. {@code age} is written under the lock, last of all, and read without it.
 */
public final class Clocks {
    /** The completed clock of a worker that has finished. */
    public static final long FINISHED = Long.MAX_VALUE;

    private final String group;
    private final int number;
    private final Ticker ticker;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Staged> staged = new CopyOnWriteArrayList<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<Ticked> ticked = new CopyOnWriteArrayList<>();
    private long[] completed = {};
    private @Nullable Ticket[] parked = {};
    private boolean moving;
    private volatile long age = -1;
    private volatile @Nullable Work work;
    private volatile @Nullable Ended ended;

    private record Ended(String why, @Nullable Throwable cause) {}

    /** @param number by which frames call the group, the same on all nodes */
    public Clocks(String group, int number, Ticker ticker) {
        this.group = group;
        this.number = number;
        this.ticker = ticker;
    }

    /** The time that those who wait for these clocks live in. */
    public Ticker ticker() {
        return ticker;
    }

    public int number() {
        return number;
    }

    /** Updates that wait until every worker has completed their clock. */
    public interface Staged {
        /** Applies all that is staged for clocks up to {@code clock}, or returns the work of it if it is worth sharing. */
        @Nullable
        Work upTo(long clock);

        /** The work that was returned is done. */
        void done();
    }

    /** Hears of every clock of every worker. */
    @FunctionalInterface
    interface Ticked {
        void ticked(int worker, long clock);
    }

    /** A worker's place in the queue; one per session and group, reused. */
    public static final class Ticket {
        final int worker;
        private final Thread thread;
        private long need;
        private long clock;
        private volatile boolean released;

        public Ticket(int worker, Thread thread) {
            this.worker = worker;
            this.thread = thread;
        }

        boolean isReleased() {
            return released;
        }
    }

    /** Registers what has to be applied before the age moves. */
    public void register(Staged more) {
        staged.add(more);
    }

    public void unregister(Staged gone) {
        staged.remove(gone);
    }

    /** Has somebody hear of every clock, who must not block. */
    public void whenTicked(Ticked listener) {
        ticked.add(listener);
    }

    public void forget(Ticked listener) {
        ticked.remove(listener);
    }

    /** Has {@code action} run whenever the age has moved; it must not block. */
    public void whenMoved(Runnable action) {
        listeners.add(action);
    }

    /** Begins a stage: {@code workers} workers, whose first clock is {@code firstClock}. */
    public void begin(int workers, long firstClock) {
        lock.lock();
        try {
            completed = new long[workers];
            Arrays.fill(completed, firstClock - 1);
            parked = new Ticket[workers];
            age = firstClock - 1;
            ended = null;
            moving = false;
        } finally {
            lock.unlock();
        }
    }

    public long age() {
        return age;
    }

    /** What each worker has completed. */
    public long[] completed() {
        lock.lock();
        try {
            return completed.clone();
        } finally {
            lock.unlock();
        }
    }

    public long completed(int worker) {
        lock.lock();
        try {
            return completed[worker];
        } finally {
            lock.unlock();
        }
    }

    /** Parks a read unless it is legal by now. Returns whether it was parked. */
    boolean park(Ticket ticket, long need, long clock) {
        lock.lock();
        try {
            if (age >= need || ended != null) {
                return false;
            }
            ticket.need = need;
            ticket.clock = clock;
            ticket.released = false;
            parked[ticket.worker] = ticket;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The worker has completed {@code clock}, and all its updates of it are applied or staged. */
    public void tick(int worker, long clock) {
        for (int i = 0; i < ticked.size(); i++) {
            ticked.get(i).ticked(worker, clock);
        }
        lock.lock();
        try {
            completed[worker] = clock;
            if (moving || least() == age || ended != null) {
                return; // whoever moves the age looks again before stopping
            }
            moving = true;
        } finally {
            lock.unlock();
        }
        move();
    }

    private long least() {
        long least = FINISHED;
        for (long c : completed) {
            least = Math.min(least, c);
        }
        return least;
    }

    private void move() {
        try {
            while (true) {
                long target;
                lock.lock();
                try {
                    target = least();
                } finally {
                    lock.unlock();
                }
                applyStaged(target);
                lock.lock();
                try {
                    age = target;
                    release(target);
                } finally {
                    lock.unlock();
                }
                for (int i = 0; i < listeners.size(); i++) {
                    listeners.get(i).run();
                }
                lock.lock();
                try {
                    if (least() == target) {
                        moving = false;
                        return;
                    }
                } finally {
                    lock.unlock();
                }
            }
        } catch (RuntimeException | Error e) {
            end("an update could not be applied", e);
            throw e;
        }
    }

    private void applyStaged(long clock) {
        for (int i = 0; i < staged.size(); i++) { // no iterator: nothing is allocated in the steady state
            var table = staged.get(i);
            var todo = table.upTo(clock);
            if (todo != null) {
                work = todo;
                wakeAll();
                todo.help();
                todo.awaitDone();
                work = null;
                table.done();
            }
        }
    }

    private void wakeAll() {
        lock.lock();
        try {
            for (var ticket : parked) {
                if (ticket != null) {
                    LockSupport.unpark(ticket.thread);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void release(long newAge) {
        for (int w = 0; w < parked.length; w++) {
            var ticket = parked[w];
            if (ticket != null && ticket.need <= newAge) {
                parked[w] = null;
                ticket.released = true;
                LockSupport.unpark(ticket.thread); // a hint to the scheduler: it never blocks
            }
        }
    }

    /** Ends all waits, now and later: the job is over. */
    public void end(String why, @Nullable Throwable cause) {
        lock.lock();
        try {
            if (ended == null) {
                ended = new Ended(why, cause);
            }
            release(FINISHED);
        } finally {
            lock.unlock();
        }
    }

    /** Throws if the job is over. */
    public void checkNotEnded() {
        var over = ended;
        if (over != null) {
            throw new EndedException("the job has ended: " + over.why(), over.cause());
        }
    }

    /** Waits until the age is {@code need}, lending a hand to staged updates. Returns the nanoseconds waited. */
    public long await(Ticket ticket, long need, long clock, long limitNanos) {
        if (age >= need) {
            return 0;
        }
        long start = ticker.nanos();
        if (park(ticket, need, clock)) {
            while (!ticket.released) {
                var todo = work;
                if (todo != null && todo.help()) {
                    continue;
                }
                long left = limitNanos - (ticker.nanos() - start);
                if (left <= 0) {
                    giveUp(ticket, limitNanos);
                }
                ticker.park(this, left);
                if (Thread.interrupted()) {
                    forget(ticket);
                    checkNotEnded();
                    throw new IllegalStateException(
                            "worker " + ticket.worker + " was interrupted while it waited at clock " + clock);
                }
            }
        }
        checkNotEnded();
        return ticker.nanos() - start;
    }

    private void forget(Ticket ticket) {
        lock.lock();
        try {
            parked[ticket.worker] = null;
        } finally {
            lock.unlock();
        }
    }

    private void giveUp(Ticket ticket, long limitNanos) {
        String late;
        lock.lock();
        try {
            if (ticket.released) {
                return;
            }
            parked[ticket.worker] = null;
            late = late(ticket.need);
        } finally {
            lock.unlock();
        }
        throw new WaitExpiredException(
                "worker " + ticket.worker + " waited " + seconds(limitNanos) + " at clock " + ticket.clock + " for "
                        + late + " (table group '" + group + "'); a longer limit is set by --wait-limit");
    }

    /** Who has not completed {@code need}, such as {@code worker 3 (at clock 57)}. */
    private String late(long need) { // under the lock
        var late = new ArrayList<String>();
        for (int w = 0; w < completed.length; w++) {
            if (completed[w] < need) {
                late.add("worker " + w + " (at clock " + (completed[w] + 1) + ")");
            }
        }
        return late.isEmpty() ? "updates that are being applied" : String.join(", ", late);
    }

    /** The worker that is furthest behind. */
    public int slowest() {
        lock.lock();
        try {
            int slowest = -1;
            for (int w = 0; w < completed.length; w++) {
                slowest = slowest < 0 || completed[w] < completed[slowest] ? w : slowest;
            }
            return slowest;
        } finally {
            lock.unlock();
        }
    }

    /** Who has not completed {@code need}. */
    public String lateFor(long need) {
        lock.lock();
        try {
            return late(need);
        } finally {
            lock.unlock();
        }
    }

    public static String seconds(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos) / 1000.0 + " s";
    }
}
