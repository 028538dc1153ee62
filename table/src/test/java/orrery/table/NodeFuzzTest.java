package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import orrery.table.mail.Messages;
import orrery.table.spec.Consistency;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.wire.Authority;
import orrery.wire.Credentials;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.PeerEndedException;

/** A member of the run that sends nonsense to a node that others use meanwhile. */
final class NodeFuzzTest {
    private static final int PUSHED = 3; // the number of the last of the tables
    private static final int FRAMES = 1_000_000;
    private static final int FIRST_FUZZER = 100;
    private static final long MOST_GROWTH = 16 << 20;

    @Test
    @Timeout(180)
    void aMillionBadFramesDisturbNobody() throws Exception {
        var authority = new Authority(false);
        var dropped = new AtomicLong();
        var victim = node(authority, 1, dropped);
        var honest = node(authority, 2, dropped);
        for (var node : List.of(victim, honest)) {
            node.place(new Placement(1, List.of(1, 2)));
            node.create(TableSpec.dense("dense", 400, 3).with(new Consistency.Ssp(2)));
            node.create(TableSpec.sparse("sparse", 2).with(new Consistency.Ssp(2)));
            node.create(TableSpec.dense("pushed", 400, 1).with(new Consistency.Essp(2)));
            node.begin(2, 0, Sessions.LIMIT, new int[] {1, 2}, 1);
        }
        var address = victim.listen();
        honest.connect(1, address, Sessions.LIMIT);
        var isOver = new AtomicBoolean();
        var clocks = new AtomicLong();
        var workers = new ArrayList<Thread>();
        for (int w = 0; w < 2; w++) {
            int worker = w;
            var node = w == 0 ? victim : honest;
            workers.add(Thread.ofPlatform().daemon().start(() -> honestly(node, worker, isOver, clocks)));
        }
        while (clocks.get() < 200) {
            Thread.onSpinWait();
        }
        long before = used();
        long sent = 0;
        for (int life = 0; sent < FRAMES; life++) {
            sent += fuzz(authority.admit("fuzzer"), FIRST_FUZZER + life, address, life, FRAMES - sent);
        }
        long after = used();
        long atEnd = clocks.get();
        while (clocks.get() < atEnd + 200) {
            Thread.onSpinWait(); // they go on
        }
        isOver.set(true);
        for (var worker : workers) {
            worker.join();
        }
        System.out.printf(
                "%,d frames, %,d fuzzers dropped, honest workers did %,d clocks, heap grew %,d KiB%n",
                sent, dropped.get(), clocks.get(), (after - before) >> 10);
        assertThat(dropped.get()).isPositive();
        assertThat(after - before).isLessThan(MOST_GROWTH);
        victim.leave();
        honest.leave();
    }

    private static Node node(Authority authority, int id, AtomicLong dropped) {
        var node = new Node();
        node.join(authority.admit("member " + id), id, 1, Endpoint.Settings.DEFAULT, new Ear() {
            @Override
            public void heard(Frame frame) {
                frame.close();
            }

            @Override
            public void disconnected(int member, long incarnation, String why) {
                if (member >= FIRST_FUZZER) {
                    dropped.incrementAndGet();
                }
            }
        });
        return node;
    }

    private static void honestly(Node node, int worker, AtomicBoolean isOver, AtomicLong clocks) {
        var session = node.session(worker);
        var dense = node.find("dense");
        var sparse = node.find("sparse");
        var pushed = node.find("pushed");
        var random = new SplittableRandom(worker);
        var values = new float[30];
        while (!isOver.get()) {
            var keys = random.longs(10, 0, 400).toArray();
            session.gather(dense, keys, values);
            session.add(dense, keys, values);
            session.gather(pushed, keys, new float[10]);
            session.add(pushed, keys, new float[10]);
            session.add(sparse, keys, new float[20]);
            session.tick();
            clocks.incrementAndGet();
        }
        session.finish();
    }

    /** One life of a member that sends frames until it is thrown out. Returns how many it has sent. */
    private static long fuzz(Credentials credentials, int id, java.net.InetSocketAddress address, long seed, long most)
            throws IOException, InterruptedException {
        var random = new SplittableRandom(seed);
        long sent = 0;
        try (var endpoint = new Endpoint(credentials, id, 1, Endpoint.Settings.DEFAULT, Frame::close)) {
            var peer = endpoint.connect(1, address, Sessions.LIMIT);
            while (sent < most) {
                peer.send(frame(random), Sessions.LIMIT.toNanos());
                sent++;
            }
            return sent;
        } catch (PeerEndedException e) {
            return sent;
        }
    }

    /** Nonsense that gets its sender thrown out, seldom enough for a life of some hundred frames; stale frames; and good ones. */
    private static Frame frame(SplittableRandom random) {
        int kind = random.nextInt(4000);
        var lane = random.nextInt(3) == 0 ? Lane.CONTROL : random.nextBoolean() ? Lane.PROMPT : Lane.BULK;
        int type = Messages.Push.TYPE + random.nextInt(Messages.END - Messages.Push.TYPE);
        var frame = Frame.of(kind < 800 ? Messages.PullRows.TYPE : type, lane, 1024)
                .request(random.nextLong())
                .flags(random.nextInt(8))
                .block(random.nextInt(4))
                .table(1 + random.nextInt(PUSHED));
        if (kind < 40) { // a subscription, of rows that are the victim's
            int first = random.nextInt(200);
            return Frame.of(Messages.SUBSCRIBE, lane, 64)
                    .request(random.nextLong(3))
                    .block(1)
                    .table(PUSHED)
                    .putInt(1)
                    .putInt(first)
                    .putInt(1 + random.nextInt(200 - first));
        }
        if (kind < 800) { // a question that is answered
            int keys = random.nextInt(20);
            frame.block(1).putInt(-1).putLong(0).putLong(-1).putInt(keys);
            for (int i = 0; i < keys; i++) {
                frame.putLong(random.nextInt(400));
            }
            return frame;
        }
        if (kind < 3999) { // of an epoch that is over
            return frame.epoch(-1 - random.nextInt(1000)).putBytes(bytes(random, random.nextInt(1000)));
        }
        frame.putInt(random.nextInt(4) - 1).putLong(random.nextInt(100) - 50).putInt(random.nextInt(100));
        return random.nextBoolean() ? frame : frame.putBytes(bytes(random, random.nextInt(900)));
    }

    private static byte[] bytes(SplittableRandom random, int count) {
        var bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** The least of several looks: honest workers go on, and what they have in their hands is not there to stay. */
    private static long used() {
        long least = Long.MAX_VALUE;
        for (int look = 0; look < 4; look++) {
            System.gc();
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }
}
