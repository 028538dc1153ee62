package orrery.engine;

import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;

/** Who starts workers. Everything above is the same code, wherever they run. */
public interface Launcher {

    /** Starts {@code body.accept(w)} for each worker w from 0 to {@code workers - 1}, each on a thread of its own. */
    Crew launch(int workers, IntConsumer body);

    /** Workers that have been started. */
    interface Crew {
        /** Asks all workers to stop what they do. */
        void interrupt();

        /** Waits until all workers have ended, or {@code limit} has passed. Returns those that are still at work. */
        List<Integer> awaitEnd(Duration limit) throws InterruptedException;
    }
}
