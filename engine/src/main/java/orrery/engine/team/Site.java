package orrery.engine.team;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import orrery.engine.event.MemberLostException;
import orrery.engine.event.RunEvent;
import orrery.engine.event.Spent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Homes;
import orrery.engine.stage.Stage;
import orrery.table.Node;
import orrery.table.plan.AccessPlan;
import orrery.table.spec.Route;
import orrery.table.spec.TableSpec;

/** Where the tables and workers of a job are. Confined to the thread that runs the job. */
public interface Site extends AutoCloseable {
    /** The tables, as whoever measures sees them. */
    Node node();

    /** Makes the tables, with the content of a checkpoint if one is given. */
    void open(List<TableSpec> tables, Optional<Checkpoint> from) throws IOException, InterruptedException;

    /** Starts the workers of a stage. */
    Team begin(
            int number,
            Stage stage,
            Homes homes,
            long clock,
            Optional<Checkpoint> restored,
            List<RunEvent.CutReached> history)
            throws IOException, InterruptedException;

    /** What was lost is replaced; {@link #open} follows. */
    void recover(MemberLostException lost) throws IOException, InterruptedException;

    /**
     * What was lost is replaced, with what {@code checkpoint} has of it, while all others keep their tables and states; so
     * only for tables that may lose updates. Returns the clock at which a stage can go on; {@link #begin} follows.
     */
    default long goOn(MemberLostException lost, Optional<Checkpoint> checkpoint)
            throws IOException, InterruptedException {
        throw lost;
    }

    /** Asks for another number of members; prepares what it can without disturbing the workers. */
    default void scale(int members) {
        throw new IllegalStateException("workers that are threads of this JVM have no members to add or remove");
    }

    /** How many members share the tables; 0 if all are here, and there is nothing to place. */
    default int members() {
        return 0;
    }

    /** Whether what the workers of the next {@link #begin} touch is to be kept with the checkpoints. */
    default void record(boolean isRecorded) {}

    /** The run has learned a plan, which is in the storage of its checkpoints; {@link #open} follows. */
    default void learned() {}

    /** Whether the next cut is the time to {@link #rescale}. */
    default boolean wantsToRescale() {
        return false;
    }

    /** Moves tables and workers to the members that are wanted; the workers have stopped at a cut. */
    default void rescale() throws IOException, InterruptedException {}

    /** What has happened that listeners should hear of. */
    default List<RunEvent> toTell() {
        return List.of();
    }

    /** CPU time of processes other than this. */
    default Spent spent() {
        return Spent.NOTHING;
    }

    /** All stages are done: their result is written where it is. Before {@link #finish}. */
    void conclude(Conclusion conclusion) throws IOException, InterruptedException;

    /** All stages are done: whatever is elsewhere comes here, unless it is to stay there. */
    void finish() throws IOException, InterruptedException;

    @Override
    void close();

    /** The tables with their rows in the order of the plan, if there is one, and if not all members hold them anyway. */
    static List<TableSpec> ordered(List<TableSpec> tables, Optional<AccessPlan> plan) {
        return tables.stream()
                .map(spec -> plan.filter(all -> spec.route() == Route.OWNERS)
                        .flatMap(all -> all.of(spec.name()))
                        .map(of -> spec.ordered(of.order()))
                        .orElse(spec.ordered(null)))
                .toList();
    }
}
