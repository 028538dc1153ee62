package orrery.learn.cluster;

import java.util.Arrays;
import orrery.data.Examples;
import orrery.engine.Step;
import orrery.engine.Worker;
import orrery.table.Session;
import orrery.table.Table;

/**
 * One worker's part of an iteration of Lloyd's: its examples go to the nearest centroid. The table has, by cluster, the
 * sum of its examples, how many there are, and their inertia; each worker replaces what it had put there.
 */
final class LloydStep implements Step {
    private final Examples examples;
    private final ClusterOptions options;
    private final Worker worker;
    private final Table sums;
    private final int features;
    private final int width;
    private final long first;
    private final long last;
    private final long[] rows;
    private final float[] all; // sums of all workers
    private final float[] put; // what this worker has put there
    private final float[] centroids; // (clusters, features)
    private final float[] state; // inertia before, whether it is enough
    private final double[] mine; // summed up as doubles: there may be more than floats count
    private final float[] change;
    private final Centroids near;

    LloydStep(
            Examples examples,
            long first,
            long last,
            ClusterOptions options,
            float[] seeds,
            Worker worker,
            Table sums) {
        this.examples = examples;
        this.options = options;
        this.worker = worker;
        this.sums = sums;
        features = examples.features();
        width = features + ClusterTraining.EXTRA;
        this.first = first;
        this.last = last;
        rows = new long[options.clusters()];
        Arrays.setAll(rows, c -> c);
        all = new float[rows.length * width];
        put = worker.session().localFloats("put", all.length);
        centroids = worker.session().localFloats("centroids", seeds.length);
        state = worker.session().localFloats("state", 2);
        mine = new double[all.length];
        change = new float[all.length];
        near = new Centroids(rows.length, features);
        if (worker.session().clock() == 0) {
            System.arraycopy(seeds, 0, centroids, 0, seeds.length);
        }
    }

    @Override
    public void run(Session session, long clock) {
        session.gather(sums, rows, all);
        if (state[1] != 0) {
            return;
        }
        double inertia = 0;
        double weights = 0;
        for (int c = 0; c < rows.length; c++) {
            weights += all[c * width + features + ClusterTraining.COUNT];
        }
        for (int c = 0; c < rows.length; c++) {
            float count = all[c * width + features + ClusterTraining.COUNT];
            inertia += all[c * width + features + ClusterTraining.INERTIA];
            for (int f = 0; count > ClusterTraining.rounding(weights) && f < features; f++) {
                centroids[c * features + f] = all[c * width + f] / count;
            }
            near.set(c, centroids, c * features);
        }
        near.seal();
        if (clock > 1 && state[0] > 0 && state[0] - inertia <= options.tolerance() * state[0]) {
            state[1] = 1; // all workers find the same
            return;
        }
        state[0] = clock > 0 ? (float) inertia : 0;
        assign();
        for (int i = 0; i < mine.length; i++) {
            change[i] = (float) (mine[i] - put[i]);
            put[i] += change[i]; // what the table will have of it
        }
        session.add(sums, rows, change);
    }

    private void assign() {
        Arrays.fill(mine, 0);
        var inertias = new double[rows.length];
        double weights = 0;
        var cursor = examples.cursor();
        for (long i = first; i < last; i++) {
            cursor.move(i);
            int cluster = near.nearest(cursor);
            double weight = cursor.weight();
            weights += weight;
            inertias[cluster] += weight * near.distance(cursor, cluster);
            int at = cluster * width;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                mine[at + cursor.indices()[k]] += weight * cursor.values()[k];
            }
            mine[at + features + ClusterTraining.COUNT] += weight;
        }
        double sum = 0;
        for (int c = 0; c < rows.length; c++) {
            mine[c * width + features + ClusterTraining.INERTIA] = inertias[c];
            sum += inertias[c];
        }
        worker.tally("inertia").add(sum, weights);
        worker.processed(last - first);
    }
}
