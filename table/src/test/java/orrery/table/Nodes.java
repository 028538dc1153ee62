package orrery.table;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import orrery.table.clock.Clocks;
import orrery.table.hold.Table;
import orrery.table.hold.Tables;
import orrery.table.spec.Consistency;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;
import orrery.wire.Authority;
import orrery.wire.Endpoint;
import orrery.wire.Faults;
import orrery.wire.Frame;

/** Several nodes of one JVM that share their tables, each with an even part of the workers. Members are 1, 2 and so on. */
final class Nodes implements AutoCloseable {
    final List<Node> all = new ArrayList<>();
    final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** Nodes that hand frames over without sockets, or in bad weather. */
    Nodes(int count, Faults faults) {
        this(count, faults, Consistency::requiredAge);
    }

    Nodes(int count, Faults faults, Tables.ReadPredicate predicate) {
        var authority = new Authority(false);
        for (int i = 1; i <= count; i++) {
            var node = new Node(predicate, orrery.wire.Ticker.SYSTEM);
            node.join(authority.admit("member " + i), i, 1, Endpoint.Settings.DEFAULT.with(faults), new Ear() {
                @Override
                public void heard(Frame frame) {
                    frame.close();
                }

                @Override
                public void failed(Throwable why) {
                    fail(why);
                }

                @Override
                public void disconnected(int member, long incarnation, String why) {
                    if (node.knows(member)) {
                        return; // the link will be back
                    }
                    fail(new AssertionError("member " + member + ": " + why));
                }
            });
            all.add(node);
        }
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < i; j++) {
                connect(i, j, faults.cut() > 0);
            }
        }
        place(1, IntStream.rangeClosed(1, count).boxed().toList());
    }

    private void connect(int i, int j, boolean isCut) {
        try {
            if (isCut) { // what is cut must be able to come back
                all.get(i).connect(j + 1, all.get(j).listen(), Sessions.LIMIT);
                return;
            }
            all.get(i).endpoint().connect(all.get(j).endpoint());
        } catch (InterruptedException | IOException e) {
            throw new AssertionError(e);
        }
    }

    List<Integer> members = List.of();
    private int begun;

    void place(int version, List<Integer> owners) {
        members = owners;
        all.forEach(node -> node.place(new Placement(version, members)));
    }

    private void fail(Throwable why) {
        if (failure.compareAndSet(null, why)) {
            all.forEach(node -> node.end("a test's node failed", why));
        }
    }

    /** Creates a table everywhere; returns that of the first node. */
    Table create(TableSpec spec) {
        all.forEach(node -> node.create(spec));
        return on(0, spec.name());
    }

    Table on(int node, String table) {
        return all.get(node).find(table);
    }

    /** The node of a worker: one of those that own blocks. */
    Node of(int worker, int workers) {
        return all.get(members.get(worker * members.size() / workers) - 1);
    }

    /** What a worker does; {@code node} is its own. */
    interface Body {
        void run(Session session, Node node) throws Exception;
    }

    void run(int workers, Body body) {
        run(workers, 0, body);
    }

    void run(int workers, long firstClock, Body body) {
        begun++;
        var homes = IntStream.range(0, workers)
                .map(worker -> members.get(worker * members.size() / workers))
                .toArray();
        all.forEach(node -> node.begin(workers, firstClock, Sessions.LIMIT, homes, begun));
        var threads = new ArrayList<Thread>();
        for (int w = 0; w < workers; w++) {
            int worker = w;
            threads.add(Thread.ofPlatform().daemon().start(() -> {
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
        Sessions.join(threads, failure);
        awaitAll(Clocks.FINISHED);
    }

    /** Moves blocks to where the next placement has them. */
    void move(int version, List<Integer> owners) {
        var next = new Placement(version, owners);
        var movers = all.stream()
                .map(node -> Thread.ofPlatform().start(() -> {
                    try {
                        node.move(next, Sessions.LIMIT);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }))
                .toList();
        Sessions.join(movers, failure);
        members = owners;
    }

    /** Waits until everything that workers have sent is where it belongs. */
    void awaitAll(long clock) {
        long end = System.nanoTime() + Sessions.LIMIT.toNanos();
        while (!members.stream().allMatch(member -> all.get(member - 1).hasCompleted(clock))) {
            if (System.nanoTime() > end) {
                throw new AssertionError("clocks do not complete");
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        all.forEach(Node::leave);
    }
}
