package orrery.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.table.Ear;
import orrery.table.Node;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;
import orrery.wire.Endpoint;
import orrery.wire.Faults;
import orrery.wire.Frame;

/** The node of this process among those of its {@link Crew}, which share tables over TCP. All processes make and use it alike. */
public final class Neighbours implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Crew crew = Crew.must();
    private final Node node = new Node();
    private final int count;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    public Neighbours(Faults faults) throws IOException, InterruptedException {
        node.join(crew.credentials(), crew.member(), 1, Endpoint.Settings.DEFAULT.with(faults), new Ear() {
            @Override
            public void heard(Frame frame) {
                frame.close();
            }

            @Override
            public void failed(Throwable why) {
                fail(why);
            }
        });
        var here = node.listen();
        var ports = crew.gather(String.valueOf(here.getPort()));
        count = ports.length;
        for (int other = 1; other < crew.member(); other++) {
            node.connect(other, new InetSocketAddress(here.getAddress(), Integer.parseInt(ports[other - 1])), LIMIT);
        }
        node.place(new Placement(1, IntStream.rangeClosed(1, count).boxed().toList()));
        crew.gather("placed");
    }

    private void fail(Throwable why) {
        if (failure.compareAndSet(null, why)) {
            node.end("a node failed", why);
        }
    }

    /** Moves blocks to where another placement has them. Returns how many came here. */
    public int move(Placement next) throws IOException, InterruptedException {
        crew.gather("to move");
        return node.move(next, LIMIT);
    }

    public void create(TableSpec spec) {
        node.create(spec);
    }

    /** What a worker does. */
    @FunctionalInterface
    public interface Body {
        void run(Session session, Node node) throws Exception;
    }

    /** Runs those of the workers that are of this process. */
    public void run(int workers, Body body) throws IOException, InterruptedException {
        node.begin(workers, 0, LIMIT);
        crew.gather("begun");
        var threads = new ArrayList<Thread>();
        for (int w = 0; w < workers; w++) {
            int worker = w;
            if ((int) ((long) w * count / workers) != crew.member() - 1) {
                continue;
            }
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    var session = node.session(worker);
                    body.run(session, node);
                    session.finish();
                } catch (Throwable e) {
                    fail(e);
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        var why = failure.get();
        if (why != null) {
            throw new IllegalStateException("a worker failed: " + why, why);
        }
    }

    /** Bytes that this process' node has sent to others. */
    public long bytesSent() {
        return node.traffic().bytesSent();
    }

    /** Once all are done. */
    @Override
    public void close() throws IOException {
        crew.gather("done");
        node.leave();
    }
}
