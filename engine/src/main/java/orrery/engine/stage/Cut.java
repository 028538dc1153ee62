package orrery.engine.stage;

import java.util.List;
import java.util.Map;
import orrery.engine.event.RunEvent;

/**
 * What is known at a cut, when all workers have completed as many clocks and pause.
 *
 * @param stage its name
 * @param clock so many clocks have been completed
 * @param metrics what the workers have tallied since the cut before
 * @param history the cuts before this one, of all stages, also of the lives of the run before a loss or a resumption
 */
public record Cut(String stage, long clock, Map<String, Double> metrics, List<RunEvent.CutReached> history) {
    /** A metric of this cut; {@code absent} if there is none of that name. */
    public double metric(String name, double absent) {
        return metrics.getOrDefault(name, absent);
    }
}
