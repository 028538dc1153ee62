package orrery.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** Workers as threads of this JVM: direct calls, no copies. */
public final class Threads implements Launcher {
    @Override
    public Crew launch(int workers, IntConsumer body) {
        var threads = new ArrayList<Thread>();
        for (int w = 0; w < workers; w++) {
            int worker = w;
            threads.add(Thread.ofPlatform().name("worker-" + w).daemon().unstarted(() -> body.accept(worker)));
        }
        try {
            threads.forEach(Thread::start);
        } catch (OutOfMemoryError e) { // the system's limit of threads
            threads.forEach(Thread::interrupt);
            throw new IllegalStateException("the system cannot start " + workers + " threads: " + e.getMessage(), e);
        }
        return new Crew() {
            @Override
            public void interrupt() {
                threads.forEach(Thread::interrupt);
            }

            @Override
            public List<Integer> awaitEnd(Duration limit) throws InterruptedException {
                long end = System.nanoTime() + limit.toNanos();
                var left = new ArrayList<Integer>();
                for (int w = 0; w < threads.size(); w++) {
                    if (!threads.get(w).join(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
                        left.add(w);
                    }
                }
                return left;
            }
        };
    }

    @Override
    public String toString() {
        return "threads";
    }
}
