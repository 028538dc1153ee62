package orrery.table.push;

import java.util.Arrays;
import orrery.table.cells.LongIndex;
import orrery.table.cells.Rows;

/**
 * The rows of others that one worker has written to and whose owners have not told of it yet: what is known of them here
 * does not have the worker's own writes, which it must see. Confined to the worker's thread.
 */
public final class OwnWrites {
    private static final int LEAST_ROWS = 1 << 10;

    private final RowFeed feed;
    private final Rows rows;
    private final int worker;
    private final long[] blocks; // by block: the last clock at which more was written than single rows
    private LongIndex index = new LongIndex();
    private long[] keys = new long[LEAST_ROWS];
    private long[] written = new long[LEAST_ROWS]; // by row: the last clock at which it was
    private long[] seen = new long[LEAST_ROWS]; // by row: up to which clock what is here has the worker's writes

    public OwnWrites(RowFeed feed, Rows rows, int worker) {
        this.feed = feed;
        this.rows = rows;
        this.worker = worker;
        blocks = new long[rows.blocks];
        Arrays.fill(blocks, Feed.NEVER);
    }

    /** A row was written to at a clock. */
    public void add(long clock, long row) {
        written[position(row)] = clock;
    }

    /** Perhaps all rows of blocks were. */
    public void addBlocks(long clock, int from, int to) {
        Arrays.fill(blocks, from, to, clock);
    }

    /** The owner has answered with a row that has all writes up to a clock, and tells of later ones. */
    public void answered(long row, long clock) {
        seen[position(row)] = clock;
    }

    private int position(long row) {
        int position = index.find(row);
        if (position < 0) {
            if (index.size() == keys.length) {
                makeRoom();
            }
            position = index.size();
            keys[position] = row;
            written[position] = Feed.NEVER;
            seen[position] = Feed.NEVER;
            index.put(row, position);
        }
        return position;
    }

    /** Forgets what owners have told of; grows if that is not much. */
    private void makeRoom() {
        var old = keys;
        var wasWritten = written;
        var wasSeen = seen;
        int count = index.size();
        var isKept = new boolean[count];
        int kept = 0;
        for (int i = 0; i < count; i++) {
            isKept[i] = isOnItsWay(old[i]);
            kept += isKept[i] ? 1 : 0;
        }
        int room = kept > count / 2 ? 2 * count : count;
        index = new LongIndex();
        keys = new long[room];
        written = new long[room];
        seen = new long[room];
        for (int i = 0; i < count; i++) {
            if (isKept[i]) {
                int to = position(old[i]);
                written[to] = wasWritten[i];
                seen[to] = wasSeen[i];
            }
        }
    }

    /** Whether the row's owner has not told of a write to it yet. */
    public boolean isOnItsWay(long row) {
        int block = rows.block(row);
        long last = blocks[block];
        long known = Feed.NEVER;
        int position = index.find(row);
        if (position >= 0) {
            last = Math.max(last, written[position]);
            known = seen[position];
        }
        return last > known && last > feed.confirmed(worker, block);
    }
}
