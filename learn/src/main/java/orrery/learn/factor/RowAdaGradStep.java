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
    private final Table itemTable;
    private final int rank;
    private final int width; // of a row in a table
    private final int stride; // of a row here
    private final long[] userKeys;
    private final float[] known; // users' rows as in the table
    private final float[] users; // as learned so far
    private final float[] before; // the tile's items, as in the table; then their change
    private final float[] items; // as learned so far
    private boolean hasUsers;

    RowAdaGradStep(
            Tiles tiles, FactorOptions options, Division division, Worker worker, Table userTable, Table itemTable) {
        this.tiles = tiles;
        this.options = options;
        this.division = division;
        this.worker = worker;
        this.userTable = userTable;
        this.itemTable = itemTable;
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
        int tile = (int) ((clock + (long) worker.index() * count / worker.count()) % count);
        int from = tiles.starts[tile];
        int to = tiles.starts[tile + 1];
        long[] keys = tiles.items[tile];
        session.gather(itemTable, keys, 0, keys.length, before, 0);
        takeUp(before, items, keys.length);
        int pass = (int) (clock / count);
        float rate = (float) (options.rate() * Math.pow(options.decay(), pass));
        double squares = descent.descend(
                tiles, from, to, division.mean(), 1 / division.deviation(), rate, options.l2(), rank, users, items);
        less(items, before, keys.length);
        session.add(itemTable, keys, 0, keys.length, before, 0);
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

    /** By how much rows have changed from what {@code flat} has, which takes the change. */
    private void less(float[] rows, float[] flat, int count) {
        int tail = RowAdaGrad.padded(rank);
        for (int r = 0; r < count; r++) {
            int at = r * width;
            int row = r * stride;
            for (int c = 0; c < rank; c++) {
                flat[at + c] = rows[row + c] - flat[at + c];
            }
            flat[at + rank] = rows[row + tail + RowAdaGrad.BIAS] - flat[at + rank];
            flat[at + rank + 1] = rows[row + tail + RowAdaGrad.HISTORY] - flat[at + rank + 1];
        }
    }

    /** Adds to the users' table what they have learned, and goes on with what it will have, to the last bit. */
    private void publish(Session session) {
        var learned = known.clone();
        less(users, learned, userKeys.length);
        session.add(userTable, userKeys, learned);
        for (int i = 0; i < known.length; i++) {
            known[i] += learned[i];
        }
        takeUp(known, users, userKeys.length);
    }
}
