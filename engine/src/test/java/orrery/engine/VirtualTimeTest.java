package orrery.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.launch.Members;
import orrery.engine.stage.Run;
import orrery.table.spec.Consistency;
import orrery.wire.Faults;
import orrery.wire.Network;
import orrery.wire.World;

/** Whole runs in a time that the test turns on: coordinator, members, node threads, links and their timers. */
final class VirtualTimeTest {
    private static final long STEP = 100_000; // nanoseconds
    private static final Job JOB = Jobs.mixed(new Consistency.Bsp(), 0);

    private record Ended(Outcome outcome, long sentAgain, long nanos) {}

    /** Runs a job of two members to its end, in a weather. */
    private static Ended run(Faults weather) throws Exception {
        var time = new VirtualTime();
        var world = new World(time, new Network.InJvm());
        var sentAgain = new AtomicLong();
        var run = Run.local(4).in(world).withWaitLimit(Duration.ofHours(1));
        var terms = Members.Terms.DEFAULT
                .insecure()
                .with(weather)
                .withLease(Duration.ofHours(1)); // who is late is not lost: nothing here takes time
        var members = new InThreads(2, () -> Jobs.mixed(new Consistency.Bsp(), 0), run, terms);
        var outcome = new CompletableFuture<Outcome>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                outcome.complete(JOB.run(run.with(members).listening(event -> {
                    if (event instanceof RunEvent.Counted counted) {
                        sentAgain.accumulateAndGet(counted.counts().getOrDefault("framesSentAgain", 0L), Math::max);
                    }
                })));
            } catch (Throwable e) {
                outcome.completeExceptionally(e);
            }
        });
        while (!outcome.isDone()) {
            time.advance(STEP);
            Thread.yield();
        }
        return new Ended(outcome.get(), sentAgain.get(), time.nanos());
    }

    @Test
    @Timeout(120)
    void aLostFrameIsSentAgainWhenItsTimeHasCome() throws Exception {
        var due = Arrays.hashCode(Jobs.weights(JOB.run(Run.local(4))));
        var fair = run(Faults.NONE);
        var rough = run(Faults.parse("drop=3%,seed=5"));
        assertThat(Arrays.hashCode(Jobs.weights(fair.outcome()))).isEqualTo(due);
        assertThat(Arrays.hashCode(Jobs.weights(rough.outcome()))).isEqualTo(due);
        assertThat(rough.sentAgain())
                .as("frames of %d ms", rough.nanos() / 1_000_000)
                .isPositive();
        assertThat(rough.nanos())
                .as("the least time after which a frame is sent again")
                .isGreaterThan(30_000_000);
    }
}
