package orrery.engine;

import orrery.table.worker.Session;

/**
 * What a worker does at one clock. The engine owns the loop and calls {@link Session#tick()} after each. A step that is {@link
 * AutoCloseable} is closed when the worker has ended, well or not.
 */
@FunctionalInterface
public interface Step {
    void run(Session session, long clock) throws Exception;
}
