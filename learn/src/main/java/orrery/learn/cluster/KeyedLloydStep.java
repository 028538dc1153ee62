package orrery.learn.cluster;

import java.util.Arrays;
import orrery.data.Examples;
import orrery.engine.stage.MeasuringStep;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * One worker's part of an iteration of Lloyd's on clusters that no process has room for. The table of clusters has, by
 * cluster, the sum of its examples and their weight. An iteration takes a clock in which examples find the nearest of all
 * centroids, read by slices, and then clocks in which the sums are made anew: a slice is brought to zero at one clock and
 * summed at the next. A cluster without examples stays as it is.
 */
final class KeyedLloydStep implements MeasuringStep {
    private static final int LOOKED_BACK = 5; // iterations

    private final Examples examples;
    private final ClusterOptions options;
    private final Worker worker;
    private final Table clusters;
    private final Table sizes;
    private final Slices slices;
    private final int features;
    private final int width;
    private final long first;
    private final long last;
    private final long[] keys; // of the sizes
    private final float[] all; // weights of clusters, of all workers, then the inertia
    private final float[] put; // what this worker has put there
    private final float[] state; // whether it is enough, then the inertias of the last iterations
    private final NearestBySlices nearest;
    private double least; // a cluster's weight that is none

    /**
     * @param clusters (clusters, features + 1)
     * @param sizes (clusters + 1, 1): the weights of the clusters, and the inertia
     */
    KeyedLloydStep(
            Examples examples,
            long first,
            long last,
            ClusterOptions options,
            Slices slices,
            Worker worker,
            Table clusters,
            Table sizes) {
        this.examples = examples;
        this.options = options;
        this.worker = worker;
        this.clusters = clusters;
        this.sizes = sizes;
        this.slices = slices;
        this.first = first;
        this.last = last;
        width = clusters.spec().width();
        features = width - 1;
        keys = new long[options.clusters() + 1];
        Arrays.setAll(keys, c -> c);
        all = new float[keys.length];
        put = worker.session().localFloats("put", keys.length);
        state = worker.session().localFloats("state", 1 + LOOKED_BACK);
        nearest = new NearestBySlices(examples, Math.toIntExact(last - first), i -> first + i, features);
    }

    /** Clocks of an iteration. */
    static int clocks(Slices slices) {
        return slices.count() + 2;
    }

    @Override
    public void run(Session session, long clock) {
        if (state[0] != 0) {
            return;
        }
        int at = (int) (clock % clocks(slices));
        if (at == 0) {
            assign(session);
            return;
        }
        if (at == 1) {
            session.gather(sizes, keys, all);
            double sum = 0;
            for (int c = 0; c < slices.clusters(); c++) {
                sum += all[c];
            }
            least = ClusterRecipe.rounding(sum);
            if (isEnough(all[slices.clusters()], clock / clocks(slices))) {
                state[0] = 1; // all workers find the same
                return;
            }
        }
        if (at > 1) {
            sum(session, at - 2);
        }
        if (at <= slices.count()) {
            clear(session, at - 1);
        }
    }

    private void assign(Session session) {
        nearest.find(slices, (from, to, centroids) -> read(session, clusters, from, to, true, centroids));
        var weights = new double[keys.length];
        double sum = 0;
        var cursor = examples.cursor();
        for (int i = 0; i < last - first; i++) {
            double distance = nearest.distance(i);
            cursor.move(first + i);
            weights[nearest.cluster(i)] += cursor.weight();
            weights[slices.clusters()] += cursor.weight() * distance;
            sum += cursor.weight();
        }
        var change = new float[keys.length];
        for (int c = 0; c < change.length; c++) {
            change[c] = (float) (weights[c] - put[c]);
            put[c] += change[c];
        }
        session.add(sizes, keys, change);
        worker.tally("inertia").add(weights[slices.clusters()], sum);
        worker.processed(last - first);
    }

    /**
     * Reads the centroids of some clusters.
     *
     * @param areSums whether rows have sums and weights, else centroids
     */
    static void read(Session session, Table clusters, int from, int to, boolean areSums, float[] centroids) {
        int width = clusters.spec().width();
        var keys = new long[to - from];
        Arrays.setAll(keys, c -> (long) from + c);
        var rows = new float[keys.length * width];
        session.gather(clusters, keys, rows);
        for (int c = 0; c < keys.length; c++) {
            float weight = areSums ? rows[c * width + width - 1] : 1;
            for (int f = 0; f < width - 1; f++) {
                centroids[c * (width - 1) + f] = rows[c * width + f] / weight;
            }
        }
    }

    /** Brings this worker's share of a slice to zero, where there will be examples. */
    private void clear(Session session, int slice) {
        var mine = new long[slices.each()];
        int count = 0;
        for (int c = slices.from(slice); c < slices.to(slice); c++) {
            if (c % worker.count() == worker.index() && all[c] > least) {
                mine[count++] = c;
            }
        }
        var rows = new float[count * width];
        session.gather(clusters, mine, 0, count, rows, 0);
        for (int n = 0; n < rows.length; n++) {
            rows[n] = -rows[n];
        }
        session.add(clusters, mine, 0, count, rows, 0);
    }

    private void sum(Session session, int slice) {
        int from = slices.from(slice);
        int to = slices.to(slice);
        var sums = new double[(to - from) * width];
        var cursor = examples.cursor();
        for (int i = 0; i < last - first; i++) {
            int cluster = nearest.cluster(i);
            if (cluster >= from && cluster < to && all[cluster] > least) {
                int row = (cluster - from) * width;
                cursor.move(first + i);
                for (int p = cursor.from(); p < cursor.to(); p++) {
                    sums[row + cursor.indices()[p]] += (double) cursor.weight() * cursor.values()[p];
                }
                sums[row + width - 1] += cursor.weight();
            }
        }
        var row = new float[width];
        for (int c = from; c < to; c++) {
            if (sums[(c - from) * width + width - 1] > 0) {
                for (int f = 0; f < width; f++) {
                    row[f] = (float) sums[(c - from) * width + f];
                }
                session.add(clusters, new long[] {c}, row);
            }
        }
    }

    /** The first worker tallies the inertia of all workers. */
    @Override
    public void measure(Session session, long clock) {
        if (worker.index() == 0) {
            var inertia = new float[1];
            session.gather(sizes, new long[] {slices.clusters()}, inertia);
            worker.tally(ClusterRecipe.INERTIA_OF_ALL).add(inertia[0], 1);
        }
    }

    /** Whether the inertia has fallen by too small a part of itself in the last iterations. */
    private boolean isEnough(double inertia, long iteration) {
        int at = 1 + (int) (iteration % LOOKED_BACK);
        float before = state[at];
        state[at] = (float) inertia;
        return iteration >= LOOKED_BACK && before > 0 && before - inertia <= options.tolerance() * before;
    }
}
