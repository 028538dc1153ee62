package orrery.app.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import orrery.engine.event.RunEvent;

final class WireUseTest {
    private static RunEvent cut(long clock) {
        return new RunEvent.CutReached("a", clock, Map.of(), 0, Duration.ZERO);
    }

    private static RunEvent counted(int member, long bytes) {
        return new RunEvent.Counted(member, Duration.ZERO, Map.of("bytesSent", bytes));
    }

    @Test
    void bytesAreCountedFromCutToCut() {
        var wire = new WireUse(2);
        wire.accept(counted(1, 50)); // of a lease, before any cut
        for (long clock = 10; clock <= 30; clock += 10) {
            wire.accept(cut(clock));
            wire.accept(counted(0, 999_999)); // the coordinator
            wire.accept(counted(1, 100 * clock));
            wire.accept(counted(2, 7 * clock));
            wire.accept(counted(1, 100 * clock + 55)); // of a lease, after it
        }
        assertThat(wire.bytesPerClock()).hasValue(107);
    }

    @Test
    void whatIsPlacedAnewIsCountedAnew() {
        var wire = new WireUse(1);
        for (long clock = 1; clock <= 6; clock++) {
            wire.accept(cut(clock));
            wire.accept(counted(1, clock <= 3 ? 1000 * clock : 3000 + 10 * (clock - 3)));
            if (clock == 3) {
                wire.accept(new RunEvent.Rescaled(1, 1));
            }
        }
        assertThat(wire.bytesPerClock()).hasValue(10);
        assertThat(new WireUse(1).bytesPerClock()).isEmpty();
    }
}
