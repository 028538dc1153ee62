package orrery.table.push;

import java.util.BitSet;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.wire.Frame;
import orrery.wire.Peer;

/** Of a dense table of floats: runs of slots. The other end of a {@link SlotFeed}. */
final class SlotSubscription extends Subscription {
    private static final int RUN_BYTES = Messages.SlotRun.BYTES;

    private final BitSet wanted = new BitSet();
    private final BitSet unsent = new BitSet(); // wanted, but not sent yet
    private final int rowBytes;
    private int row; // of the stripe under way, from which on there is something left
    private int version; // of the stripe

    SlotSubscription(Mail mail, Peer to, Table table, long token) {
        super(mail, to, table, token);
        rowBytes = table.spec().width() * Float.BYTES;
    }

    /** Runs of slots: (first, count) each. */
    @Override
    void want(Frame wish) {
        int[] runs = Messages.WishForSlots.read(wish).runs();
        for (int r = 0; r < runs.length; r += 2) {
            int from = runs[r];
            int length = runs[r + 1];
            int to = from + length;
            if (from < 0 || to <= from || to > rows.slots()) {
                throw new IndexOutOfBoundsException("table '" + table.name() + "' has slots 0 to " + (rows.slots() - 1)
                        + ", not " + length + " from " + from + " on");
            }
            for (int s = rows.stripeOfSlot(from); s <= rows.stripeOfSlot(to - 1); s++) {
                if (!table.owns(s)) {
                    throw new IllegalArgumentException("slots " + from + " to " + (to - 1) + " of table '"
                            + table.name() + "' are not all owned here");
                }
            }
            wanted.set(from, to);
            unsent.set(from, to);
        }
    }

    @Override
    int leastBytes() {
        return RUN_BYTES + rowBytes;
    }

    /** What a worker sees of its own is laid over each row as it comes. */
    @Override
    boolean appliesAtOnce() {
        return true;
    }

    @Override
    void begin(int ofStripe, int ofVersion) {
        row = (int) rows.stripeStart(ofStripe);
        version = ofVersion;
    }

    @Override
    boolean fill(int ofStripe, int ofVersion, Frame frame) {
        int end = (int) rows.stripeStart(ofStripe + 1);
        for (int from = next(ofStripe, row, end); from < end; from = next(ofStripe, row, end)) {
            int room = (frame.room() - RUN_BYTES) / rowBytes;
            if (room < 1) {
                row = from;
                return true;
            }
            int to = Math.min(runEnd(ofStripe, from, end), from + room);
            new Messages.SlotRun(from, to - from).write(frame);
            table.floats().putCells(from, 0, (to - from) * table.spec().width(), frame);
            unsent.clear(from, to);
            row = to;
        }
        return false;
    }

    /** The first row to be sent, or {@code end}. */
    private int next(int stripe, int from, int end) {
        int named = unsent.nextSetBit(from);
        return Math.min(named < 0 ? end : named, version == known[stripe] ? end : nextChanged(stripe, from, end));
    }

    private int nextChanged(int stripe, int from, int end) {
        var changes = table.floats().watch();
        for (int at = from; at < end; ) {
            int wish = wanted.nextSetBit(at);
            if (wish < 0 || wish >= end) {
                return end;
            }
            at = (int) changes.nextRow(wish, end, known[stripe]);
            if (at == wish) {
                return wish;
            }
        }
        return end;
    }

    /** The end of the run that begins with a row to be sent: gaps of wanted rows that cost less than a run's head belong to it. */
    private int runEnd(int stripe, int from, int end) {
        var changes = table.floats().watch();
        int at = from;
        while (true) {
            int named = unsent.nextClearBit(at);
            int changed = version == known[stripe]
                    ? at
                    : (int) Math.min(wanted.nextClearBit(at), changes.endOfRows(at, end, known[stripe]));
            at = Math.min(end, Math.max(named, changed));
            int next = next(stripe, at, end);
            boolean isWorthIt = (long) (next - at) * rowBytes <= RUN_BYTES;
            if (next >= end || !isWorthIt || wanted.nextClearBit(at) < next) { // what nobody wants must not seem fresh
                return at;
            }
            at = next;
        }
    }
}
