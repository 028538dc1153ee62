package orrery.table;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The rows of others that one worker has written to and whose owners have not told of it yet: what is known of them here
 * does not have the worker's own writes, which it must see. Confined to the worker's thread.
 */
final class OwnWrites {
    private final RowFeed feed;
    private final Rows rows;
    private final int worker;
    private final ArrayDeque<OfClock> clocks = new ArrayDeque<>(); // the latest first
    private final ArrayDeque<LongIndex> spare = new ArrayDeque<>();
    private final long[] wholeStripes; // by stripe: the last clock at which more was written than single rows

    private record OfClock(long clock, LongIndex rows) {}

    OwnWrites(RowFeed feed, Rows rows, int worker) {
        this.feed = feed;
        this.rows = rows;
        this.worker = worker;
        wholeStripes = new long[rows.stripes];
        Arrays.fill(wholeStripes, Feed.NEVER);
    }

    /** A row was written to at a clock. */
    void add(long clock, long row) {
        var now = clocks.peek();
        if (now == null || now.clock() != clock) {
            forgetConfirmed();
            var fresh = spare.poll();
            now = new OfClock(clock, fresh == null ? new LongIndex() : fresh);
            clocks.push(now);
        }
        if (now.rows().find(row) < 0) {
            now.rows().put(row, 0);
        }
    }

    /** Perhaps all rows of a stripe were. */
    void addStripe(long clock, int stripe) {
        wholeStripes[stripe] = clock;
    }

    private void forgetConfirmed() {
        long confirmed = feed.confirmed(worker);
        for (@Nullable OfClock last = clocks.peekLast();
                last != null && last.clock() <= confirmed;
                last = clocks.peekLast()) {
            clocks.removeLast();
            last.rows().clear();
            spare.add(last.rows());
        }
    }

    /** Whether the row's owner has not told of a write to it yet. */
    boolean isOnItsWay(long row) {
        int stripe = rows.stripe(row);
        long last = wholeStripes[stripe];
        for (var of : clocks) {
            if (of.clock() <= last) {
                break;
            }
            if (of.rows().find(row) >= 0) {
                last = of.clock();
                break;
            }
        }
        return last != Feed.NEVER && last > feed.confirmed(worker, stripe);
    }
}
