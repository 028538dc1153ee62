package orrery.engine;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import orrery.engine.stage.Homes;
import orrery.engine.stage.Turns;

/** The turn of a job among others that share its machines; it keeps it while it goes on after a loss. */
final class Turn {
    private final Optional<Turns> turns;
    private int stage = -1; // whose turn it is, if turns have to be waited for
    private List<Integer> given = List.of(); // worker to member in this turn

    Turn(Optional<Turns> turns) {
        this.turns = turns;
    }

    /** Whether the stage may begin. */
    boolean isOf(int number) {
        return turns.isEmpty() || stage == number;
    }

    /** Asks for the turn of a stage, and waits so long for it. Returns whether it has come. */
    boolean await(int number, Duration limit) throws InterruptedException {
        giveBack();
        Optional<Map<Integer, Integer>> turn = turns.orElseThrow().await(number, limit);
        turn.ifPresent(workers -> {
            given = Homes.given(workers);
            stage = number;
        });
        return turn.isPresent();
    }

    /** Worker to member, where that is somebody else's to say; else empty. */
    List<Integer> given() {
        return turns.isPresent() ? given : List.of();
    }

    /** The stage is over. */
    void giveBack() {
        if (stage >= 0) {
            turns.ifPresent(all -> all.ended(stage));
            stage = -1;
        }
    }
}
