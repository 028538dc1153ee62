package orrery.table.cells;

import orrery.wire.Frame;

/** The rows of one table that live in one node. Written under stripe locks, read without any. */
public sealed interface Shard permits FloatShard, IntShard {
    Rows rows();

    StripeLocks locks();

    /** A stage begins at clock 0: what rules remember of clocks no longer holds. */
    default void beginStage() {}

    /** Keeps account of which rows change, from now on. Only while nobody uses it. */
    void watchRows();

    /** Whether a row may have changed since its stripe was of a version. For a shard that keeps account. */
    boolean hasChanged(long key, int since);

    /** Bytes of values and rule state. */
    long bytes();

    /** Arrays of cells that a stripe has: the values, then what the rule keeps of them. */
    int planes();

    /** Cells of a plane of a dense table's stripe. */
    int cells(int stripe, int plane);

    /** Copies cells of a dense table's stripe to a frame. Only while nobody writes. */
    void put(Frame to, int stripe, int plane, int at, int count);

    /** Takes cells of a dense table's stripe from a frame, in place of its own. The caller holds its lock. */
    void take(Frame from, int stripe, int plane, int at, int count);

    /** A copy of a stripe, whose lock the caller holds. */
    StripeCopy copy(int stripe);

    /** Takes the rows of a stripe in place of its own. The caller holds its lock; a sparse stripe is empty. */
    void install(StripeCopy copy);

    /** Forgets the rows of a sparse stripe. Only while nobody uses them. */
    default void forget(int stripe) {
        if (!rows().isDense) {
            rows().forget(stripe);
        }
    }
}
