package orrery.table;

import java.util.BitSet;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.Peer;

/**
 * The rows of a dense table that one member wants to have whenever they have changed. It gets them in rounds, one when the
 * least clock has moved: first what it has named since the last round, then what has changed since. A round is complete
 * with its last frame; all of it is at least as fresh as the age that it began with (Wei et al., "Managed Communication
 * and Consistency for Fast Data-Parallel Iterative Analytics", SoCC 2015).
 */
final class Subscription extends Answer {
    private static final int LEAST_BYTES = 4096;
    private static final int RUN_BYTES = 2 * Integer.BYTES;
    private static final long NEVER = Long.MIN_VALUE;

    private final Cluster cluster;
    private final Table table;
    private final long token; // by which the member knows it
    private final BitSet wanted = new BitSet();
    private final BitSet unsent = new BitSet(); // wanted, but not sent yet
    private final int[] known; // by stripe: the version that was sent
    private long sentAge = NEVER;
    private boolean hasNews = true;
    private int hint = LEAST_BYTES;

    // The round under way
    private boolean isUnderWay;
    private long age;
    private int stripe;
    private int version;
    private long row; // of the stripe, from which on there is something left
    private int bytes;

    boolean isQueued; // waits for credit
    boolean isDue; // again, when it has gone

    Subscription(Cluster cluster, Peer to, Table table, long token) {
        super(to);
        this.cluster = cluster;
        this.table = table;
        this.token = token;
        var rows = table.shard.rows();
        known = new int[rows.stripes];
        for (int s = 0; s < known.length; s++) {
            known[s] = table.shard.locks().version(s);
        }
    }

    long token() {
        return token;
    }

    /** Adds runs of slots: (first, count) each. */
    void want(int[] runs) {
        var rows = table.shard.rows();
        for (int r = 0; r < runs.length; r += 2) {
            int from = runs[r];
            int to = from + runs[r + 1];
            if (from < 0 || to <= from || to > rows.slots()) {
                throw new IndexOutOfBoundsException("table '" + table.name() + "' has slots 0 to " + (rows.slots() - 1)
                        + ", not " + runs[r + 1] + " from " + from + " on");
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
        hasNews = true;
    }

    /** Whether there is something to tell: the least clock has moved, or rows have been named. */
    boolean hasNews() {
        return hasNews || table.clocks.age() > sentAge;
    }

    @Override
    Frame next() {
        if (!isUnderWay) {
            isUnderWay = true;
            hasNews = false;
            age = table.clocks.age(); // before versions, and those before values
            bytes = 0;
            begin(0);
        }
        var completed = table.clocks.completed();
        int head = Long.BYTES + Integer.BYTES + completed.length * Long.BYTES;
        int least = RUN_BYTES + table.spec().width() * Float.BYTES; // or no row would ever fit
        var frame = cluster.frame(
                        Messages.PUSHED,
                        Lane.PROMPT,
                        Math.clamp(head + (long) Math.max(hint, least), LEAST_BYTES, Frame.MOST_PAYLOAD_BYTES))
                .table(table.number())
                .request(token)
                .putLong(age)
                .putInt(completed.length)
                .putLongs(completed, 0, completed.length);
        boolean isMore = fill(frame);
        bytes += frame.bytes();
        if (!isMore) {
            isUnderWay = false;
            sentAge = age;
            hint = bytes + bytes / 4;
            frame.flags(Messages.LAST);
        }
        return frame;
    }

    private void begin(int next) {
        stripe = next;
        if (next < known.length) {
            row = table.shard.rows().stripeStart(next);
            version = table.shard.locks().version(next);
        }
    }

    /** Puts runs of rows. Returns whether there are more. */
    private boolean fill(Frame frame) {
        var shard = table.floats();
        var rows = shard.rows();
        int rowBytes = table.spec().width() * Float.BYTES;
        while (stripe < known.length) {
            int end = (int) rows.stripeStart(stripe + 1);
            int from = table.owns(stripe) ? next((int) row, end) : end;
            if (from >= end) {
                known[stripe] = version;
                begin(stripe + 1);
                continue;
            }
            int room = (frame.room() - RUN_BYTES) / rowBytes;
            if (room < 1) {
                row = from;
                return true;
            }
            int to = Math.min(runEnd(from, end, rowBytes), from + room);
            frame.putInt(from).putInt(to - from);
            shard.putCells(from, 0, (to - from) * table.spec().width(), frame);
            unsent.clear(from, to);
            row = to;
        }
        return false;
    }

    /** The first row to be sent, or {@code end}. */
    private int next(int from, int end) {
        int named = unsent.nextSetBit(from);
        return Math.min(named < 0 ? end : named, version == known[stripe] ? end : nextChanged(from, end));
    }

    private int nextChanged(int from, int end) {
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
    private int runEnd(int from, int end, int rowBytes) {
        var changes = table.floats().watch();
        int at = from;
        while (true) {
            int named = unsent.nextClearBit(at);
            int changed = version == known[stripe]
                    ? at
                    : (int) Math.min(wanted.nextClearBit(at), changes.endOfRows(at, end, known[stripe]));
            at = Math.min(end, Math.max(named, changed));
            int next = next(at, end);
            boolean isWorthIt = (long) (next - at) * rowBytes <= RUN_BYTES;
            if (next >= end || !isWorthIt || wanted.nextClearBit(at) < next) { // what nobody wants must not seem fresh
                return at;
            }
            at = next;
        }
    }

    @Override
    public String toString() {
        return "subscription of " + to + " to '" + table.name() + "'";
    }
}
