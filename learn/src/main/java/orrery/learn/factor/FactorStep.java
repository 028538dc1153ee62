package orrery.learn.factor;

import java.util.Arrays;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * One worker's clock: the ratings of its users for the items of one tile. Users' rows are the worker's own between the
 * ends of passes, where they go to their table.
 */
final class FactorStep implements Step {
    private final Tiles tiles;
    private final FactorOptions options;
    private final Descent descent = new Descent(RowMath.best());
    private final float mean;
    private final Worker worker;
    private final Table userTable;
    private final TileItems tileItems;
    private final int rank;
    private final int width;
    private final long[] userKeys;
    private final float[][] users; // by row, as learned so far
    private final float[] known; // as in the table
    private final float[] history; // of AdaGrad, of users
    private final float[] before; // the tile's items, as in the table
    private final float[][] items; // by row, as learned so far
    private final float[] change; // the items as learned, or their gradients
    private boolean hasUsers;

    FactorStep(Tiles tiles, FactorOptions options, float mean, Worker worker, Table userTable, TileItems tileItems) {
        this.tiles = tiles;
        this.options = options;
        this.mean = mean;
        this.worker = worker;
        this.userTable = userTable;
        this.tileItems = tileItems;
        rank = options.rank();
        width = options.width();
        userKeys = new long[tiles.lastUser - tiles.firstUser];
        Arrays.setAll(userKeys, u -> (long) tiles.firstUser + u);
        users = new float[userKeys.length][width];
        known = new float[Math.multiplyExact(userKeys.length, width)];
        history = options.method() == FactorOptions.Method.ADA_REVISION
                ? worker.session().localFloats("history", known.length)
                : new float[0];
        int most =
                Arrays.stream(tiles.items).mapToInt(keys -> keys.length).max().orElse(0);
        before = new float[most * width];
        items = new float[most][width];
        change = new float[most * width];
    }

    @Override
    public void run(Session session, long clock) {
        if (!hasUsers) {
            session.gather(userTable, userKeys, known);
            spread(known, users, users.length);
            hasUsers = true;
        }
        int count = tiles.count();
        int tile = tileItems.take(session, clock, before);
        int from = tiles.starts[tile];
        int to = tiles.starts[tile + 1];
        int itemsOfTile = tiles.items[tile].length;
        int cells = itemsOfTile * width;
        double squares;
        if (options.method() == FactorOptions.Method.SGD) {
            spread(before, items, itemsOfTile);
            int pass = (int) (clock / count);
            float rate = (float) (options.rate() * Math.pow(options.decay(), pass));
            squares = descent.sgd(tiles, from, to, mean, rate, options.l2(), rank, users, items);
            layDown(items, itemsOfTile, change);
            tileItems.put(session, before, change);
        } else {
            Arrays.fill(change, 0, cells, 0);
            squares = descent.adaGrad(
                    tiles, from, to, mean, options.rate(), options.l2(), rank, users, history, before, change);
            tileItems.add(session, change);
        }
        worker.tally("train.mse").add(squares, to - from);
        worker.processed(to - from);
        if ((clock + 1) % count == 0) {
            publish(session);
        }
    }

    private void spread(float[] flat, float[][] rows, int count) {
        for (int r = 0; r < count; r++) {
            System.arraycopy(flat, r * width, rows[r], 0, width);
        }
    }

    private void layDown(float[][] rows, int count, float[] to) {
        for (int r = 0; r < count; r++) {
            System.arraycopy(rows[r], 0, to, r * width, width);
        }
    }

    /** {@code rows - flat}. */
    private void less(float[][] rows, float[] flat, int count, float[] to) {
        for (int r = 0; r < count; r++) {
            for (int c = 0; c < width; c++) {
                to[r * width + c] = rows[r][c] - flat[r * width + c];
            }
        }
    }

    /** Adds to the users' table what they have learned, and goes on with what it will have, to the last bit. */
    private void publish(Session session) {
        var learned = new float[known.length];
        less(users, known, users.length, learned);
        session.add(userTable, userKeys, learned);
        for (int i = 0; i < known.length; i++) {
            known[i] += learned[i];
        }
        spread(known, users, users.length);
    }
}
