package orrery.learn.topic;

import java.util.List;
import orrery.table.cells.CountRows;
import orrery.table.worker.Ring;

/** Blocks go from worker to worker: what is taken is nobody else's until it is passed on, and exact. */
record RotatingCounts(Ring ring, CountRows.Structure structure) implements WordCounts {
    @Override
    public int blocks() {
        return ring.blocks();
    }

    @Override
    public int take() {
        int block = ring.take();
        ring.counts().use(structure);
        return block;
    }

    @Override
    public CountRows counts() {
        return ring.counts();
    }

    @Override
    public void pass() {
        ring.pass();
    }

    @Override
    public List<Integer> measured() {
        return ring.home();
    }

    @Override
    public CountRows atCut(int block) {
        return ring.countsAtHome(block);
    }

    @Override
    public long loaded() {
        return ring.loaded();
    }
}
