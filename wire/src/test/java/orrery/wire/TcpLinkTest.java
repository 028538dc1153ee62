package orrery.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TcpLinkTest extends PeerContract {
    boolean encrypted() {
        return false;
    }

    @Override
    Peer connect(Endpoint.Settings settings) throws Exception {
        var authority = new Authority(encrypted());
        a = new Party(authority.admit("a"), 1, settings);
        b = new Party(authority.admit("b"), 2, settings);
        return a.endpoint.connect(2, b.endpoint.listen(), Duration.ofSeconds(10));
    }

    @Override
    Faults weather(long seed) {
        return new Faults(0.02, 0.02, 0.05, 0.002, Duration.ofMillis(1), 0, seed); // links also break
    }

    @Test
    void whatWasSentWhileTheLinkWasBrokenArrives() throws Exception {
        var peer = connect(Endpoint.Settings.DEFAULT);
        peer.send(frame(Lane.PROMPT, 0, 0), SECONDS);
        b.take().close();
        for (int i = 1; i < 20; i++) {
            var link = peer.link();
            if (link != null) { // else it is being opened again
                link.close("cut by the test");
            }
            peer.send(frame(Lane.PROMPT, i, 0), SECONDS);
            try (var frame = b.take()) {
                assertThat(frame.getInt()).isEqualTo(i);
            }
        }
        assertThat(a.endpoint.traffic().reconnects()).isPositive();
    }

    @Test
    void anUrgentFrameOvertakesBulk() throws Exception {
        var peer = connect(Endpoint.Settings.DEFAULT.withCredit(64 << 20));
        var order = new java.util.concurrent.ConcurrentLinkedQueue<Integer>();
        var done = new CountDownLatch(201);
        b.handler = frame -> {
            try (frame) {
                order.add((int) frame.request());
                done.countDown();
            }
        };
        var gate = new CountDownLatch(1);
        var shut = new CountDownLatch(1);
        a.endpoint.execute(
                () -> { // nothing leaves before all are queued
                    try {
                        shut.countDown();
                        gate.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        shut.await();
        for (int i = 0; i < 200; i++) {
            peer.send(frame(Lane.BULK, i, 200_000), SECONDS);
        }
        peer.send(frame(Lane.CONTROL, 1000, 0), SECONDS);
        gate.countDown();
        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(order.stream().toList().indexOf(1000)).isZero();
    }
}
