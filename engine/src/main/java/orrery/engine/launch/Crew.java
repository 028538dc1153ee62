package orrery.engine.launch;

import java.time.Duration;
import java.util.List;

/** Workers that have been started. */
public interface Crew {
    /** Asks all workers to stop what they do. */
    void interrupt();

    /** Waits until all workers have ended, or {@code limit} has passed. Returns those that are still at work. */
    List<Integer> awaitEnd(Duration limit) throws InterruptedException;
}
