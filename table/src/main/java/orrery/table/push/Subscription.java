package orrery.table.push;

import orrery.table.cells.Rows;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.Peer;

/**
 * The rows of a table that one member wants to have whenever they have changed. It gets them in rounds, one when the
 * least clock has moved: first what it has named since the last round, then what has changed since. A round is complete
 * with its last frame; all of it is at least as fresh as the age that it began with (Wei et al., "Managed Communication
 * and Consistency for Fast Data-Parallel Iterative Analytics", SoCC 2015).
 */
public abstract sealed class Subscription extends Answer permits SlotSubscription, RowSubscription {
    private static final int LEAST_BYTES = 4096;
    private static final long NEVER = Long.MIN_VALUE;

    private final Mail mail;
    final Table table;
    final Rows rows;
    private final long token; // by which the member knows it
    final int[] known; // by block: the version that was sent
    private long sentAge = NEVER;
    private boolean hasNews = true;
    private int hint = LEAST_BYTES;

    // The round under way
    private boolean isUnderWay;
    private long age;
    private long[] completed = {};
    private int block;
    private int version;
    private int bytes;

    public boolean isQueued; // waits for credit
    public boolean isDue; // again, when it has gone

    Subscription(Mail mail, Peer to, Table table, long token) {
        super(to);
        this.mail = mail;
        this.table = table;
        this.token = token;
        rows = table.shard.rows();
        known = new int[rows.blocks];
        for (int b = 0; b < known.length; b++) {
            known[b] = table.shard.locks().version(rows.stripeOfBlock(b));
        }
    }

    public static Subscription of(Mail mail, Peer to, Table table, long token) {
        return table.pushed() instanceof RowFeed
                ? new RowSubscription(mail, to, table, token)
                : new SlotSubscription(mail, to, table, token);
    }

    public final long token() {
        return token;
    }

    /** Takes in a wish. */
    public final void wanted(Frame wish) {
        want(wish);
        hasNews = true;
    }

    abstract void want(Frame wish);

    /** Whether there is something to tell: the least clock has moved, or rows have been named. */
    public final boolean hasNews() {
        return hasNews || table.clocks.age() > sentAge;
    }

    @Override
    public final Frame next() {
        boolean isFirst = !isUnderWay;
        if (isFirst) {
            isUnderWay = true;
            hasNews = false;
            age = table.clocks.age(); // before versions, and those before values
            bytes = 0;
            begin(0);
        }
        if (isFirst || appliesAtOnce()) {
            completed = table.clocks.completed();
        }
        var round = new Messages.Round(age, completed);
        int least = leastBytes(); // or no row would ever fit
        var frame = mail.frame(
                        Messages.Round.TYPE,
                        Lane.PROMPT,
                        Math.clamp(round.bytes() + (long) Math.max(hint, least), LEAST_BYTES, Frame.MOST_PAYLOAD_BYTES))
                .table(table.number())
                .request(token);
        round.write(frame);
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
        block = next;
        if (next < known.length) {
            version = table.shard.locks().version(rows.stripeOfBlock(next));
            begin(next, version);
        }
    }

    /** Puts rows, block by block. Returns whether there are more. */
    private boolean fill(Frame frame) {
        while (block < known.length) {
            if (table.owns(block) && fill(block, version, frame)) {
                return true;
            }
            known[block] = version;
            begin(block + 1);
        }
        return false;
    }

    /** Bytes that the least thing to tell takes. */
    abstract int leastBytes();

    /** Whether each frame says what has been applied by then; else all of a round say what had been when it began. */
    abstract boolean appliesAtOnce();

    /** Begins with a block. */
    abstract void begin(int ofBlock, int ofVersion);

    /** Puts what has changed of a block since what is {@link #known}. Returns whether there is more of it. */
    abstract boolean fill(int ofBlock, int ofVersion, Frame frame);

    @Override
    public final String toString() {
        return "subscription of " + to + " to '" + table.name() + "'";
    }
}
