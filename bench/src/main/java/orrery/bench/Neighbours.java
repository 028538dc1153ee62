package orrery.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.table.Node;
import orrery.table.Placement;
import orrery.table.Session;
import orrery.table.TableSpec;
import orrery.wire.Authority;
import orrery.wire.Endpoint;
import orrery.wire.Faults;
import orrery.wire.Frame;

/** Several nodes of this JVM, connected by TCP, that share tables; their CPU time is that of the process. */
public final class Neighbours implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final List<Node> nodes = new ArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    public Neighbours(int count, Faults faults) throws IOException, InterruptedException {
        var authority = new Authority(false);
        for (int i = 1; i <= count; i++) {
            var node = new Node();
            node.join(authority.admit("member " + i), i, 1, Endpoint.Settings.DEFAULT.with(faults), new Node.Ear() {
                @Override
                public void heard(Frame frame) {
                    frame.close();
                }

                @Override
                public void failed(Throwable why) {
                    fail(why);
                }
            });
            nodes.add(node);
        }
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < i; j++) {
                nodes.get(i).connect(j + 1, nodes.get(j).listen(), LIMIT);
            }
        }
        var members = IntStream.rangeClosed(1, count).boxed().toList();
        nodes.forEach(node -> node.place(new Placement(1, members)));
    }

    private void fail(Throwable why) {
        if (failure.compareAndSet(null, why)) {
            nodes.forEach(node -> node.end("a node failed", why));
        }
    }

    public void create(TableSpec spec) {
        nodes.forEach(node -> node.create(spec));
    }

    /** The node of a worker. */
    public Node of(int worker, int workers) {
        return nodes.get((int) ((long) worker * nodes.size() / workers));
    }

    /** What a worker does. */
    @FunctionalInterface
    public interface Body {
        void run(Session session, Node node) throws Exception;
    }

    public void run(int workers, Body body) throws InterruptedException {
        nodes.forEach(node -> node.begin(workers, 0, LIMIT));
        var threads = new ArrayList<Thread>();
        for (int w = 0; w < workers; w++) {
            int worker = w;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    var node = of(worker, workers);
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

    /** Bytes that all nodes have sent to each other. */
    public long bytesSent() {
        return nodes.stream().mapToLong(node -> node.traffic().bytesSent()).sum();
    }

    /** The sum of a counter over all nodes. */
    public long counted(String name) {
        return nodes.stream()
                .mapToLong(node -> node.counted().getOrDefault(name, 0L))
                .sum();
    }

    @Override
    public void close() {
        nodes.forEach(Node::leave);
    }
}
