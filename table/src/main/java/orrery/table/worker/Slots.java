package orrery.table.worker;

import java.util.BitSet;
import orrery.table.hold.Table;

/**
 * Rows of a dense table that a worker reads clock after clock, resolved once: where each of them lies. The kernels of a
 * {@link View} of them take places, not rows. Immutable.
 */
public final class Slots {
    private final Table table;
    private final long[] keys;
    private final int[] places;
    private final BitSet blocks = new BitSet();

    Slots(Table table, long[] keys) {
        var rows = table.floats().rows();
        if (!rows.isDense) {
            throw new IllegalArgumentException(
                    "table '" + table.name() + "' is sparse, and its rows have no lasting place; gather its keys");
        }
        rows.stripesOf(keys, 0, keys.length); // which checks them
        this.table = table;
        this.keys = keys.clone();
        places = new int[keys.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = Math.toIntExact(rows.slot(keys[i]));
            blocks.set(rows.blockOfSlot(places[i]));
        }
    }

    public Table table() {
        return table;
    }

    public int size() {
        return places.length;
    }

    /** The place of the {@code i}th row. */
    public int place(int i) {
        return places[i];
    }

    long[] keys() {
        return keys;
    }

    /** Which blocks have one of the rows. */
    BitSet blocks() {
        return blocks;
    }
}
