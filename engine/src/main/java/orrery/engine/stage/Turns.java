package orrery.engine.stage;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** When and where the stages of a job may run that shares its machines with other jobs. Called by the job's thread. */
public interface Turns {
    /**
     * Waits until a stage may begin, or {@code limit} has passed. Returns how many workers it gets on which member, by the
     * members' numbers; empty if it is to ask again.
     */
    Optional<Map<Integer, Integer>> await(int stage, Duration limit) throws InterruptedException;

    /** The stage has ended. A job that ends within one has not said so; whoever gives turns knows when it is over. */
    void ended(int stage);
}
