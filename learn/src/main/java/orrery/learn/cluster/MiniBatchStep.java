package orrery.learn.cluster;

import java.util.Arrays;
import orrery.data.Examples;
import orrery.engine.examples.Partition;
import orrery.engine.examples.Shuffle;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * One worker's mini-batch: each of its examples draws the nearest centroid towards itself, the less the more examples the
 * centroid has drawn. The table has, by cluster, how far the centroid is from where it began, and how many examples it has
 * drawn.
 */
final class MiniBatchStep implements Step {
    private final Examples examples;
    private final Partition partition;
    private final Worker worker;
    private final Table table;
    private final int features;
    private final int width;
    private final long[] rows;
    private final float[] values;
    private final float[] change;
    private final float[] counts;
    private final Centroids near;
    private final ClusterRecipe.Beginning beginning;
    private float[] seeds = {};
    private long passOf = -1;
    private Shuffle order;

    MiniBatchStep(
            Examples examples,
            Partition partition,
            ClusterRecipe.Beginning beginning,
            int clusters,
            Worker worker,
            Table table) {
        this.examples = examples;
        this.partition = partition;
        this.worker = worker;
        this.table = table;
        this.beginning = beginning;
        features = examples.features();
        width = features + ClusterRecipe.EXTRA;
        rows = new long[clusters];
        Arrays.setAll(rows, c -> c);
        values = new float[clusters * width];
        change = new float[values.length];
        counts = new float[clusters];
        near = new Centroids(clusters, features);
        order = partition.order(0, worker.index(), worker.count());
    }

    @Override
    public void run(Session session, long clock) {
        seeds = seeds.length == 0 ? beginning.of(session) : seeds;
        session.gather(table, rows, values);
        Arrays.fill(change, 0);
        for (int c = 0; c < rows.length; c++) {
            for (int f = 0; f < features; f++) {
                values[c * width + f] += seeds[c * features + f];
            }
            near.set(c, values, c * width);
        }
        near.seal();
        Arrays.fill(counts, 0);
        double inertia = 0;
        double weights = 0;
        long pass = clock / partition.clocksPerPass(worker.count());
        if (pass != passOf) {
            order = partition.order(clock, worker.index(), worker.count());
            passOf = pass;
        }
        long from = partition.from(clock, worker.index(), worker.count());
        long to = partition.to(clock, worker.index(), worker.count());
        var cursor = examples.cursor();
        for (long position = from; position < to; position++) {
            cursor.move(order.at(position));
            int cluster = near.nearest(cursor);
            float weight = cursor.weight();
            weights += weight;
            inertia += weight * near.distance(cursor, cluster);
            counts[cluster] += weight;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                change[cluster * width + cursor.indices()[k]] += weight * cursor.values()[k];
            }
        }
        for (int c = 0; c < rows.length; c++) {
            if (counts[c] > 0) {
                drawn(c);
            }
        }
        session.add(table, rows, change);
        worker.tally("inertia").add(inertia, weights);
        worker.processed(to - from);
    }

    /** The other workers are taken to draw a centroid about as often as this one does. */
    private void drawn(int cluster) {
        int at = cluster * width;
        float before = values[at + features + ClusterRecipe.COUNT];
        float after = before + counts[cluster] * worker.count();
        for (int f = 0; f < features; f++) {
            change[at + f] = (change[at + f] - counts[cluster] * values[at + f]) / after;
        }
        change[at + features + ClusterRecipe.COUNT] = counts[cluster];
    }
}
