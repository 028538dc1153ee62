package orrery.learn.factor;

import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Ring;
import orrery.table.worker.Session;

/** How a worker comes by the items of a tile at a clock, and what becomes of what it has learned of them. */
sealed interface TileItems {
    /** Copies the rows of the clock's tile to {@code rows}, one after another. Returns which tile it is. */
    int take(Session session, long clock, float[] rows);

    /**
     * Gives back the rows of the tile that was taken.
     *
     * @param before as they were taken; used up
     * @param learned as they are now
     */
    void put(Session session, float[] before, float[] learned);

    /** Adds to the rows of the tile that was taken, by the table's rule. */
    void add(Session session, float[] changes);

    /** Tiles in turn, each worker at another; rows are read by key, and what has changed of them is added. */
    final class ByKey implements TileItems {
        private final Tiles tiles;
        private final Worker worker;
        private final Table table;
        private final int width;
        private long[] keys = {};

        ByKey(Tiles tiles, Worker worker, Table table, int width) {
            this.tiles = tiles;
            this.worker = worker;
            this.table = table;
            this.width = width;
        }

        @Override
        public int take(Session session, long clock, float[] rows) {
            int count = tiles.count();
            int tile = (int) ((clock + (long) worker.index() * count / worker.count()) % count);
            keys = tiles.items[tile];
            session.gather(table, keys, 0, keys.length, rows, 0);
            return tile;
        }

        @Override
        public void put(Session session, float[] before, float[] learned) {
            for (int i = 0; i < keys.length * width; i++) {
                before[i] = learned[i] - before[i];
            }
            add(session, before);
        }

        @Override
        public void add(Session session, float[] changes) {
            session.add(table, keys, 0, keys.length, changes, 0);
        }
    }

    /** A tile is a block, which is this worker's alone until it passes it on: nothing that others learn is missed or overwritten. */
    final class Rotating implements TileItems {
        private final Ring ring;
        private final Tiles tiles;
        private final int width;
        private int cells;

        Rotating(Tiles tiles, Worker worker, Table table, int width) {
            ring = worker.session().ring(table);
            this.tiles = tiles;
            this.width = width;
        }

        @Override
        public int take(Session session, long clock, float[] rows) {
            int tile = ring.take();
            cells = tiles.items[tile].length * width;
            System.arraycopy(ring.floats(), ring.at(), rows, 0, cells);
            return tile;
        }

        @Override
        public void put(Session session, float[] before, float[] learned) {
            System.arraycopy(learned, 0, ring.floats(), ring.at(), cells);
            ring.pass();
        }

        @Override
        public void add(Session session, float[] changes) {
            throw new IllegalStateException("rows that rotate have no rule");
        }
    }
}
