package orrery.table.hold;

import orrery.table.spec.WaitExpiredException;

/** How much memory the copies of a snapshot may take at a time. Safe for use by many threads. */
final class CopyBudget {
    private static final long LOOK_MILLIS = 100;
    private static final int MOST_LOOKS = 3000; // five minutes in which no block is copied or written

    private long limit;
    private long taken;
    private long most;
    private long progress; // blocks copied or written

    CopyBudget(long limit) {
        this.limit = limit;
    }

    /** Takes some, if there is as much; one block is allowed whatever its size. */
    synchronized boolean take(long bytes) {
        if (taken > 0 && bytes > limit - taken) {
            return false;
        }
        taken += bytes;
        most = Math.max(most, taken);
        return true;
    }

    synchronized void give(long bytes) {
        taken -= bytes;
        look();
    }

    /** A block was copied or written: wakes the threads that wait. */
    synchronized void look() {
        progress++;
        notifyAll();
    }

    /** Nobody waits from now on: the stage is over, and its workers are to come to an end. */
    synchronized void lift() {
        limit = Long.MAX_VALUE;
        look();
    }

    /** What is asked by who waits. */
    @FunctionalInterface
    interface Condition {
        boolean holds();
    }

    /** Waits until a condition holds, which depends on what is taken and written. */
    synchronized void await(Condition condition, String what) {
        boolean wasInterrupted = false;
        long seen = progress;
        for (int looks = 0; !condition.holds(); looks++) {
            if (progress != seen) {
                seen = progress;
                looks = 0;
            }
            if (looks == MOST_LOOKS) {
                throw new WaitExpiredException(what + ": the checkpoint that is being written has copied " + taken
                        + " bytes of what has changed since its cut, of " + limit
                        + " that it may, and has not come on for five minutes");
            }
            try {
                wait(LOOK_MILLIS);
            } catch (InterruptedException e) {
                wasInterrupted = true; // what is begun is ended
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The most that was taken at a time. */
    synchronized long most() {
        return most;
    }
}
