package orrery.table;

/** A table of a node: what {@link Node#create} returns and every read and add names. Safe for use by many threads. */
public final class Table {
    private final TableSpec spec;
    final int id; // position in Node's and Session's arrays
    final Shard shard;
    final Clocks clocks;

    Table(TableSpec spec, int id, Shard shard, Clocks clocks) {
        this.spec = spec;
        this.id = id;
        this.shard = shard;
        this.clocks = clocks;
    }

    public TableSpec spec() {
        return spec;
    }

    public String name() {
        return spec.name();
    }

    /** Rows that have memory: all of a dense table, those written so far of a sparse one. */
    public long residentRows() {
        return shard.rows().resident();
    }

    /** Bytes of values and rule state. */
    public long bytes() {
        return shard.bytes();
    }

    FloatShard floats() {
        if (shard instanceof FloatShard floats) {
            return floats;
        }
        throw new IllegalArgumentException("table '" + name() + "' holds ints; use an int[]");
    }

    IntShard ints() {
        if (shard instanceof IntShard ints) {
            return ints;
        }
        throw new IllegalArgumentException("table '" + name() + "' holds floats; use a float[]");
    }

    @Override
    public String toString() {
        return name();
    }
}
