package orrery.table.push;

import java.util.Arrays;
import java.util.HashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Cells;
import orrery.table.cells.LongIndex;
import orrery.table.hold.Replica;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.wire.Frame;

/**
 * A feed of a table whose rows of others have no place of their own here: sparse ones, those of counts, and those with a
 * rule that only the owner can apply. A row is asked for when it is first read, and the answer subscribes to it; from then
 * on it is kept here as its owner tells. Whoever has written to a row since the owner has told of it asks again.
 */
public final class RowFeed extends Feed {

    private static final int MOST_KEYS = 1 << 14; // of one wish

    private static final long ABSENT = -1;

    private final Segment[] segments; // by stripe
    private final long mostCells;
    private final int cellsOfRow;
    private final AtomicLong cellsTaken = new AtomicLong();

    /** Rows of a stripe. Guarded by itself. */
    private static final class Segment {
        final LongIndex index = new LongIndex();
        Cells cells;
        long[] stamps = {}; // by row: when what is here came

        Segment(Cells none) {
            cells = none;
        }
    }

    RowFeed(Mail mail, Table table) {
        super(mail, table);
        boolean isGiven = table.mostFedCells() > 0;
        mostCells = isGiven ? table.mostFedCells() : Table.MOST_FED_CELLS;
        cellsOfRow = isGiven ? width : width + Table.CELLS_OF_FED_ROW;
        segments = new Segment[rows.stripes];
        Arrays.setAll(segments, s -> new Segment(table.shard.newCells(0)));
    }

    /** The feed of a table, if it is one of this kind. */
    public static @Nullable RowFeed of(Table table) {
        return table.pushed() instanceof RowFeed feed ? feed : null;
    }

    @Override
    public boolean isInPlace() {
        return false;
    }

    /** Whether a row has a place, or had none and now has. */
    private enum Place {
        TAKEN,
        NEW,
        NONE
    }

    private Place reserve(long row) {
        var segment = segments[rows.stripe(row)];
        synchronized (segment) {
            if (segment.index.find(row) >= 0) {
                return Place.TAKEN;
            }
            if (cellsTaken.addAndGet(cellsOfRow) > mostCells) {
                cellsTaken.addAndGet(-cellsOfRow);
                return Place.NONE;
            }
            int position = segment.index.size();
            if (position == segment.stamps.length) {
                int more = Math.max(16, 2 * position);
                segment.stamps = Arrays.copyOf(segment.stamps, more);
                segment.cells = segment.cells.grown(Math.multiplyExact(more, width));
            }
            segment.stamps[position] = ABSENT;
            segment.index.put(row, position);
            return Place.NEW;
        }
    }

    @Override
    Frame wishForNothing() {
        return wish(new long[0]);
    }

    private Frame wish(long[] keys) {
        var rowsByKey = new Messages.WishForRows(keys);
        var frame = wish(rowsByKey.bytes());
        rowsByKey.write(frame);
        return frame;
    }

    /** Whether there is a place for a row, so that it is to be told of; it is kept for it from now on. */
    public boolean takes(long row) {
        return reserve(row) != Place.NONE;
    }

    /** Waits until all that is here is as fresh as {@code need}. */
    public synchronized void await(Replica.Need need, long end) {
        awaitFresh(need, end);
    }

    @Override
    public void want(long[] keys, int from, int to, long limitNanos) {
        var wishes = new HashMap<Integer, LongStream.Builder>(); // by owner
        for (int k = from; k < to; k++) {
            int block = rows.block(keys[k]);
            if (!table.owns(block) && reserve(keys[k]) == Place.NEW) {
                wishes.computeIfAbsent(table.owner(block), m -> LongStream.builder())
                        .add(keys[k]);
            }
        }
        wishes.forEach((member, theirs) -> {
            long[] all = theirs.build().toArray();
            for (int at = 0; at < all.length; at += MOST_KEYS) {
                int count = Math.min(MOST_KEYS, all.length - at);
                mail.send(member, wish(Arrays.copyOfRange(all, at, at + count)), limitNanos);
            }
        });
    }

    /** Whether a row has a place here, though perhaps it has not come yet. */
    public boolean holds(long row) {
        return segments[rows.stripe(row)].index.find(row) >= 0; // which needs no lock
    }

    /** Copies a row to {@code into} if it is here. */
    public boolean find(long row, Cells into, int at) {
        var segment = segments[rows.stripe(row)];
        synchronized (segment) {
            int position = segment.index.find(row);
            if (position < 0 || segment.stamps[position] == ABSENT) {
                return false;
            }
            segment.cells.copyTo(into, position * width, at, width);
            return true;
        }
    }

    /** Keeps a row that has a place and that an owner has told, unless what is here came later. */
    public void put(long row, long stamp, Cells values, int at) {
        var segment = segments[rows.stripe(row)];
        synchronized (segment) {
            int position = segment.index.find(row);
            if (position < 0 || segment.stamps[position] > stamp) {
                return;
            }
            segment.stamps[position] = stamp;
            values.copyTo(segment.cells, at, position * width, width);
        }
    }

    @Override
    void take(Frame frame, int from, long[] completed, long stamp) {
        var taken = table.shard.newCells(width);
        while (frame.remaining() > 0) {
            long row = frame.getLong();
            rows.check(row);
            checkOwner(rows.block(row), from, "row " + row);
            taken.unpack(frame, 0, width);
            put(row, stamp, taken, 0);
        }
    }

    /** A row that one frame of a round tells of is as old as the round's begin. */
    @Override
    boolean appliesAtOnce() {
        return false;
    }
}
