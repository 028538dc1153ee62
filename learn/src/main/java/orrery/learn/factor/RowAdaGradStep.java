package orrery.learn.factor;

import java.util.Arrays;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * One worker's clock by {@link RowAdaGrad}: the ratings of its users for the items of one tile. A row of a table is the
 * factors, the bias and the history. Users' rows are the worker's own between the ends of passes, where they go to their
 * table.
 */
final class RowAdaGradStep implements Step {
    private final Tiles tiles;
    private final FactorOptions options;
    private final RowAdaGrad descent = RowAdaGrad.best();
    private final Division division;
    private final Worker worker;
    private final Table userTable;
    private final TileItems tileItems;
    private final int rank;
    private final int width; // of a row in a table
    private final int stride; // of a row here
    private final long[] userKeys;
    private final float[] known; // users' rows as in the table
    private final float[] users; // as learned so far
    private final float[] before; // the tile's items, as in the table
    private final float[] learnedItems; // the same, as learned
    private final float[] items; // as learned so far
    private boolean hasUsers;

    RowAdaGradStep(
            Tiles tiles,
            FactorOptions options,
            Division division,
            Worker worker,
            Table userTable,
            TileItems tileItems) {
        this.tiles = tiles;
        this.options = options;
        this.division = division;
        this.worker = worker;
        this.userTable = userTable;
        this.tileItems = tileItems;
        rank = options.rank();
        width = options.width();
        stride = RowAdaGrad.stride(rank);
        userKeys = new long[tiles.lastUser - tiles.firstUser];
        Arrays.setAll(userKeys, u -> (long) tiles.firstUser + u);
        known = new float[Math.multiplyExact(userKeys.length, width)];
        users = new float[Math.multiplyExact(userKeys.length, stride)];
        int most =
                Arrays.stream(tiles.items).mapToInt(keys -> keys.length).max().orElse(0);
        before = new float[Math.multiplyExact(most, width)];
        learnedItems = new float[before.length];
        items = new float[Math.multiplyExact(most, stride)];
    }

    @Override
    public void run(Session session, long clock) {
        if (!hasUsers) {
            session.gather(userTable, userKeys, known);
            takeUp(known, users, userKeys.length);
            hasUsers = true;
        }
        int count = tiles.count();
        int tile = tileItems.take(session, clock, before);
        int from = tiles.starts[tile];
        int to = tiles.starts[tile + 1];
        int itemsOfTile = tiles.items[tile].length;
        takeUp(before, items, itemsOfTile);
        int pass = (int) (clock / count);
        float rate = (float) (options.rate() * Math.pow(options.decay(), pass));
        double squares = descent.descend(
                tiles, from, to, division.mean(), 1 / division.deviation(), rate, options.l2(), rank, users, items);
        layDown(items, learnedItems, itemsOfTile);
        tileItems.put(session, before, learnedItems);
        double deviation = division.deviation();
        worker.tally("train.mse").add(squares * deviation * deviation, to - from);
        worker.processed(to - from);
        if ((clock + 1) % count == 0) {
            publish(session);
        }
    }

    /** Rows as they are worked on, with their norms. */
    private void takeUp(float[] flat, float[] rows, int count) {
        int tail = RowAdaGrad.padded(rank);
        for (int r = 0; r < count; r++) {
            System.arraycopy(flat, r * width, rows, r * stride, rank);
            rows[r * stride + tail + RowAdaGrad.BIAS] = flat[r * width + rank];
            rows[r * stride + tail + RowAdaGrad.HISTORY] = flat[r * width + rank + 1];
        }
        RowAdaGrad.measure(rows, count, rank);
    }

    /** Rows as a table has them. */
    private void layDown(float[] rows, float[] flat, int count) {
        int tail = RowAdaGrad.padded(rank);
        for (int r = 0; r < count; r++) {
            System.arraycopy(rows, r * stride, flat, r * width, rank);
            flat[r * width + rank] = rows[r * stride + tail + RowAdaGrad.BIAS];
            flat[r * width + rank + 1] = rows[r * stride + tail + RowAdaGrad.HISTORY];
        }
    }

    /** Adds to the users' table what they have learned, and goes on with what it will have, to the last bit. */
    private void publish(Session session) {
        var learned = new float[known.length];
        layDown(users, learned, userKeys.length);
        for (int i = 0; i < known.length; i++) {
            learned[i] -= known[i];
        }
        session.add(userTable, userKeys, learned);
        for (int i = 0; i < known.length; i++) {
            known[i] += learned[i];
        }
        takeUp(known, users, userKeys.length);
    }
}
