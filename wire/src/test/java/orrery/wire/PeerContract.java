package orrery.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What two peers owe each other over every kind of {@link Link}, in every weather. A link is done when this passes. */
abstract class PeerContract {
    static final long SECONDS = TimeUnit.SECONDS.toNanos(20);

    Party a;
    Party b;

    /** Opens both parties and connects a to b. */
    abstract Peer connect(Endpoint.Settings settings) throws Exception;

    /** The weather that all tests but the fair ones are in. */
    Faults weather(long seed) {
        return new Faults(0.02, 0.02, 0.05, 0, Duration.ofMillis(1), 0, seed);
    }

    @AfterEach
    void close() {
        if (a != null) {
            a.close();
        }
        if (b != null) {
            b.close();
        }
    }

    static Frame frame(Lane lane, int n, int extra) {
        return Frame.of(20, lane, 4 + extra).request(n).putInt(n).putBytes(new byte[extra]);
    }

    @Test
    void aFrameArrivesAsItWasFilled() throws Exception {
        var peer = connect(Endpoint.Settings.DEFAULT);
        var floats = new float[] {1, -0.0f, Float.MIN_VALUE, 3.5f};
        peer.send(
                Frame.of(42, Lane.PROMPT, 1000)
                        .flags(0xbeef)
                        .epoch(7)
                        .table(3)
                        .request(-5L)
                        .block(11)
                        .putText("grüße")
                        .putFloats(floats, 0, 4)
                        .putLongs(new long[] {Long.MIN_VALUE, 9}, 0, 2)
                        .putInts(new int[] {1, 2, 3}, 1, 2)
                        .putDouble(Math.PI),
                SECONDS);
        try (var frame = b.take()) {
            assertThat(frame.type()).isEqualTo(42);
            assertThat(frame.flags()).isEqualTo(0xbeef);
            assertThat(frame.epoch()).isEqualTo(7);
            assertThat(frame.table()).isEqualTo(3);
            assertThat(frame.request()).isEqualTo(-5);
            assertThat(frame.block()).isEqualTo(11);
            assertThat(frame.getText()).isEqualTo("grüße");
            var back = new float[4];
            frame.getFloats(back, 0, 4);
            assertThat(back).isEqualTo(floats);
            var longs = new long[2];
            frame.getLongs(longs, 0, 2);
            assertThat(longs).containsExactly(Long.MIN_VALUE, 9);
            assertThat(frame.getInt()).isEqualTo(2);
            assertThat(frame.getInt()).isEqualTo(3);
            assertThat(frame.getDouble()).isEqualTo(Math.PI);
            assertThat(frame.remaining()).isZero();
            assertThatThrownBy(frame::getInt).isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(frame.from().id()).isEqualTo(1);
        }
    }

    @RepeatedTest(5)
    void everyFrameArrivesOnceAndInOrderOfItsLane(RepetitionInfo seed) throws Exception {
        int count = 1500;
        var random = new SplittableRandom(seed.getCurrentRepetition());
        var peer = connect(Endpoint.Settings.DEFAULT.with(weather(seed.getCurrentRepetition())));
        var next = new int[Lane.COUNT];
        var total = new AtomicInteger();
        var wrong = new AtomicInteger();
        var done = new CountDownLatch(count);
        b.handler = frame -> {
            try (frame) {
                int lane = frame.lane().number;
                if (frame.getInt() != next[lane]++) {
                    wrong.incrementAndGet();
                }
                total.incrementAndGet();
                done.countDown();
            }
        };
        var numbers = new int[Lane.COUNT];
        for (int i = 0; i < count; i++) {
            var lane = Lane.of(random.nextInt(Lane.COUNT));
            int extra = random.nextInt(10) == 0 ? random.nextInt(60_000) : random.nextInt(200);
            peer.send(frame(lane, numbers[lane.number]++, extra), SECONDS);
        }
        assertThat(done.await(20, TimeUnit.SECONDS))
                .as("%s of %s came", total, count)
                .isTrue();
        assertThat(wrong).hasValue(0);
        assertThat(next).isEqualTo(numbers);
    }

