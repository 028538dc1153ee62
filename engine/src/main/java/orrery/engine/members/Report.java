package orrery.engine.members;

import java.util.List;
import java.util.Map;
import orrery.engine.event.Spent;
import orrery.store.Storage;

/** What a member has to say to the coordinator. */
sealed interface Report {
    /** It is here, listens there, is of this run, and may have so many bytes of memory. */
    record Hello(
            String host,
            int port,
            Map<String, String> identity,
            Map<String, String> files,
            String own,
            long memory,
            Spent spent)
            implements Report {}

    /** It has run out of memory, at that. */
    record OutOfMemory(String where) implements Report {}

    /** From time to time: it lives, and is so far. */
    record Progress(Standing standing, String where, Map<String, Long> counts, Spent spent) implements Report {
        static final Progress NONE = new Progress(Standing.NONE, "", Map.of(), Spent.NOTHING);
    }

    /**
     * How far its workers are in the stage that is on.
     *
     * @param isAtWork whether there is a stage
     * @param clock that the slowest has completed
     * @param total clocks of all its workers
     */
    record Standing(boolean isAtWork, long clock, long total, long examples) {
        static final Standing NONE = new Standing(false, 0, 0, 0);
    }

    /** It is connected with all members that the order named. */
    record Connected() implements Report {}

    record Prepared() implements Report {}

    /** No worker begins another clock; they can meet once they have completed so many. */
    record Held(long clock) implements Report {}

    /** All workers are at a cut, and all that belongs to it is in its blocks. */
    record AtCut(Standing standing, Map<String, Long> counts, List<Map<String, Tallied>> tallies) implements Report {}

    /** What a worker has tallied of a metric. */
    record Tallied(double sum, double weight) {}

    /** All workers have ended. */
    record Ended(Standing standing, Map<String, Long> counts, List<Long> waitedNanos) implements Report {}

    /** A worker has failed, or -1 where the node has. */
    record Failed(String stage, int worker, long clock, String cause) implements Report {}

    /**
     * What a checkpoint is to have is set aside: workers may go on.
     *
     * @param sums of tables that all members hold, by name; see {@link orrery.table.Node#sumsOfCopies}
     */
    record Snapped(Map<String, Long> sums) implements Report {}

    /** Its files of a checkpoint are written, or not, for a reason that is not empty then. */
    record Written(Map<String, Storage.Written> files, String error) implements Report {}

    /** So many rows were dropped. */
    record Dropped(long rows) implements Report {}

    /** Its files of the result are written, or not, for a reason that is not empty then. */
    record Concluded(Map<String, Storage.Written> files, String error) implements Report {}

    /** So many blocks came. */
    record Moved(int blocks, Spent spent) implements Report {}

    /** It has gone back; its fastest worker had completed so many clocks. */
    record Idle(long clock) implements Report {}
}
