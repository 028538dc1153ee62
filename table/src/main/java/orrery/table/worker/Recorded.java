package orrery.table.worker;

import orrery.table.cells.IntShard;

/** The way of updates in a virtual iteration: none. Which rows they are of, the {@link Writer} has written down. */
final class Recorded extends WritePath {
    Recorded(Port port) {
        super(port);
    }

    @Override
    void add(long[] keys, int from, int to, float[] values, int at) {}

    @Override
    void addCounts(IntShard shard, long[] keys, int[] values) {}

    @Override
    void flush() {
        var merged = merged();
        if (merged != null) {
            merged.clear();
        }
    }
}
