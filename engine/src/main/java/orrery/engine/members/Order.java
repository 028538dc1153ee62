package orrery.engine.members;

import java.util.List;
import orrery.engine.event.RunEvent;

/** What the coordinator has a member do. Obeyed in their order. */
sealed interface Order {
    /** Connect with all of these. */
    record Connect(List<Address> members) implements Order {}

    /** Where a life of a member listens. */
    record Address(int id, long incarnation, String host, int port) {}

    /** Who owns blocks, and worker to member. */
    record Layout(int version, List<Integer> members, List<Integer> workers) {}

    /**
     * Make ready for a stage; answered by {@link Report.Prepared}.
     *
     * @param stage its number in the job
     * @param clock the first
     * @param clocks where it ends
     * @param begun which stage it is of all that the run has begun
     * @param isFresh whether the member makes its tables anew
     * @param checkpoint the folder that tables come from; empty for none
     * @param locals the folder that workers' own states come from; empty for none
     * @param plan the file of the plan that the run has learned; empty for none
     * @param isRecorded whether what workers touch is kept with the next checkpoint
     * @param history the cuts so far, where it depends on them which stage it is; else empty
     */
    record Begin(
            int stage,
            long clock,
            long clocks,
            int begun,
            boolean isFresh,
            String checkpoint,
            String locals,
            String plan,
            boolean isRecorded,
            List<RunEvent.CutReached> history,
            Layout layout)
            implements Order {}

    /** All are prepared: the workers start. */
    record Go() implements Order {}

    /** The cut is over. */
    record Release(boolean isEnd) implements Order {}

    /** Let no worker begin another clock; answered by {@link Report.Held}. */
    record Hold() implements Order {}

    /** Ends a hold: all meet once they have completed so many clocks. */
    record CutAt(long clock) implements Order {}

    /** Keep tables and states in a folder; answered by {@link Report.Snapped} at once and {@link Report.Written} later. */
    record Keep(String folder) implements Order {}

    /** Drop rows that have had no update for long, at the cut before that clock; answered by {@link Report.Dropped}. */
    record DropUnused(long clock) implements Order {}

    /**
     * Write what is owned of the result; answered by {@link Report.Concluded}.
     *
     * @param position of the member among those that own anything
     * @param count how many do
     */
    record Conclude(int position, int count) implements Order {}

    /** Blocks and workers' states move between two layouts; answered by {@link Report.Moved}. */
    record Move(String plan, Layout from, Layout to) implements Order {}

    /** Blocks of tables that are with the workers go where these are next; answered by {@link Report.Moved}. */
    record Follow(Layout to) implements Order {}

    /** Members are lost: all that is under way is given up; answered by {@link Report.Idle}. */
    record Rollback(int epoch, List<Integer> lost, boolean keepsTables) implements Order {}

    /** The job has failed. */
    record End(String why) implements Order {}

    /** The member is not needed any more. */
    record Bye() implements Order {}

    /** Whether whatever the member waits for meanwhile need not be waited for. */
    default boolean overtakes() {
        return switch (this) {
            case Rollback _, End _, Bye _ -> true;
            case Connect _,
                    Begin _,
                    Go _,
                    Release _,
                    Hold _,
                    CutAt _,
                    Keep _,
                    DropUnused _,
                    Conclude _,
                    Move _,
                    Follow _ -> false;
        };
    }
}
