package orrery.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Locks over the stripes of a shard. Held for microseconds, so a waiter spins first, then yields, then parks briefly.
 * Not reentrant. Who takes several takes them in ascending order.
 */
final class StripeLocks {
    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int PAD = 32; // ints, so that two locks never share a pair of cache lines

    private final int[] state;

    StripeLocks(int stripes) {
        state = new int[stripes * PAD];
    }

    void lock(int stripe) {
        int at = stripe * PAD;
        for (int tries = 0; !STATE.compareAndSet(state, at, 0, 1); tries++) {
            pause(tries);
        }
    }

    void unlock(int stripe) {
        STATE.setRelease(state, stripe * PAD, 0);
    }

    /** Locks every stripe whose bit is set. */
    void lockAll(long stripes) {
        for (long left = stripes; left != 0; left &= left - 1) {
            lock(Long.numberOfTrailingZeros(left));
        }
    }

    void unlockAll(long stripes) {
        for (long left = stripes; left != 0; left &= left - 1) {
            unlock(Long.numberOfTrailingZeros(left));
        }
    }

    private static void pause(int tries) {
        if (tries < 500) {
            Thread.onSpinWait();
        } else if (tries < 600) {
            Thread.yield();
        } else {
            LockSupport.parkNanos(20_000);
        }
    }
}
