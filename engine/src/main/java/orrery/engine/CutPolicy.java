package orrery.engine;

import orrery.engine.stage.Stage;
import orrery.engine.team.Team;

/** One concern that may change how a stage goes on after a cut. Confined to the thread that runs the job. */
interface CutPolicy {
    /** A run goes on with a stage that another life of it had begun: what is known of the stage is of that life. */
    default void forget(Stage stage) {}

    /** A stage begins, at its first clock or where a run goes on. Returns with how many workers, of those proposed. */
    default int begin(Stage stage, int workers) {
        return workers;
    }

    /** The workers begin, or go on. */
    default void wentOn(long clock) {}

    /** All workers have come to a cut, before anything is measured. */
    default void reached(Stage stage, long clock, int workers) {}

    /** What is to come, at a cut at which the stage is not over. */
    Next next(Team team, int workers);
}
