package orrery.engine.event;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import orrery.table.hold.MemoryPlan;
import orrery.table.plan.AccessPlan;

/**
 * What happens in a run, in the order in which it happens. Told by the thread that runs the job; a listener that throws
 * ends the job.
 */
public sealed interface RunEvent {

    /** The job begins. */
    record Started(String job, int workers, String consistency, long seed) implements RunEvent {}

    /**
     * What the tables need memory for, before they have it: of the member with the greatest need.
     *
     * @param members how many there are; 0 if all is in this JVM
     * @param limit bytes that a process may have on its heap, the least of all
     */
    record MemoryPlanned(MemoryPlan plan, int members, long limit) implements RunEvent {}

    /** The job goes on from a checkpoint; {@code history} holds the cuts before it. */
    record Resumed(String checkpoint, String stage, long clock, List<CutReached> history) implements RunEvent {}

    /** A stage begins at {@code clock}. */
    record StageStarted(String stage, long clock, long clocks, int workers) implements RunEvent {}

    /** A stage whose number of workers is to be found goes on with another; so long did a clock take with the old one. */
    record Resized(String stage, long clock, int before, int after, Duration perClock) implements RunEvent {}

    /** From time to time: the slowest worker has completed {@code clock} of {@code clocks} clocks. */
    record Progressed(String stage, long clock, long clocks, long examples, Duration elapsed) implements RunEvent {}

    /** All workers have completed {@code clock} clocks and pause. */
    record CutReached(String stage, long clock, Map<String, Double> metrics, long examples, Duration elapsed)
            implements RunEvent {}

    /** A checkpoint is committed. */
    record Checkpointed(String stage, long clock, String where, long bytes) implements RunEvent {}

    /** A checkpoint is damaged or cannot be read; the run goes on from the one before it, or from the beginning. */
    record CheckpointPassedOver(String where, String why) implements RunEvent {}

    /** A member of the run is gone; the job goes back to its newest checkpoint, or goes on where it is, without an end. */
    record MemberLost(int member, String why) implements RunEvent {}

    /** The first pass has shown what workers touch, and rows are placed by it. */
    record Planned(AccessPlan plan) implements RunEvent {}

    /**
     * A member was lost and replaced, and the others have kept what they had, since all tables are asynchronous. Its
     * blocks are as they were {@code clocksLost} clocks ago.
     */
    record Continued(int member, String stage, long clock, long clocksLost) implements RunEvent {}

    /**
     * What a member has counted so far, told every second and at the end of a stage; see {@link
     * orrery.table.Node#counted}. {@code silent} is the age of its lease.
     */
    record Counted(int member, Duration silent, Map<String, Long> counts) implements RunEvent {}

    /** A member has written a line. */
    record MemberSaid(int member, String line) implements RunEvent {}

    /** Tables and workers have moved to other members. */
    record Rescaled(int members, int blocksMoved) implements RunEvent {}

    /** A worker has failed; the job ends. */
    record WorkerFailed(String stage, int worker, long clock, Throwable cause) implements RunEvent {}

    /** A stage has ended; {@code waited} says how long each worker waited for others. */
    record StageEnded(String stage, long clock, List<Duration> waited) implements RunEvent {}

    /** The job has ended. */
    record Ended(Outcome.Status status, long examples, Duration elapsed, Duration cpu) implements RunEvent {}
}
