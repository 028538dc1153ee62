package orrery.engine;

import java.util.concurrent.atomic.AtomicReference;

/** What somebody outside wants of a job. Safe for use by many threads; the stronger wish counts. */
final class Wish {
    private final AtomicReference<Kind> now = new AtomicReference<>(Kind.GO_ON);

    /** From weak to strong. */
    enum Kind {
        GO_ON,
        FINISH,
        STOP,
        CANCEL
    }

    void add(Kind more) {
        now.accumulateAndGet(more, (old, other) -> old.compareTo(other) > 0 ? old : other);
    }

    Kind get() {
        return now.get();
    }

    boolean is(Kind kind) {
        return now.get() == kind;
    }

    /** Forgets a wish to finish that a listener made at a cut: the listener gets that cut again. */
    void forgetFinish() {
        now.compareAndSet(Kind.FINISH, Kind.GO_ON);
    }
}
