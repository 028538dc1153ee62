package orrery.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A member gone mad: admitted, and then a million frames of any kind. */
@Timeout(240)
final class FuzzTest {
    private static final int FRAMES = 1_000_000;

    @Test
    void aMillionFramesOfAnyKindNeitherCrashNorFillTheMemory() throws Exception {
        var authority = new Authority(false);
        try (var node = new Party(authority.admit("a"), 1, Endpoint.Settings.DEFAULT);
                var mad = new Party(authority.admit("b"), 2, Endpoint.Settings.DEFAULT);
                var sane = new Party(authority.admit("c"), 3, Endpoint.Settings.DEFAULT)) {
            node.handler = frame -> {
                if (frame.from().id() == 3) {
                    node.frames.add(frame);
                } else {
                    try (frame) {
                        read(frame);
                    } catch (IndexOutOfBoundsException e) {
                        // a payload that is shorter than it says: what a receiver would refuse
                    }
                }
            };
            mad.handler = Frame::close;
            var address = node.endpoint.listen();
            var honest = sane.endpoint.connect(1, address, Duration.ofSeconds(10));
            var peer = mad.endpoint.connect(1, address, Duration.ofSeconds(10));
            var random = new SplittableRandom(7);
            var recent = new ArrayDeque<byte[]>();
            long before = 0;
            for (int i = 0; i < FRAMES; i++) {
                if (i == FRAMES / 10) {
                    before = used(); // classes are loaded, pools are filled
                }
                send(mad, peer, random, recent);
                if (i % 10_000 == 0) { // its answer also keeps the queue of the mad one's link short
                    honest.send(PeerContract.frame(Lane.PROMPT, i, 10), PeerContract.SECONDS);
                    try (var frame = node.take()) {
                        assertThat(frame.getInt()).isEqualTo(i);
                    }
                    await(mad.endpoint, node.endpoint);
                }
            }
            assertThat(used() - before).isLessThan(16 << 20);
            assertThat(node.endpoint.traffic().framesReceived()).isGreaterThan(FRAMES / 2);
        }
    }

    /** Waits until the one has sent, and the other received, all that was under way. */
    private static void await(Endpoint from, Endpoint to) throws InterruptedException {
        for (var endpoint : new Endpoint[] {from, to}) {
            var done = new java.util.concurrent.CountDownLatch(1);
            endpoint.execute(done::countDown);
            done.await();
        }
    }

    private static void send(Party mad, Peer peer, SplittableRandom random, ArrayDeque<byte[]> recent)
            throws InterruptedException {
        var link = peer.link();
        while (link == null || !link.isOpen()) { // broken by what was sent; it is being opened again
            mad.connected.poll(10, TimeUnit.SECONDS);
            link = peer.link();
        }
        byte[] payload;
        if (recent.isEmpty() || random.nextInt(3) == 0) {
            payload = new byte[random.nextInt(random.nextInt(50) == 0 ? 2000 : 80)];
            random.nextBytes(payload);
        } else { // an earlier one, mutated
            payload = recent.peekFirst().clone();
            for (int n = random.nextInt(1, 4); n > 0 && payload.length > 0; n--) {
                payload[random.nextInt(payload.length)] ^= (byte) (1 << random.nextInt(8));
            }
        }
        recent.addFirst(payload);
        if (recent.size() > 100) {
            recent.removeLast();
        }
        boolean isAck = random.nextInt(5000) == 0; // a malformed one breaks the link, which takes a while to mend
        var frame = Frame.ofWire(
                        isAck ? Frame.ACK : random.nextInt(Frame.PROBE, 128),
                        Lane.of(random.nextInt(Lane.COUNT)),
                        payload.length)
                .flags(random.nextInt())
                .epoch(random.nextInt())
                .table(random.nextInt())
                .request(random.nextLong())
                .block(random.nextInt())
                .sequence(random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(1 << 16))
                .putBytes(payload);
        link.send(frame.sealed());
    }

    /** Reads a frame as a receiver would who believes it. */
    private static void read(Frame frame) {
        frame.getText();
        var keys = new long[4];
        frame.getLongs(keys, 0, Math.min(4, frame.getInt()));
    }

    /** The least of several looks: one collection may come while something is still on its way out. */
    private static long used() {
        long least = Long.MAX_VALUE;
        for (int look = 0; look < 3; look++) {
            System.gc();
            long now = Runtime.getRuntime().totalMemory()
                    - Runtime.getRuntime().freeMemory()
                    + PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
            least = Math.min(least, now);
        }
        return least;
    }
}
