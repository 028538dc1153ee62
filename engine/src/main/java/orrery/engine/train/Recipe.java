package orrery.engine.train;

import java.util.List;
import java.util.Map;
import orrery.engine.Job;
import orrery.engine.event.Outcome;

/** What a learner makes of its options and data: a job over tables, and a model of what these hold in the end. */
public interface Recipe<M extends Model> {
    /** The job; always the same one. */
    Job job();

    /** What members and a run that goes on must have in common with this one, beside the job; see {@link orrery.engine.stage.Run#identifiedBy}. */
    Map<String, String> identity();

    /** What was decided when it was made that a person may want to know, by name, with its reason. */
    default Map<String, String> decided() {
        return Map.of();
    }

    /** Further lines of a plan: for each table, the decision and its alternatives. */
    default List<String> explained() {
        return List.of();
    }

    /**
     * What was learned.
     *
     * @throws DivergedException if it is of no use
     */
    M model(Outcome outcome);
}
