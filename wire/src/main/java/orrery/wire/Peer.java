package orrery.wire;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Another endpoint, as one endpoint knows it: what is sent arrives there exactly once and, lane by lane, in order, over
 * links that come and go.
 *
 * <p>Each lane numbers its frames. The receiver delivers them in that order, keeps what came too early, drops what came
 * twice, and acknowledges the longest run it has; the sender keeps a frame until then and sends it again when it was
 * asked for, is overdue, or the link was replaced. The frames of {@link Lane#PROMPT} and {@link Lane#BULK} need credit:
 * at most {@code window} bytes are under way that the receiver has not <i>closed</i>. So a slow receiver slows its
 * senders, nothing is dropped, and neither side's memory grows beyond the window. Control frames are small and few.
 *
 * <p>Safe for use by many threads. The lock guards the numbers and is never held while anybody waits; a link's
 * {@code send} only takes a frame over.
 */
public final class Peer {
    private static final long ACK_AFTER_BYTES = 64 << 10;
    private static final int ACK_AFTER_FRAMES = 64;
    private static final long FIRST_OVERDUE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long LAST_OVERDUE_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long SLOWEST_OVERDUE_NANOS =
            TimeUnit.SECONDS.toNanos(20); // where frames take that long to pass
    private static final int MOST_OVERDUE_FRAMES =
            16; // that are sent again at once; the rest is asked for when these have come
    private static final int MOST_OVERDUE_BYTES = 64 << 10; // or a slow link would carry nothing else
    private static final int FIRST_UNDER_WAY = 32;
    private static final int MOST_UNDER_WAY = 4096;
    private static final int LEAST_CHARGE = 256; // what a small frame's objects weigh
    private static final int ACK_BYTES = 2 * Lane.COUNT * Integer.BYTES + Long.BYTES;

    private final Endpoint home;
    private final Member member;
    private final long window;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moreCredit = lock.newCondition();
    private final Out[] out = new Out[Lane.COUNT];
    private final In[] in = new In[Lane.COUNT];
    private final AtomicLong consumed = new AtomicLong();
    private volatile @Nullable Link link;
    private volatile @Nullable String ended;
    private @Nullable Runnable whenCredited;
    private long charged; // bytes sent, in charges
    private long granted; // of those, bytes that the receiver has closed
    private volatile long ackedConsumed;
    private int unackedFrames; // received since the last acknowledgement
    private long earlyBytes; // kept until their turn, in charges: what keeps no credit may not fill the memory
    private boolean ackDue;
    private boolean isStarved;
    private long overdueNanos = FIRST_OVERDUE_NANOS;
    private volatile long lastHeard; // by the home's clock of being awake

    /** Who a peer is. */
    record Member(int id, long incarnation) {}

    /** A lane outwards: frames that were sent and not acknowledged, the oldest first. */
    private static final class Out {
        final ArrayDeque<Frame> frames = new ArrayDeque<>();
        int next; // the number of the next frame
        int acked; // all below are acknowledged
        int sent; // all below have been sent over the present link
        int most = MOST_UNDER_WAY; // frames under way: few over a new link that may soon break, then twice as many
        long since; // when the oldest was sent
        long progressed; // when frames were acknowledged last, or there were none
        boolean isSentAgain; // some, since then
    }

    /** A lane inwards: what came before its turn, by number. */
    private static final class In {
        private static final int ROOM = 1 << 16;
        int next;
        int highest; // one more than the highest number seen

        @Nullable
        Frame[] early = new @Nullable Frame[16]; // by number, modulo its length

        int count;

        boolean keep(Frame frame, int number) {
            int ahead = number - next;
            if (ahead >= ROOM) {
                return false;
            }
            while (ahead >= early.length) {
                var bigger = new @Nullable Frame[early.length * 2];
                for (int n = next; n - highest < 0; n++) {
                    bigger[n & (bigger.length - 1)] = early[n & (early.length - 1)];
                }
                early = bigger;
            }
            int at = number & (early.length - 1);
            if (early[at] != null) {
                return false;
            }
            early[at] = frame;
            count++;
            return true;
        }

        @Nullable
        Frame takeNext() {
            int at = next & (early.length - 1);
            var frame = early[at];
            if (frame != null) {
                early[at] = null;
                count--;
                next++;
            }
            return frame;
        }
    }

    Peer(Endpoint home, Member member, long window) {
        this.home = home;
        this.member = member;
        this.window = window;
        lastHeard = home.awakeNanos();
        for (int i = 0; i < Lane.COUNT; i++) {
            out[i] = new Out();
            in[i] = new In();
        }
    }

    /** The member's number. */
    public int id() {
        return member.id();
    }

    /** Which life of that member this is: a restarted one is another peer. */
    public long incarnation() {
        return member.incarnation();
    }

    Member member() {
        return member;
    }

    /** Whether a link is open; frames may be sent in any case, and go when there is one. */
    public boolean isConnected() {
        var now = link;
        return now != null && now.isOpen();
    }

    /** For how long nothing came from it, in nanoseconds in which this end has listened ({@link Endpoint#awakeNanos}). */
    public long silentNanos() {
        return home.awakeNanos() - lastHeard;
    }

    static int charge(int bytes) {
        return Math.max(LEAST_CHARGE, bytes);
    }

    // Sending

    /**
     * Sends a frame, which the peer takes over; waits for credit if there is none. Not for event loops.
     *
     * @throws PeerEndedException if the peer is gone
     * @throws CreditExpiredException if the receiver has closed too few frames within {@code limitNanos}
     */
    public void send(Frame frame, long limitNanos) throws InterruptedException {
        int bytes = frame.bytes();
        boolean credited = frame.lane().isCredited();
        long start = 0;
        lock.lock();
        try {
            for (long left = limitNanos; credited && ended == null && !hasCredit(bytes); ) {
                if (start == 0) {
                    start = home.ticker().nanos();
                    home.traffic().creditStalls.increment();
                }
                isStarved = true;
                if (left <= 0) {
                    frame.close();
                    throw new CreditExpiredException(this + " has taken in nothing for " + limitNanos / 1e9
                            + " s, with " + (charged - granted) + " bytes under way to it");
                }
                left = home.ticker().await(lock, moreCredit, left);
            }
            sendCredited(frame);
        } catch (InterruptedException e) {
            frame.close();
            throw e;
        } finally {
            lock.unlock();
            if (start != 0) {
                home.traffic().creditStallNanos.add(home.ticker().nanos() - start);
            }
        }
    }

    /** Sends a frame if it has credit; otherwise leaves it to the caller and returns false. Never waits. */
    public boolean offer(Frame frame) {
        lock.lock();
        try {
            if (ended == null && frame.lane().isCredited() && !hasCredit(frame.bytes())) {
                isStarved = true;
                return false;
            }
            sendCredited(frame);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Called, by an event loop, whenever an {@link #offer} that was refused may succeed. */
    public void whenCredited(Runnable action) {
        lock.lock();
        try {
            whenCredited = action;
        } finally {
            lock.unlock();
        }
    }

    private boolean hasCredit(int bytes) {
        long underWay = charged - granted;
        return underWay == 0 || underWay + charge(bytes) <= window;
    }

    private void sendCredited(Frame frame) {
        if (ended != null) {
            frame.close();
            throw new PeerEndedException(this + " is gone: " + ended);
        }
        var lane = out[frame.lane().number];
        if (frame.lane().isCredited()) {
            charged += charge(frame.bytes());
        }
        frame.sequence(lane.next++).sealed();
        if (lane.frames.isEmpty()) {
            lane.since = home.ticker().nanos();
            lane.progressed = lane.since;
        }
        lane.frames.add(frame);
        if (link != null && lane.sent == lane.next - 1 && lane.sent - lane.acked < lane.most) {
            lane.sent++;
            transmit(frame);
        }
    }

    /** Sends what has waited for the frames before it. */
    private void pump(Out lane) {
        int skip = lane.sent - lane.acked;
        if (link == null || skip >= lane.most || skip >= lane.frames.size()) {
            return;
        }
        for (var frame : lane.frames) {
            if (skip-- <= 0) {
                if (lane.sent - lane.acked >= lane.most) {
                    return;
                }
                lane.sent++;
                transmit(frame);
            }
        }
    }

    private void transmit(Frame frame) {
        var now = link;
        if (now != null) {
            home.traffic().framesSent.increment();
            home.traffic().bytesSent.add(frame.bytes());
            now.send(frame.again());
        }
    }

    // Receiving; called by the link's event loop

    /** Takes in a frame; those whose turn it is go to the receiver. */
    void receive(Frame frame) {
        home.traffic().framesReceived.increment();
        home.traffic().bytesReceived.add(frame.bytes());
        switch (frame.type()) {
            case Frame.ACK -> {
                acknowledged(frame);
                frame.close();
            }
            case Frame.PROBE -> {
                frame.close();
                acknowledge();
            }
            default -> accept(frame);
        }
        lastHeard = home.awakeNanos();
    }

    private void accept(Frame frame) {
        var lane = in[frame.lane().number];
        int ahead = frame.sequence() - lane.next;
        boolean keeps = false;
        boolean deliver = false;
        lock.lock();
        try {
            if (ended == null && ahead == 0 && lane.count == 0) {
                lane.next++;
                if (lane.next - lane.highest > 0) {
                    lane.highest = lane.next;
                }
                deliver = true;
            } else if (ended == null && ahead >= 0) {
                keeps = earlyBytes + charge(frame.bytes()) <= window && lane.keep(frame, frame.sequence());
                earlyBytes += keeps ? charge(frame.bytes()) : 0;
                if (keeps && frame.sequence() - lane.highest >= 0) {
                    lane.highest = frame.sequence() + 1;
                }
                ackDue |= ahead > 0; // the acknowledgement says what is missing
            } else {
                ackDue = true; // the acknowledgement of it was lost
            }
            unackedFrames++;
        } finally {
            lock.unlock();
        }
        if (deliver) {
            home.deliver(this, frame.arrived(this));
        } else if (!keeps) {
            home.traffic().duplicates.increment();
            frame.close();
            return;
        }
        for (var next = takeNext(lane); next != null; next = takeNext(lane)) {
            home.deliver(this, next.arrived(this));
        }
    }

    private @Nullable Frame takeNext(In lane) {
        lock.lock();
        try {
            var next = lane.count == 0 ? null : lane.takeNext();
            earlyBytes -= next == null ? 0 : charge(next.bytes());
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** The link has nothing more for now: a good time to acknowledge. */
    void paused() {
        boolean due;
        lock.lock();
        try {
            due = ackDue || unackedFrames >= ACK_AFTER_FRAMES;
        } finally {
            lock.unlock();
        }
        if (due) {
            acknowledge();
        }
    }

    /** A frame of so many bytes was closed here. */
    void consumed(int charge) {
        long sum = consumed.addAndGet(charge);
        if (sum - ackedConsumed >= ACK_AFTER_BYTES) {
            acknowledge();
        }
    }

    private void acknowledge() {
        lock.lock();
        try {
            var now = link;
            if (now == null) {
                return;
            }
            var ack = Frame.ofWire(Frame.ACK, Lane.CONTROL, ACK_BYTES);
            for (var lane : in) {
                ack.putInt(lane.next).putInt(lane.highest);
            }
            long closed = consumed.get();
            ack.putLong(closed);
            ackedConsumed = closed;
            ackDue = false;
            unackedFrames = 0;
            home.traffic().framesSent.increment();
            home.traffic().bytesSent.add(ack.bytes());
            now.send(ack.sealed());
        } finally {
            lock.unlock();
        }
    }

    private void acknowledged(Frame ack) {
        Runnable go = null;
        lock.lock();
        try {
            if (ended != null) {
                return; // it was on its way when the peer went, and with it what it is about
            }
            long now = home.ticker().nanos();
            for (var lane : out) {
                int next = ack.getInt();
                int highest = ack.getInt();
                if (next - lane.acked > 0 && next - lane.next <= 0) {
                    for (int n = lane.acked; n != next; n++) {
                        lane.frames.remove().close();
                    }
                    lane.acked = next;
                    if (lane.sent - next < 0) {
                        lane.sent = next;
                    }
                    lane.most = Math.min(MOST_UNDER_WAY, 2 * lane.most);
                    if (!lane.isSentAgain) { // else one does not know which of both has been acknowledged (Karn's rule)
                        overdueNanos =
                                Math.clamp(2 * (now - lane.progressed), FIRST_OVERDUE_NANOS, SLOWEST_OVERDUE_NANOS);
                    }
                    lane.isSentAgain = false;
                    lane.since = now;
                    lane.progressed = now;
                }
                if (highest - next > 0 && next == lane.acked && !lane.frames.isEmpty()) {
                    askedAgain(lane, now);
                }
                pump(lane);
            }
            long closed = ack.getLong();
            if (closed > granted && closed <= charged) {
                granted = closed;
                moreCredit.signalAll();
                if (isStarved) {
                    isStarved = false;
                    go = whenCredited;
                }
            }
        } finally {
            lock.unlock();
        }
        if (go != null) {
            go.run();
        }
    }

    /** The receiver has later frames, but not the oldest; once every little while, since frames may just be late. */
    private void askedAgain(Out lane, long now) {
        if (now - lane.since > TimeUnit.MILLISECONDS.toNanos(30)) {
            lane.since = now;
            lane.isSentAgain = true;
            sendAgain(lane.frames.getFirst());
        }
    }

    private void sendAgain(Frame frame) {
        home.traffic().framesSentAgain.increment();
        transmit(frame);
    }

    /** Called now and then by the endpoint's event loop. */
    void look() {
        boolean ack;
        lock.lock();
        try {
            if (ended != null || link == null) {
                return;
            }
            long now = home.ticker().nanos();
            boolean waits = false;
            boolean isLarge = false;
            for (var lane : out) {
                if (!home.losesFrames() || lane.frames.isEmpty() || now - lane.since <= overdueNanos) {
                    continue;
                }
                int most = Math.min(MOST_OVERDUE_FRAMES, lane.sent - lane.acked);
                int bytes = 0;
                for (var frame : lane.frames) {
                    boolean isTooMuch = bytes > 0 && bytes + frame.bytes() > MOST_OVERDUE_BYTES;
                    if (most-- <= 0 || isTooMuch) {
                        break;
                    }
                    sendAgain(frame);
                    lane.isSentAgain = true;
                    bytes += frame.bytes();
                }
                isLarge |= bytes > MOST_OVERDUE_BYTES;
                waits = true;
                lane.since = now;
            }
            if (waits) {
                long last = isLarge ? SLOWEST_OVERDUE_NANOS : LAST_OVERDUE_NANOS;
                overdueNanos = Math.max(overdueNanos, Math.min(last, 2 * overdueNanos));
            }
            if (isStarved) {
                probe();
            }
            ack = unackedFrames > 0 || ackDue || consumed.get() != ackedConsumed;
        } finally {
            lock.unlock();
        }
        if (ack) {
            acknowledge();
        }
    }

    private void probe() {
        var now = link;
        if (now != null) {
            var probe = Frame.ofWire(Frame.PROBE, Lane.CONTROL, 0);
            home.traffic().framesSent.increment();
            home.traffic().bytesSent.add(probe.bytes());
            now.send(probe.sealed());
        }
    }

    // Links

    /** A link has been opened: it takes over, and what was not acknowledged is sent again. Returns the one it replaces. */
    @Nullable
    Link attach(Link next) {
        lock.lock();
        try {
            var before = link;
            link = next;
            lastHeard = home.awakeNanos();
            long now = home.ticker().nanos();
            for (var lane : out) {
                lane.since = now;
                home.traffic().framesSentAgain.add(lane.sent - lane.acked);
                lane.sent = lane.acked;
                lane.most = FIRST_UNDER_WAY;
                pump(lane);
            }
            ackDue = true;
            return before;
        } finally {
            lock.unlock();
        }
    }

    /** Whether {@code broken} was its link, which it now has no more. */
    @SuppressWarnings("ReferenceEquality")
    boolean detach(Link broken) {
        lock.lock();
        try {
            if (link != broken) {
                return false;
            }
            link = null;
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Link link() {
        return link;
    }

    /** The peer is gone for good: whoever waits to send is told. Returns whether it was not gone before. */
    boolean end(String why) {
        Link last;
        Runnable go;
        lock.lock();
        try {
            if (ended != null) {
                return false;
            }
            ended = why;
            last = link;
            link = null;
            for (var lane : out) {
                lane.frames.forEach(Frame::close);
                lane.frames.clear();
            }
            for (var lane : in) {
                for (var frame : lane.early) {
                    if (frame != null) {
                        frame.close();
                    }
                }
                Arrays.fill(lane.early, null);
                lane.count = 0;
            }
            moreCredit.signalAll();
            go = whenCredited;
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.close(why);
        }
        if (go != null) {
            go.run();
        }
        return true;
    }

    /** Whether it is gone for good. */
    public boolean hasEnded() {
        return ended != null;
    }

    /** Bytes sent that the other side has not closed, in charges. */
    public long underWay() {
        lock.lock();
        try {
            return charged - granted;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        var now = link;
        return "member " + member.id() + (now == null ? " (not connected)" : " (" + now.where() + ")");
    }
}
