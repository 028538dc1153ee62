package orrery.table;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import orrery.wire.CreditExpiredException;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.Peer;
import orrery.wire.PeerEndedException;

/** A node among others: its endpoint, who owns what, and where the frames that come in belong. Safe for many threads. */
final class Cluster implements Endpoint.Receiver {
    private final Node.Ear ear;
    private final int me;
    private final String name;
    private final Server server;
    private final Moves moves;
    private final Map<Long, Reads> expecting = new ConcurrentHashMap<>();
    private final Set<Reads> readers = ConcurrentHashMap.newKeySet();
    private final AtomicLong nextRequest = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition placed = lock.newCondition();
    private long answers; // that have come; confined to the event loop
    private volatile Placement placement;
    private volatile int[] others = {};
    private volatile Runnable whileWaiting = () -> {};
    private Endpoint endpoint;

    @SuppressWarnings("NullAway.Init") // the endpoint needs this as its receiver, and follows at once
    Cluster(Node node, int me, long incarnation, Node.Ear ear) {
        this.me = me;
        name = "member-" + me + "-" + incarnation;
        this.ear = ear;
        placement = new Placement(0, List.of(me));
        server = new Server(this, node);
        moves = new Moves(this, node);
        node.whenClocksMove(server::look);
    }

    void start(Endpoint speaking) {
        endpoint = speaking;
        Thread.ofPlatform().name("node-" + me).daemon().start(server);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** This life of this member, in names of files. */
    String name() {
        return name;
    }

    int me() {
        return me;
    }

    Server server() {
        return server;
    }

    Moves moves() {
        return moves;
    }

    int epoch() {
        return endpoint.epoch();
    }

    Placement placement() {
        return placement;
    }

    void place(Placement next) {
        lock.lock();
        try {
            placement = next;
            others = next.members().stream()
                    .mapToInt(Integer::intValue)
                    .filter(member -> member != me)
                    .toArray();
            placed.signalAll();
        } finally {
            lock.unlock();
        }
        server.execute(server::placed);
    }

    /** The members that own blocks, without this one. */
    int[] others() {
        return others;
    }

    /** Waits until this node has heard of a placement. */
    void awaitPlacement(int version, long end, Table table) {
        lock.lock();
        try {
            while (placement.version() - version < 0) {
                checkNotEnded(table);
                if (System.nanoTime() > end) {
                    throw new WaitExpiredException("blocks of table '" + table.name() + "' have moved under placement "
                            + version + ", of which this node has not heard");
                }
                placed.await(100, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    // Sending

    /** A frame of the present epoch. */
    Frame frame(int type, Lane lane, int payloadBytes) {
        return Frame.of(type, lane, payloadBytes).epoch(endpoint.epoch());
    }

    /** Sends a frame, waiting for credit if need be. */
    void send(int member, Frame frame, long limitNanos) {
        var peer = endpoint.peer(member);
        if (peer == null) {
            frame.close();
            throw new EndedException("member " + member + " is gone", null);
        }
        try {
            peer.send(frame, limitNanos);
        } catch (PeerEndedException e) {
            throw new EndedException("member " + member + " is gone: " + e.getMessage(), e);
        } catch (CreditExpiredException e) {
            throw new WaitExpiredException(e.getMessage() + "; a longer limit is set by --wait-limit");
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    EndedException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new EndedException("interrupted while it waited for another member", e);
    }

    void checkNotEnded(Table table) {
        table.clocks.checkNotEnded();
    }

    /** Has an action run, every tenth of a second, by whoever runs the workers while it waits for other nodes. */
    void whileWaiting(Runnable action) {
        whileWaiting = action;
    }

    void waiting() {
        whileWaiting.run();
    }

    Reads reads() {
        var reads = new Reads(this);
        readers.add(reads);
        return reads;
    }

    /** A stage begins: nobody waits for an answer any more. */
    void forgetReads() {
        expecting.clear();
        readers.forEach(Reads::close);
        readers.clear();
    }

    /** A number for a question whose answer goes to {@code reads}. */
    long expect(Reads reads) {
        long id = nextRequest.incrementAndGet();
        expecting.put(id, reads);
        return id;
    }

    void forget(long request) {
        expecting.remove(request);
    }

    // Receiving; called by the event loop

    @Override
    public void receive(Frame frame) {
        if (frame.type() == Messages.REPLY) {
            var reads = frame.epoch() == endpoint.epoch() ? expecting.get(frame.request()) : null;
            if (reads == null) {
                frame.close();
            } else {
                reads.offer(frame, ++answers);
            }
        } else if (frame.type() == Messages.Round.TYPE) {
            server.offer(frame, ++answers);
        } else if (frame.type() < Messages.END) {
            server.offer(frame);
        } else {
            ear.heard(frame);
        }
    }

    @Override
    public void connected(Peer peer) {
        ear.connected(peer.id(), peer.incarnation());
    }

    @Override
    public void disconnected(Peer peer, String why) {
        ear.disconnected(peer.id(), peer.incarnation(), why);
    }

    @Override
    public void refused(String from, String why) {
        ear.refused(from, why);
    }

    /** A peer makes no sense. */
    void drop(Peer peer, String why) {
        end(peer, why);
        ear.disconnected(peer.id(), peer.incarnation(), why);
    }

    /** A peer is gone for good. */
    void end(Peer peer, String why) {
        endpoint.end(peer, why);
        server.execute(() -> server.forget(peer));
    }

    /** What this node was told to do cannot be done. */
    void failed(Throwable why) {
        ear.failed(why);
    }
}
