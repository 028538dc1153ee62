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
    private int row; // of the block under way, from which on there is something left
    private int version; // of the block

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
            for (int b = rows.blockOfSlot(from); b <= rows.blockOfSlot(to - 1); b++) {
                if (!table.owns(b)) {
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
    void begin(int ofBlock, int ofVersion) {
        row = (int) rows.blockStart(ofBlock);
        version = ofVersion;
    }

    @Override
    boolean fill(int ofBlock, int ofVersion, Frame frame) {
        int end = (int) rows.blockStart(ofBlock + 1);
        for (int from = next(ofBlock, row, end); from < end; from = next(ofBlock, row, end)) {
            int room = (frame.room() - RUN_BYTES) / rowBytes;
            if (room < 1) {
                row = from;
                return true;
            }
            int to = Math.min(runEnd(ofBlock, from, end), from + room);
            new Messages.SlotRun(from, to - from).write(frame);
            table.floats().putCells(from, 0, (to - from) * table.spec().width(), frame);
            unsent.clear(from, to);
            row = to;
        }
        return false;
    }

    /** The first row to be sent, or {@code end}. */
    private int next(int block, int from, int end) {
        int named = unsent.nextSetBit(from);
        return Math.min(named < 0 ? end : named, version == known[block] ? end : nextChanged(block, from, end));
    }

    private int nextChanged(int block, int from, int end) {
        var changes = table.floats().watch();
        for (int at = from; at < end; ) {
            int wish = wanted.nextSetBit(at);
            if (wish < 0 || wish >= end) {
                return end;
            }
            at = (int) changes.nextRow(wish, end, known[block]);
            if (at == wish) {
                return wish;
            }
        }
        return end;
    }

    /** The end of the run that begins with a row to be sent: gaps of wanted rows that cost less than a run's head belong to it. */
    private int runEnd(int block, int from, int end) {
        var changes = table.floats().watch();
        int at = from;
        while (true) {
            int named = unsent.nextClearBit(at);
            int changed = version == known[block]
                    ? at
                    : (int) Math.min(wanted.nextClearBit(at), changes.endOfRows(at, end, known[block]));
            at = Math.min(end, Math.max(named, changed));
            int next = next(block, at, end);
            boolean isWorthIt = (long) (next - at) * rowBytes <= RUN_BYTES;
            if (next >= end || !isWorthIt || wanted.nextClearBit(at) < next) { // what nobody wants must not seem fresh
                return at;
            }
            at = next;
        }
    }
}
