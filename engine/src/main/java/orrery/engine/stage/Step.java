package orrery.engine.stage;

import org.jspecify.annotations.Nullable;
import orrery.table.worker.Session;

/**
 * What a worker does at one clock. The engine owns the loop and calls {@link Session#tick()} after each. A step that is {@link
 * AutoCloseable} is closed when the worker has ended, well or not.
 */
@FunctionalInterface
public interface Step {
    void run(Session session, long clock) throws Exception;

    /** Closes a step, if it is one that can be; that it cannot be closed is noted, and changes nothing. */
    static void close(@Nullable Step step) {
        if (step instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                System.getLogger(Step.class.getName()).log(System.Logger.Level.WARNING, "a step cannot be closed", e);
            }
        }
    }
}
