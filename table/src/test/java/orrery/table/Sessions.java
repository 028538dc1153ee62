package orrery.table;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import orrery.table.spec.EndedException;
import orrery.table.worker.Session;

/** Workers for tests: each on its own thread, with its own session. */
final class Sessions {
    static final Duration LIMIT = Duration.ofSeconds(30);

    private Sessions() {}

    interface Body {
        void run(Session session) throws Exception;
    }

    /** Runs a stage of {@code workers} workers to its end; the first failure is thrown. */
    static void run(Node node, int workers, Body body) {
        run(node, workers, 0, LIMIT, body);
    }

    static void run(Node node, int workers, long firstClock, Duration limit, Body body) {
        node.begin(workers, firstClock, limit);
        var failure = new AtomicReference<Throwable>();
        var threads = new ArrayList<Thread>();
        for (int w = 0; w < workers; w++) {
            int worker = w;
            threads.add(Thread.ofPlatform().daemon().start(() -> {
                try {
                    var session = node.session(worker);
                    body.run(session);
                    session.finish();
                } catch (EndedException e) {
                    // another worker has failed
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                    node.end("a test's worker failed", e);
                }
            }));
        }
        join(threads, failure);
    }

    /** Waits for all, then throws what one of them has failed with. */
    static void join(List<Thread> threads, AtomicReference<Throwable> failure) {
        join(threads);
        switch (failure.get()) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Throwable e -> throw new AssertionError(e);
        }
    }

    private static void join(List<Thread> threads) {
        for (var thread : threads) {
            try {
                if (!thread.join(Duration.ofMinutes(2))) {
                    throw new AssertionError("a worker hangs: " + List.of(thread.getStackTrace()));
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
