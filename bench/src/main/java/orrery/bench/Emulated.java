package orrery.bench;

import java.util.concurrent.locks.LockSupport;

/** Work that is emulated by parking, so that there can be more workers at it than cores. */
public final class Emulated {
    private Emulated() {}

    /** Takes so long. */
    public static void nanos(long nanos) {
        until(System.nanoTime() + nanos);
    }

    /** Takes until then, by {@link System#nanoTime}. */
    public static void until(long end) {
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