    @Test
    void aSlowReceiverHoldsTheSenderBackAndLosesNothing() throws Exception {
        long credit = 1 << 20;
        var peer = connect(Endpoint.Settings.DEFAULT.withCredit(credit));
        var most = new AtomicLong();
        var sent = new AtomicInteger();
        int count = 400;
        var sender = Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < count; i++) {
                    peer.send(frame(Lane.BULK, i, 20_000), SECONDS);
                    sent.incrementAndGet();
                    most.accumulateAndGet(peer.underWay(), Math::max);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        for (long end = System.nanoTime() + SECONDS; a.endpoint.traffic().creditStalls() == 0; ) {
            assertThat(System.nanoTime()).isLessThan(end); // nothing is taken before the sender has to wait
            Thread.sleep(1);
        }
        for (int i = 0; i < count; i++) {
            try (var frame = b.take()) {
                assertThat(frame.getInt()).isEqualTo(i);
                assertThat(sent.get() - i).isLessThanOrEqualTo((int) (credit / 20_000) + 2);
            }
        }
        sender.join();
        assertThat(most.get()).isLessThanOrEqualTo(credit);
        assertThat(a.endpoint.traffic().creditStalls()).isPositive();
    }

    @Test
    void withoutCreditControlFramesStillPass() throws Exception {
        var peer = connect(Endpoint.Settings.DEFAULT.withCredit(Frame.MOST_BYTES));
        peer.send(frame(Lane.BULK, 0, 200_000), SECONDS);
        assertThat(peer.offer(frame(Lane.PROMPT, 1, 200_000))).isFalse();
        assertThat(peer.offer(frame(Lane.CONTROL, 2, 0))).isTrue();
        try (var one = b.take();
                var other = b.take()) {
            assertThat(one.getInt() + other.getInt()).isEqualTo(2); // in whatever order
            assertThatThrownBy(() -> peer.send(frame(Lane.BULK, 3, 200_000), 50_000_000))
                    .isInstanceOf(CreditExpiredException.class)
                    .hasMessageContaining("has taken in nothing for 0.05 s");
        }
        peer.send(frame(Lane.BULK, 4, 200_000), SECONDS); // closing gave the credit back
        b.take().close();
    }

    @Test
    void anOfferThatWasRefusedIsCalledForAgain() throws Exception {
        var peer = connect(Endpoint.Settings.DEFAULT.withCredit(Frame.MOST_BYTES));
        var called = new CountDownLatch(1);
        peer.whenCredited(called::countDown);
        assertThat(peer.offer(frame(Lane.BULK, 0, 200_000))).isTrue();
        var more = frame(Lane.BULK, 1, 200_000);
        assertThat(peer.offer(more)).isFalse();
        b.take().close();
        assertThat(called.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(peer.offer(more)).isTrue();
        b.take().close();
    }

    @Test
    void whoWaitsForCreditIsToldThatThePeerIsGone() throws Exception {
        var peer = connect(Endpoint.Settings.DEFAULT.withCredit(Frame.MOST_BYTES));
        peer.send(frame(Lane.BULK, 0, 200_000), SECONDS);
        Thread.ofVirtual().start(() -> a.endpoint.end(peer, "the test is over"));
        assertThatThrownBy(() -> peer.send(frame(Lane.BULK, 1, 200_000), SECONDS))
                .isInstanceOf(PeerEndedException.class)
                .hasMessageContaining("the test is over");
    }

    @Test
    void frameTooLargeIsRefusedWhereItIsMade() {
        assertThatThrownBy(() -> Frame.of(20, Lane.BULK, Frame.MOST_BYTES))
                .hasMessage("a frame holds at most 262112 bytes, asked for 262144");
    }
}
