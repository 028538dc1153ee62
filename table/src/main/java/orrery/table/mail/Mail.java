package orrery.table.mail;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import orrery.table.hold.Table;
import orrery.table.spec.EndedException;
import orrery.table.spec.Placement;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.CreditExpiredException;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.PeerEndedException;
import orrery.wire.Ticker;

/** How a node writes to others: who they are, what they own, and who expects which answer. Safe for use by many threads. */
public final class Mail {
    private final int me;
    private final Ticker ticker;
    private final Map<Long, Taker> expecting = new ConcurrentHashMap<>();
    private final Set<Taker> takers = ConcurrentHashMap.newKeySet();
    private final AtomicLong nextRequest = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition placed = lock.newCondition();
    private volatile Placement placement;
    private volatile int[] others = {};
    private volatile Runnable whileWaiting = () -> {};
    private Endpoint endpoint;

    /** Who takes in answers. Called by the event loop. */
    public interface Taker {
        /** Takes over a frame, the {@code stamp}th of those that tell of rows. */
        void offer(Frame frame, long stamp);

        /** What comes now comes too late. */
        void close();
    }

    @SuppressWarnings("NullAway.Init") // the endpoint's receiver needs this, and it follows at once
    public Mail(int me, Ticker ticker) {
        this.me = me;
        this.ticker = ticker;
        placement = new Placement(0, List.of(me));
    }

    /** Before all else. */
    public void open(Endpoint speaking) {
        endpoint = speaking;
    }

    public Endpoint endpoint() {
        return endpoint;
    }

    /** The time that this node lives in. */
    public Ticker ticker() {
        return ticker;
    }

    public int me() {
        return me;
    }

    public int epoch() {
        return endpoint.epoch();
    }

    // Who owns what

    public Placement placement() {
        return placement;
    }

    public void place(Placement next) {
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
    }

    /** The members that own blocks, without this one. */
    public int[] others() {
        return others;
    }

    /** Waits until this node has heard of a placement. */
    public void awaitPlacement(int version, long end, Table table) {
        lock.lock();
        try {
            while (placement.version() - version < 0) {
                table.clocks.checkNotEnded();
                if (ticker.nanos() > end) {
                    throw new WaitExpiredException("blocks of table '" + table.name() + "' have moved under placement "
                            + version + ", of which this node has not heard");
                }
                ticker.await(lock, placed, TimeUnit.MILLISECONDS.toNanos(100));
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    // Sending

    /** A frame of the present epoch. */
    public Frame frame(int type, Lane lane, int payloadBytes) {
        return Frame.of(type, lane, payloadBytes).epoch(endpoint.epoch());
    }

    /** Sends a frame, waiting for credit if need be. */
    public void send(int member, Frame frame, long limitNanos) {
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

    public EndedException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new EndedException("interrupted while it waited for another member", e);
    }

    /** Has an action run, every tenth of a second, by the job's own thread while it waits for other nodes. */
    public void whileWaiting(Runnable action) {
        whileWaiting = action;
    }

    public void waiting() {
        whileWaiting.run();
    }

    // Answers

    /** Registers who takes in answers, until {@link #forgetAll}. */
    public void register(Taker taker) {
        takers.add(taker);
    }

    /** A number for a question whose answer goes to {@code taker}. */
    public long expect(Taker taker) {
        long id = nextRequest.incrementAndGet();
        expecting.put(id, taker);
        return id;
    }

    public void forget(long request) {
        expecting.remove(request);
    }

    /** A stage begins: nobody waits for an answer any more. */
    public void forgetAll() {
        expecting.clear();
        takers.forEach(Taker::close);
        takers.clear();
    }

    /** Hands an answer to who expects it; closes it if nobody does. Called by the event loop. */
    public void answered(Frame frame, long stamp) {
        var taker = frame.epoch() == endpoint.epoch() ? expecting.get(frame.request()) : null;
        if (taker == null) {
            frame.close();
        } else {
            taker.offer(frame, stamp);
        }
    }
}
