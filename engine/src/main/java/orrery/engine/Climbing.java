package orrery.engine;

import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.HillClimb;
import orrery.engine.stage.Stage;
import orrery.engine.team.Team;
import orrery.wire.Ticker;

/** Finds the number of workers of stages that ask for it; see {@link HillClimb}. */
final class Climbing implements CutPolicy {
    private final Ticker ticker;
    private final Consumer<RunEvent> listener;
    private final IdentityHashMap<Stage.Body, HillClimb> climbs = new IdentityHashMap<>(); // of stages, also repeated
    private @Nullable HillClimb climb; // of the stage that is on
    private long cutBefore; // the clock of the last cut, and when the workers went on from it
    private long wentOn;

    Climbing(Ticker ticker, Consumer<RunEvent> listener) {
        this.ticker = ticker;
        this.listener = listener;
    }

    @Override
    public void forget(Stage stage) {
        climbs.remove(stage.body()); // what it knows is of another number of workers
    }

    @Override
    public int begin(Stage stage, int workers) {
        var now = !stage.parallelism().isFound()
                ? null // else what was found goes on when the stage comes again
                : climbs.computeIfAbsent(
                        stage.body(),
                        b -> new HillClimb(
                                workers, Math.max(workers, stage.parallelism().workers())));
        climb = now;
        return now == null ? workers : now.workers();
    }

    @Override
    public void wentOn(long clock) {
        cutBefore = clock;
        wentOn = ticker.nanos();
    }

    /** Takes in how long the clocks since the last cut took. */
    @Override
    public void reached(Stage stage, long clock, int workers) {
        var climbing = climb;
        if (climbing == null || clock == cutBefore || climbing.workers() != workers) {
            return;
        }
        long perClock = (ticker.nanos() - wentOn) / (clock - cutBefore);
        climbing.observed(perClock / 1e9);
        if (climbing.workers() != workers && clock < stage.clocks()) {
            listener.accept(
                    new RunEvent.Resized(stage.name(), clock, workers, climbing.workers(), Duration.ofNanos(perClock)));
        }
    }

    @Override
    public Next next(Team team, int workers) {
        var climbing = climb;
        return climbing == null || climbing.workers() == workers
                ? new Next.GoOn()
                : new Next.Restart(false, before -> climbing.workers());
    }
}
