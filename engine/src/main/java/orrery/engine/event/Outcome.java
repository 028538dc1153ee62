package orrery.engine.event;

import java.time.Duration;
import java.util.List;
import orrery.engine.Job;
import orrery.table.Node;

/**
 * How a job ended.
 *
 * @param node the tables, which nobody changes any more
 * @param cuts all cuts with their metrics, those before a resumption included
 * @param cpu CPU time of this process meanwhile, and of all members
 * @param members CPU time of members alone; nothing if workers were threads of this process
 */
public record Outcome(
        Status status,
        Node node,
        long examples,
        List<RunEvent.CutReached> cuts,
        Duration elapsed,
        Duration cpu,
        Spent members) {

    /** Whether the job did all it was to do. */
    public enum Status {
        /** All stages are done. */
        DONE,
        /** Somebody called {@link Job#stop}; a run that goes on from its checkpoint will do the rest. */
        STOPPED,
        /** A listener called {@link Job#finish}: there is no more to do. */
        FINISHED_EARLY
    }
}
