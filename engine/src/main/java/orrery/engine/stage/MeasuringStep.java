package orrery.engine.stage;

import orrery.table.worker.Session;

/**
 * A step that also measures at cuts. {@link #measure} is called on the worker's thread at each cut, before the job decides
 * whether to go on; what it finds goes to the worker's tallies ({@link Worker#tally}), where {@link Stage.AtCut} sees it.
 */
public interface MeasuringStep extends Step {
    /**
     * Measures; {@link Session#values} has the tables as all workers have left them.
     *
     * @param clock so many clocks have been completed by all workers
     */
    void measure(Session session, long clock) throws Exception;
}
