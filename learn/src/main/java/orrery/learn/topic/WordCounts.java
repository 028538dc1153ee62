package orrery.learn.topic;

import java.util.List;
import orrery.table.cells.CountRows;

/**
 * Where a worker has the counts of a block of words from, and where its changes go. A lap takes and passes on each block once. Confined to
 * the worker's thread.
 */
interface WordCounts {
    /** How many blocks a lap has. */
    int blocks();

    /** Waits for the next block. Returns its number. */
    int take();

    /** The counts of the block that it has taken, to be read and changed. */
    CountRows counts();

    /** Has done with the block. */
    void pass();

    /** Blocks that this worker measures at a cut; each is one worker's. */
    List<Integer> measured();

    /** The counts of a block as all workers have left it; at a cut. */
    CountRows atCut(int block);

    /** How many blocks have come back from files so far. */
    default long loaded() {
        return 0;
    }
}
