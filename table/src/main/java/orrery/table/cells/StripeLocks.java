package orrery.table.cells;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import orrery.table.spec.WaitExpiredException;

/**
 * Locks over the stripes of a shard. Held for microseconds, save where the copies of a snapshot have used up their budget, so a waiter spins first, then yields, then parks briefly.
 * Not reentrant. Who takes several takes them in ascending order. Each stripe has a version, which counts how often its
 * lock was given back: as long as it stands, so do the values.
 */
public final class StripeLocks {
    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int MOST_TRIES = 5_000_000; // at 20 us and more: a few minutes
    private static final int PAD = 32; // ints, so that two locks never share a pair of cache lines

    private final int[] state; // of stripe s: the lock at s * PAD, the version after it

    public StripeLocks(int stripes) {
        state = new int[stripes * PAD];
    }

    public void lock(int stripe) {
        int at = stripe * PAD;
        for (int tries = 0; !STATE.compareAndSet(state, at, 0, 1); tries++) {
            pause(tries, stripe);
        }
    }

    /**
     * Locks one of the stripes whose bits are set, the first that is free from {@code start} on and round again; waits if
     * none is. So who has several to go through does not wait for who is in its way.
     */
    public int lockAny(long stripes, int start) {
        for (int tries = 0; ; tries++) {
            for (long left = Long.rotateRight(stripes, start); left != 0; left &= left - 1) {
                int stripe = (start + Long.numberOfTrailingZeros(left)) % Long.SIZE;
                int at = stripe * PAD;
                if ((int) STATE.getOpaque(state, at) == 0 && STATE.compareAndSet(state, at, 0, 1)) {
                    return stripe;
                }
            }
            pause(tries, start);
        }
    }

    /** What is read after this is at least of this version. */
    public int version(int stripe) {
        return (int) STATE.getAcquire(state, stripe * PAD + 1);
    }

    public void unlock(int stripe) {
        STATE.setRelease(state, stripe * PAD + 1, state[stripe * PAD + 1] + 1);
        STATE.setRelease(state, stripe * PAD, 0);
    }

    /** Unlocks a stripe that was only read. */
    public void unlockUnchanged(int stripe) {
        STATE.setRelease(state, stripe * PAD, 0);
    }

    /** Locks every stripe whose bit is set. */
    public void lockAll(long stripes) {
        for (long left = stripes; left != 0; left &= left - 1) {
            lock(Long.numberOfTrailingZeros(left));
        }
    }

    public void unlockAll(long stripes) {
        for (long left = stripes; left != 0; left &= left - 1) {
            unlock(Long.numberOfTrailingZeros(left));
        }
    }

    private static void pause(int tries, int stripe) {
        if (tries > MOST_TRIES) {
            throw new WaitExpiredException(
                    "stripe " + stripe + " of a table was held by another thread for minutes, not microseconds");
        }
        if (tries < 500) {
            Thread.onSpinWait();
        } else if (tries < 600) {
            Thread.yield();
        } else {
            LockSupport.parkNanos(20_000);
        }
    }
}
