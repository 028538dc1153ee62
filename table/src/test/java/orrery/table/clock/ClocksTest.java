package orrery.table.clock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import orrery.table.spec.EndedException;
import orrery.table.spec.WaitExpiredException;

/** Ticks and reads as messages, their answers inspected: no threads, no time. */
final class ClocksTest {
    private static Clocks.Ticket ticket(int worker) {
        return new Clocks.Ticket(worker, Thread.currentThread());
    }

    @Test
    void theAgeIsMinusOneUntilAllHaveTicked() {
        var clocks = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        clocks.begin(2, 0);
        assertThat(clocks.age()).isEqualTo(-1);
        clocks.tick(0, 0);
        assertThat(clocks.age()).isEqualTo(-1);
        clocks.tick(1, 0);
        assertThat(clocks.age()).isZero();
    }

    @Test
    void aReadThatComesTooEarlyIsParkedAndReleasedByTheTickThatMakesItLegal() {
        var clocks = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        clocks.begin(2, 0);
        clocks.tick(0, 0);
        var read = ticket(0);
        assertThat(clocks.park(read, 0, 1)).isTrue();
        assertThat(read.isReleased()).isFalse();
        clocks.tick(1, 0);
        assertThat(read.isReleased()).isTrue();
    }

    @Test
    void aLegalReadIsNotParked() {
        var clocks = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        clocks.begin(1, 0);
        clocks.tick(0, 0);
        assertThat(clocks.park(ticket(0), 0, 1)).isFalse();
    }

    @Test
    void aFinishedWorkerHoldsNobodyBack() {
        var clocks = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        clocks.begin(2, 0);
        clocks.tick(1, Clocks.FINISHED);
        clocks.tick(0, 0);
        clocks.tick(0, 1);
        assertThat(clocks.age()).isEqualTo(1);
    }

    @Test
    void theEndReleasesEverybody() {
        var clocks = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        clocks.begin(2, 0);
        var read = ticket(0);
        assertThat(clocks.park(read, 5, 6)).isTrue();
        clocks.end("worker 1 failed", null);
        assertThat(read.isReleased()).isTrue();
        assertThatThrownBy(clocks::checkNotEnded)
                .isInstanceOf(EndedException.class)
                .hasMessageContaining("worker 1 failed");
    }

    @Test
    void aWaitThatExpiresSaysForWhom() {
        var clocks = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        clocks.begin(3, 57);
        clocks.tick(0, 57);
        clocks.tick(2, 57);
        assertThatThrownBy(() ->
                        clocks.await(ticket(0), 57, 58, Duration.ofMillis(20).toNanos()))
                .isInstanceOf(WaitExpiredException.class)
                .hasMessageStartingWith("worker 0 waited 0.02 s at clock 58 for worker 1 (at clock 57)");
    }

    @Test
    void whatIsStagedIsAppliedBeforeTheAgeMoves() {
        var clocks = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        var log = new ArrayList<String>();
        clocks.register(new Clocks.Staged() {
            @Override
            public Work upTo(long clock) {
                return new Work(2, part -> log.add("clock " + clock + ", part " + part + ", age " + clocks.age()));
            }

            @Override
            public void done() {
                log.add("done at age " + clocks.age());
            }
        });
        clocks.begin(1, 0);
        clocks.tick(0, 0);
        assertThat(log).containsExactly("clock 0, part 0, age -1", "clock 0, part 1, age -1", "done at age -1");
    }

    /** Against a model: age = least completed clock; a read is answered exactly when age >= need. */
    @RepeatedTest(200)
    void anyOrderOfTicksAndReads(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        int workers = random.nextInt(1, 6);
        var clocks = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        clocks.begin(workers, 0);
        var next = new long[workers];
        var parked = new Clocks.Ticket[workers];
        var needs = new long[workers];
        for (int step = 0; step < 200; step++) {
            int w = random.nextInt(workers);
            boolean waits = parked[w] != null && !parked[w].isReleased();
            if (random.nextBoolean() && !waits) {
                clocks.tick(w, next[w]++);
            } else if (!waits) {
                int staleness = random.nextInt(4);
                long need = next[w] - 1 - staleness;
                var ticket = ticket(w);
                boolean mustWait = least(next) < need;
                assertThat(clocks.park(ticket, need, next[w])).isEqualTo(mustWait);
                parked[w] = mustWait ? ticket : null;
                needs[w] = need;
            }
            long age = least(next);
            assertThat(clocks.age()).isEqualTo(age);
            for (int v = 0; v < workers; v++) {
                if (parked[v] != null) {
                    assertThat(parked[v].isReleased()).isEqualTo(age >= needs[v]);
                }
            }
        }
    }

    private static long least(long[] next) {
        return Arrays.stream(next).min().orElseThrow() - 1;
    }

    @Test
    void workIsDoneOnceHoweverManyHelp() throws InterruptedException {
        var counts = new java.util.concurrent.atomic.AtomicIntegerArray(1000);
        var work = new Work(1000, counts::incrementAndGet);
        var helpers = List.of(
                Thread.ofPlatform().start(work::help), Thread.ofPlatform().start(work::help));
        work.help();
        work.awaitDone();
        for (int i = 0; i < 1000; i++) {
            assertThat(counts.get(i)).isEqualTo(1);
        }
        for (var helper : helpers) {
            helper.join();
        }
    }
}
