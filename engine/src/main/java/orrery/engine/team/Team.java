package orrery.engine.team;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.RunEvent;
import orrery.store.Storage;

/** The workers of one stage, as their supervisor sees them, wherever they are. Confined to one thread. */
public interface Team {
    /** What {@link #await} has seen. */
    enum Seen {
        AT_CUT,
        ALL_ENDED,
        FAILED,
        NOTHING_YET
    }

    /** Waits until all are at a cut, all have ended, one has failed, or {@code limit} has passed. */
    Seen await(Duration limit) throws InterruptedException;

    RunEvent.@Nullable WorkerFailed failure();

    /** Asks for a cut at the first clock that no worker has passed yet. */
    void askForCut();

    /** Ends the cut: the workers go on, or stop. */
    void release(boolean stop);

    /** Clocks that the slowest has completed. */
    long slowest();

    /** Clocks that all have completed, together. */
    long totalDone();

    /** Where each worker is, such as {@code worker 0 (at clock 57), worker 1 (at clock 58)}. */
    String whereabouts();

    /** Rows of others that workers have read outside the plan, since the members began. */
    default long outsidePlan() {
        return 0;
    }

    /** Examples processed in this stage. */
    long examples();

    /** The workers' tallies merged in the order of workers, and begun anew. At a cut only. */
    Map<String, Double> tallied();

    /** How long each worker has waited for others. */
    List<Duration> waited();

    /** Has rows dropped that have had no update for long; see {@link orrery.table.Node#dropUnused}. At a cut only. */
    void dropUnused(long clock) throws InterruptedException;

    /** Begins to save tables and workers' states as they are at this cut; the workers may go on meanwhile. */
    Saving save(Storage storage, String folder) throws InterruptedException;

    /** Releases everybody, because the job is over. Returns the workers that are still within their steps. */
    List<Integer> abandon(Throwable why);

    /** Files that are being written. */
    interface Saving {
        /** Whether {@link #files} would return, or fail, at once. */
        boolean isDone();

        /** Waits for the files: name to size and sum. */
        Map<String, Storage.Written> files() throws IOException, InterruptedException;
    }
}
