package orrery.engine;

import java.io.IOException;
import orrery.engine.team.Team;

/** What comes after a cut. */
sealed interface Next {
    /** The workers go on. */
    record GoOn() implements Next {}

    /** The job ends well. */
    record Finish() implements Next {}

    /** The job ends here, and can be resumed. */
    record Stop() implements Next {}

    /**
     * The workers end, something is changed, and others begin at this cut.
     *
     * @param fromCheckpoint whether tables and states are made anew from a checkpoint of this cut; else they stay
     * @param change made between the two
     */
    record Restart(boolean fromCheckpoint, Change change) implements Next {}

    /** What is changed while no worker is there. */
    @FunctionalInterface
    interface Change {
        /** Returns with how many workers the stage goes on. */
        int make(Team before) throws IOException, InterruptedException;
    }
}
