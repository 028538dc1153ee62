package orrery.wire;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Time as a run sees it: what it is, and how to wait for it to pass. Everything below the command line takes it from
 * outside, so that a whole run can live in a time that somebody else turns on. Waits may end early, as those of the JDK;
 * who waits looks again. Safe for use by many threads.
 */
public interface Ticker {
    /** The time of this machine. */
    Ticker SYSTEM = new SystemTicker();

    /** Nanoseconds since some point in time; may be negative. */
    long nanos();

    /** Waits for a signal on a condition, whose lock the caller holds. Returns how much of the time is left. */
    long await(ReentrantLock lock, Condition condition, long nanos) throws InterruptedException;

    /** Waits to be notified by a monitor that the caller holds. */
    void await(Object monitor, long nanos) throws InterruptedException;

    /** Takes an element if one is there or comes in time. */
    <T> @Nullable T poll(BlockingQueue<T> queue, long nanos) throws InterruptedException;

    /** Parks the calling thread until it is unparked. */
    void park(Object blocker, long nanos);

    /** Waits for the end of what is computed. Returns whether it has ended, well or not. */
    boolean join(Future<?> future, long nanos) throws InterruptedException;

    /** Waits for the end of a thread. Returns whether it has ended. */
    boolean join(Thread thread, long nanos) throws InterruptedException;

    /** Locks, if the lock can be had in time. */
    boolean tryLock(ReentrantLock lock, long nanos) throws InterruptedException;

    void sleep(long nanos) throws InterruptedException;

    /** Has an action run by an executor once so much time has passed; never, if the executor takes nothing any more. */
    void schedule(Executor executor, long nanos, Runnable action);
}
