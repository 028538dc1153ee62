package orrery.engine.stage;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.keep.Identity;
import orrery.engine.launch.Launcher;
import orrery.engine.launch.Threads;
import orrery.store.Place;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.spec.Consistency;
import orrery.wire.Ticker;
import orrery.wire.World;

/**
 * How a job is run.
 *
 * @param workers how many workers, at least 1
 * @param consistency the consistency of the tables that do not ask for another
 * @param seed everything random is a function of it
 * @param launcher who starts the workers
 * @param waitLimit how long anybody waits for anybody before the job ends and says for whom
 * @param checkpoints where and when the state is kept, if at all
 * @param listeners who hears of the events, in this order
 * @param plan how the rows of tables lie and who owns them, if their use is known
 * @param learns how to place rows once the first pass has shown what is used, if there is no plan; among members only, and
 *     only with checkpoints
 * @param turns when and where stages may run, if other jobs run on the same machines
 * @param identity what it is of, beside what its job says: members and checkpoints must be of the same
 * @param leavesTables whether the tables stay in the last checkpoint instead of coming to the coordinator at the end
 * @param results the folder to which a result is written that may be larger than this JVM has memory for; its members must
 *     see the same
 * @param world the time and the network that it lives in
 */
public record Run(
        int workers,
        Consistency consistency,
        long seed,
        Launcher launcher,
        Duration waitLimit,
        Optional<Checkpoints> checkpoints,
        List<Consumer<RunEvent>> listeners,
        Optional<AccessPlan> plan,
        Optional<Placing> learns,
        Optional<Turns> turns,
        Identity identity,
        boolean leavesTables,
        Optional<Place> results,
        World world) {

    public Run {
        if (workers < 1 || workers > Parallelism.MOST) {
            throw new IllegalArgumentException("workers must be 1 to " + Parallelism.MOST + ", got " + workers);
        }
        if (waitLimit.isNegative() || waitLimit.isZero()) {
            throw new IllegalArgumentException("the wait limit must be above 0, got " + waitLimit);
        }
        if (leavesTables && checkpoints.isEmpty()) {
            throw new IllegalArgumentException("a run that leaves its tables in the last checkpoint needs checkpoints");
        }
        listeners = List.copyOf(listeners);
    }

    /** Threads of this JVM under Bsp, seed 1, no checkpoints. */
    public static Run local(int workers) {
        return new Run(
                workers,
                new Consistency.Bsp(),
                1,
                new Threads(),
                Duration.ofMinutes(5),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Identity.NONE,
                false,
                Optional.empty(),
                World.REAL);
    }

    public Run with(Consistency other) {
        return copy(draft -> draft.consistency = other);
    }

    public Run with(AccessPlan known) {
        return copy(draft -> draft.plan = Optional.of(known));
    }

    /** Records the first pass, and places rows anew after it. */
    public Run learning(Placing placing) {
        return copy(draft -> draft.learns = Optional.of(placing));
    }

    public Run withSeed(long other) {
        return copy(draft -> draft.seed = other);
    }

    public Run with(Launcher other) {
        return copy(draft -> draft.launcher = other);
    }

    public Run withWaitLimit(Duration limit) {
        return copy(draft -> draft.waitLimit = limit);
    }

    public Run with(Checkpoints kept) {
        return copy(draft -> draft.checkpoints = Optional.of(kept));
    }

    /** The same in another time, or another network; for members that are in this JVM. */
    public Run in(World other) {
        return copy(draft -> draft.world = other);
    }

    /**
     * The same, whose tables stay where they are when all is done and are in the last checkpoint only: for tables that are
     * larger than this JVM has memory for. After {@link #with(Checkpoints)}.
     */
    public Run leavingTables() {
        return copy(draft -> draft.leavesTables = true);
    }

    /** The same, whose members write what is large of a result to a folder that all of them see. */
    public Run writingTo(Place folder) {
        return copy(draft -> draft.results = Optional.of(folder));
    }

    /** The time that it lives in. */
    public Ticker ticker() {
        return world.ticker();
    }

    /** The same, whose stages wait for their turns. */
    public Run with(Turns waiting) {
        return copy(draft -> draft.turns = Optional.of(waiting));
    }

    /** The same with more that must be equal in its members and in a run that goes on; see {@link Identity#with}. */
    public Run identifiedBy(Map<String, String> more) {
        return copy(draft -> draft.identity = identity.with(more));
    }

    /**
     * The same, which learns from files.
     *
     * @param sums by file
     */
    public Run of(Map<String, String> sums) {
        return copy(draft -> draft.identity = identity.of(sums));
    }

    /** The same in a member that reads a part of the data, with this sum. */
    public Run ofPart(String sum) {
        return copy(draft -> draft.identity = identity.ofPart(sum));
    }

    /** The same with one more listener, who hears last. */
    public Run listening(Consumer<RunEvent> listener) {
        var more = new ArrayList<>(listeners);
        more.add(listener);
        return copy(draft -> draft.listeners = more);
    }

    private Run copy(Consumer<Draft> change) {
        var draft = new Draft(this);
        change.accept(draft);
        return new Run(
                workers,
                draft.consistency,
                draft.seed,
                draft.launcher,
                draft.waitLimit,
                draft.checkpoints,
                draft.listeners,
                draft.plan,
                draft.learns,
                draft.turns,
                draft.identity,
                draft.leavesTables,
                draft.results,
                draft.world);
    }

    /** A copy of a run on which something is changed. */
    private static final class Draft {
        private Consistency consistency;
        private long seed;
        private Launcher launcher;
        private Duration waitLimit;
        private Optional<Checkpoints> checkpoints;
        private List<Consumer<RunEvent>> listeners;
        private Optional<AccessPlan> plan;
        private Optional<Placing> learns;
        private Optional<Turns> turns;
        private Identity identity;
        private boolean leavesTables;
        private Optional<Place> results;
        private World world;

        Draft(Run run) {
            consistency = run.consistency;
            seed = run.seed;
            launcher = run.launcher;
            waitLimit = run.waitLimit;
            checkpoints = run.checkpoints;
            listeners = run.listeners;
            plan = run.plan;
            learns = run.learns;
            turns = run.turns;
            identity = run.identity;
            leavesTables = run.leavesTables;
            results = run.results;
            world = run.world;
        }
    }
}
