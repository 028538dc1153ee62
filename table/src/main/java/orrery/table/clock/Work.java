package orrery.table.clock;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.WaitExpiredException;

/**
 * Parts that any number of threads do between them, each part once. Who comes takes the next part; whoever needs the
 * whole waits until the last part is done.
 */
public final class Work {
    private static final int MOST_TRIES = 5_000_000; // at 20 us and more: a few minutes

    private final int parts;
    private final Part part;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger open;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    @FunctionalInterface
    public interface Part {
        void run(int part);
    }

    public Work(int parts, Part part) {
        this.parts = parts;
        this.part = part;
        open = new AtomicInteger(parts);
    }

    /** Does parts until none is left to take. Returns whether it did any. A part's failure is kept for the owner. */
    boolean help() {
        boolean helped = false;
        for (int p = next.getAndIncrement(); p < parts; p = next.getAndIncrement()) {
            helped = true;
            try {
                part.run(p);
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            } finally {
                open.decrementAndGet();
            }
        }
        return helped;
    }

    /** Waits for the parts that others have taken (microseconds), then throws what one of them threw. */
    void awaitDone() {
        for (int tries = 0; open.get() > 0; tries++) {
            if (tries > MOST_TRIES) {
                throw new WaitExpiredException(open.get()
                        + " parts of the staged updates were not applied for minutes by those who took them");
            }
            if (tries < 1000) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(20_000);
            }
        }
        switch (failure.get()) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }
}
