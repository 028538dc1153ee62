package orrery.engine.launch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import orrery.wire.Ticker;

/** Workers as threads of this JVM: direct calls, no copies. */
public final class Threads implements Launcher {
    /** Starts {@code body.accept(w)} for each worker w from {@code from} to {@code to - 1}, each on a thread of its own. */
    public Crew launch(int from, int to, IntConsumer body, Ticker ticker) {
        var threads = new ArrayList<Thread>();
        for (int w = from; w < to; w++) {
            int worker = w;
            threads.add(Thread.ofPlatform().name("worker-" + w).daemon().unstarted(() -> body.accept(worker)));
        }
        try {
            threads.forEach(Thread::start);
        } catch (OutOfMemoryError e) { // the system's limit of threads
            threads.forEach(Thread::interrupt);
            throw new IllegalStateException(
                    "the system cannot start " + (to - from) + " threads: " + e.getMessage(), e);
        }
        return new Crew() {
            @Override
            public void interrupt() {
                threads.forEach(Thread::interrupt);
            }

            @Override
            public List<Integer> awaitEnd(Duration limit) throws InterruptedException {
                long end = ticker.nanos() + limit.toNanos();
                var left = new ArrayList<Integer>();
                for (int i = 0; i < threads.size(); i++) {
                    if (!ticker.join(threads.get(i), Math.max(0, end - ticker.nanos()))) {
                        left.add(from + i);
                    }
                }
                return left;
            }
        };
    }

    @Override
    public int count() {
        return 1;
    }

    @Override
    public String toString() {
        return "threads";
    }
}
