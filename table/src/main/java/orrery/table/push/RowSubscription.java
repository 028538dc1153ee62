package orrery.table.push;

import java.util.Arrays;
import java.util.BitSet;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntShard;
import orrery.table.cells.LongIndex;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.spec.TableSpec;
import orrery.wire.Frame;
import orrery.wire.Peer;

/** Of any table: single rows, each with its key. The other end of a {@link RowFeed}. */
public final class RowSubscription extends Subscription {
    private static final int MOST_ROWS = 1 << 26;

    private final Wanted[] wanted; // by stripe
    private final float[] floats;
    private final int[] ints;
    private int size;
    private int at; // of the stripe under way, the position from which on there is something left
    private int end; // the position where the rows end that were wanted when the stripe was begun

    /** Rows of a stripe, in the order in which they were named. */
    private static final class Wanted {
        final LongIndex index = new LongIndex();
        long[] keys = {};
        final BitSet unsent = new BitSet();
    }

    RowSubscription(Mail mail, Peer to, Table table, long token) {
        super(mail, to, table, token);
        wanted = new Wanted[rows.stripes];
        Arrays.setAll(wanted, s -> new Wanted());
        boolean isInt = table.spec().type() == TableSpec.Type.INT;
        floats = new float[isInt ? 0 : table.spec().width()];
        ints = new int[isInt ? table.spec().width() : 0];
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
                wanted[rows.stripe(key)].unsent.set(position);
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

    /** The row's position in its stripe; -1 if there is no room for more. */
    private int add(long key) {
        var ofStripe = wanted[rows.stripe(key)];
        int position = ofStripe.index.find(key);
        if (position < 0) {
            if (size == MOST_ROWS) {
                return -1;
            }
            size++;
            position = ofStripe.index.size();
            if (position == ofStripe.keys.length) {
                ofStripe.keys = Arrays.copyOf(ofStripe.keys, Math.max(16, 2 * position));
            }
            ofStripe.keys[position] = key;
            ofStripe.index.put(key, position);
        }
        return position;
    }

    @Override
    int leastBytes() {
        return Long.BYTES + table.spec().width() * Float.BYTES;
    }

    /** A row that was told early in a round may lack what was applied since. */
    @Override
    boolean appliesAtOnce() {
        return false;
    }

    @Override
    void begin(int ofStripe, int ofVersion) {
        at = 0;
        end = wanted[ofStripe].index.size();
    }

    @Override
    boolean fill(int ofStripe, int ofVersion, Frame frame) {
        var mine = wanted[ofStripe];
        if (ofVersion == known[ofStripe] && mine.unsent.isEmpty()) {
            return false;
        }
        for (; at < end; at++) {
            long key = mine.keys[at];
            if (mine.unsent.get(at) || table.shard.hasChanged(key, known[ofStripe])) {
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
        switch (table.shard) {
            case FloatShard shard -> {
                shard.read(key, floats, 0);
                frame.putFloats(floats, 0, floats.length);
            }
            case IntShard shard -> {
                shard.gather(new long[] {key}, 0, 1, ints, 0);
                frame.putInts(ints, 0, ints.length);
            }
        }
    }
}
