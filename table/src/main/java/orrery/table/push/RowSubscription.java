package orrery.table.push;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Cells;
import orrery.table.cells.LongIndex;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.wire.Frame;
import orrery.wire.Peer;

/** Of any table: single rows, each with its key. The other end of a {@link RowFeed}. */
public final class RowSubscription extends Subscription {
    private static final int MOST_ROWS = 1 << 26;

    private final @Nullable Wanted[] wanted; // by block
    private final Cells row;
    private int size;
    private int at; // of the block under way, the position from which on there is something left
    private int end; // the position where the rows end that were wanted when the block was begun

    /** Rows of a block, in the order in which they were named. */
    private static final class Wanted {
        final LongIndex index = new LongIndex();
        long[] keys = {};
        final BitSet unsent = new BitSet();
    }

    RowSubscription(Mail mail, Peer to, Table table, long token) {
        super(mail, to, table, token);
        wanted = new Wanted[rows.blocks];
        row = table.shard.newCells(table.spec().width());
    }

    /** Keys, whose rows are told with the next round. */
    @Override
    void want(Frame wish) {
        for (long key : Messages.WishForRows.read(wish).keys()) {
            rows.check(key);
            if (!table.ownsRow(key)) {
                throw new IllegalArgumentException("row " + key + " of table '" + table.name() + "' is not owned here");
            }
            int position = add(key);
            if (position >= 0) { // else it will ask
                wanted(key).unsent.set(position);
            }
        }
    }

    /** Rows that are being told otherwise: from now on whenever they have changed. Returns whether there is room for all. */
    public boolean answered(long[] keys) {
        boolean isRoom = true;
        for (long key : keys) {
            isRoom &= add(key) >= 0;
        }
        return isRoom;
    }

    /** What is wanted of a row's block. */
    private Wanted wanted(long key) {
        int block = rows.block(key);
        var here = wanted[block];
        if (here == null) {
            here = new Wanted();
            wanted[block] = here;
        }
        return here;
    }

    /** The row's position in its block; -1 if there is no room for more. */
    private int add(long key) {
        var ofBlock = wanted(key);
        int position = ofBlock.index.find(key);
        if (position < 0) {
            if (size == MOST_ROWS) {
                return -1;
            }
            size++;
            position = ofBlock.index.size();
            if (position == ofBlock.keys.length) {
                ofBlock.keys = Arrays.copyOf(ofBlock.keys, Math.max(16, 2 * position));
            }
            ofBlock.keys[position] = key;
            ofBlock.index.put(key, position);
        }
        return position;
    }

    @Override
    int leastBytes() {
        return Long.BYTES + row.mostPacked(row.length());
    }

    /** A row that was told early in a round may lack what was applied since. */
    @Override
    boolean appliesAtOnce() {
        return false;
    }

    @Override
    void begin(int ofBlock, int ofVersion) {
        at = 0;
        var here = wanted[ofBlock];
        end = here == null ? 0 : here.index.size();
    }

    @Override
    boolean fill(int ofBlock, int ofVersion, Frame frame) {
        var mine = wanted[ofBlock];
        if (mine == null) {
            return false;
        }
        if (ofVersion == known[ofBlock] && mine.unsent.isEmpty()) {
            return false;
        }
        for (; at < end; at++) {
            long key = mine.keys[at];
            if (mine.unsent.get(at) || table.shard.hasChanged(key, known[ofBlock])) {
                if (frame.room() < leastBytes()) {
                    return true;
                }
                put(key, frame.putLong(key));
                mine.unsent.clear(at);
            }
        }
        return false;
    }

    private void put(long key, Frame frame) {
        table.shard.gather(new long[] {key}, 0, 1, row, 0);
        row.pack(frame, 0, row.length());
    }
}
