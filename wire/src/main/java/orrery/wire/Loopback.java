package orrery.wire;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A link within one JVM: the frame itself is handed over, on the event loop of whoever receives it. */
final class Loopback implements Link {
    private final Executor loop; // of the receiver
    private final Receiver receiver;
    private final String where;
    private final Queue<Frame> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean isScheduled = new AtomicBoolean();
    private volatile @Nullable Loopback other;
    private volatile boolean isClosed;

    private Loopback(Executor loop, Receiver receiver, String where) {
        this.loop = loop;
        this.receiver = receiver;
        this.where = where;
    }

    /** The two ends: what is sent at one arrives at the receiver of the other. */
    record Pair(Loopback a, Loopback b) {}

    static Pair pair(Executor loopOfA, Receiver atA, Executor loopOfB, Receiver atB) {
        var a = new Loopback(loopOfB, atB, "this JVM");
        var b = new Loopback(loopOfA, atA, "this JVM");
        a.other = b;
        b.other = a;
        return new Pair(a, b);
    }

    @Override
    public void send(Frame frame) {
        queue.add(frame);
        if (isScheduled.compareAndSet(false, true)) {
            loop.execute(this::deliver);
        }
    }

    private void deliver() {
        isScheduled.set(false);
        var there = other;
        for (var frame = queue.poll(); frame != null; frame = queue.poll()) {
            if (isClosed || there == null) {
                frame.close();
            } else {
                receiver.receive(there, frame);
            }
        }
        if (!isClosed && there != null) {
            receiver.paused(there);
        }
    }

    @Override
    public void close(String why) {
        var there = other;
        if (there != null && !isClosed) {
            shut(why);
            there.shut(why);
        }
    }

    private void shut(String why) {
        isClosed = true;
        var there = other;
        try {
            loop.execute(() -> {
                deliver();
                if (there != null) {
                    receiver.closed(there, why);
                }
            });
        } catch (RejectedExecutionException ended) {
            return; // that endpoint has closed in the meantime, so there is nobody to tell
        }
    }

    @Override
    public boolean isOpen() {
        return !isClosed;
    }

    @Override
    public String where() {
        return where;
    }
}
