package orrery.engine;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import orrery.wire.Ticker;

/**
 * A time that passes only when somebody turns it on. No wait here asks the machine for the time: each is without a limit, and
 * is woken by what it waits for or by {@link #advance}.
 */
final class VirtualTime implements Ticker {
    private long now = 1;
    private long scheduled; // so many actions; equals run in their order
    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::number));
    private final Map<Condition, ReentrantLock> conditions = new HashMap<>(); // that have been waited for
    private final Set<Object> monitors = new HashSet<>();
    private final Set<Thread> parked = new HashSet<>();

    private record Due(long at, long number, Executor executor, Runnable action) {}

    /** Turns time on: all who wait look again, and what is due runs. */
    void advance(long nanos) {
        Map<Condition, ReentrantLock> toSignal;
        Set<Object> toNotify;
        Set<Thread> toWake;
        synchronized (this) {
            now += nanos;
            while (!due.isEmpty() && due.peek().at() <= now) {
                var next = due.poll();
                try {
                    next.executor().execute(next.action());
                } catch (RejectedExecutionException e) {
                    // nothing is due any more there
                }
            }
            notifyAll();
            toSignal = new HashMap<>(conditions);
            toNotify = new HashSet<>(monitors);
            toWake = new HashSet<>(parked);
            parked.clear();
            monitors.clear();
            conditions.clear();
        }
        toSignal.forEach((condition, lock) -> {
            lock.lock();
            try {
                condition.signalAll();
            } finally {
                lock.unlock();
            }
        });
        for (var monitor : toNotify) {
            synchronized (monitor) {
                monitor.notifyAll();
            }
        }
        toWake.forEach(LockSupport::unpark);
    }

    @Override
    public synchronized long nanos() {
        return now;
    }

    @Override
    public long await(ReentrantLock lock, Condition condition, long nanos) throws InterruptedException {
        long end = nanos() + nanos;
        synchronized (this) {
            conditions.put(condition, lock);
        }
        condition.await();
        return end - nanos();
    }

    @Override
    public void await(Object monitor, long nanos) throws InterruptedException {
        synchronized (this) {
            monitors.add(monitor);
        }
        monitor.wait();
    }

    @Override
    public void park(Object blocker, long nanos) {
        synchronized (this) {
            parked.add(Thread.currentThread());
        }
        LockSupport.park(blocker);
    }

    /** Waits for a condition that only time brings to be looked at. */
    private interface Look {
        boolean isSo() throws InterruptedException;
    }

    private boolean until(long nanos, Look look) throws InterruptedException {
        long end = nanos() + nanos;
        while (!look.isSo()) {
            synchronized (this) {
                if (now >= end) {
                    return look.isSo();
                }
                wait();
            }
        }
        return true;
    }

    @Override
    public <T> T poll(BlockingQueue<T> queue, long nanos) throws InterruptedException {
        var found = new Object[1];
        until(nanos, () -> (found[0] = queue.poll()) != null);
        @SuppressWarnings("unchecked")
        var element = (T) found[0];
        return element;
    }

    @Override
    public boolean join(Future<?> future, long nanos) throws InterruptedException {
        return until(nanos, future::isDone);
    }

    @Override
    public boolean join(Thread thread, long nanos) throws InterruptedException {
        return until(nanos, () -> !thread.isAlive());
    }

    @Override
    public boolean tryLock(ReentrantLock lock, long nanos) throws InterruptedException {
        return until(nanos, lock::tryLock);
    }

    @Override
    public void sleep(long nanos) throws InterruptedException {
        until(nanos, () -> false);
    }

    @Override
    public synchronized void schedule(Executor executor, long nanos, Runnable action) {
        due.add(new Due(now + nanos, scheduled++, executor, action));
    }
}
