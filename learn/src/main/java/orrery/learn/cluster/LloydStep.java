package orrery.learn.cluster;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples;
import orrery.engine.stage.MeasuringStep;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * One worker's part of an iteration of Lloyd's: its examples go to the nearest centroid. The table has, by cluster, the
 * sum of its examples, how many there are, and their inertia; each worker replaces what it had put there.
 */
final class LloydStep implements MeasuringStep {
    private static final int LOOKED_BACK = 5; // iterations

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
    private final float[] state; // whether it is enough, then the inertias of the last iterations
    private final float[] change;
    private final ClusterRecipe.Beginning beginning;
    private final Sums mine;
    private final long[] kept; // what they are, for another life of this worker
    private final double squares; // of the worker's examples
    private final double weights;
    private @Nullable Nearest nearest; // once it is known where the centroids are

    LloydStep(
            Examples examples,
            long first,
            long last,
            ClusterOptions options,
            ClusterRecipe.Beginning beginning,
            Worker worker,
            Table sums) {
        this.examples = examples;
        this.options = options;
        this.worker = worker;
        this.sums = sums;
        features = examples.features();
        width = features + ClusterRecipe.EXTRA;
        this.first = first;
        this.last = last;
        rows = new long[options.clusters()];
        Arrays.setAll(rows, c -> c);
        all = new float[rows.length * width];
        put = worker.session().localFloats("put", all.length);
        centroids = worker.session().localFloats("centroids", rows.length * features);
        state = worker.session().localFloats("state", 1 + LOOKED_BACK);
        change = new float[all.length];
        this.beginning = beginning;
        mine = new Sums(rows.length, features);
        kept = worker.session().localLongs("sums", mine.size());
        squares = Sums.squares(examples, first, last);
        double sum = 0;
        var cursor = examples.cursor();
        for (long i = first; i < last; i++) {
            cursor.move(i);
            sum += cursor.weight();
        }
        weights = sum;
    }

    @Override
    public void run(Session session, long clock) {
        session.gather(sums, rows, all);
        if (state[0] != 0) {
            return;
        }
        if (clock > 0 && nearest == null) { // the sums are of these centroids, and go on from there to the last bit
            nearest = new Nearest(examples, first, last, rows.length, Sums.mean(centroids, features));
            nearest.assign(centroids.clone(), (example, from, to) -> {});
            mine.restore(kept);
        }
        double inertia = 0;
        double weightsOfAll = 0;
        for (int c = 0; c < rows.length; c++) {
            weightsOfAll += all[c * width + features + ClusterRecipe.COUNT];
        }
        if (clock == 0) {
            System.arraycopy(beginning.of(session), 0, centroids, 0, centroids.length);
        }
        for (int c = 0; c < rows.length; c++) {
            float count = all[c * width + features + ClusterRecipe.COUNT];
            inertia += all[c * width + features + ClusterRecipe.INERTIA];
            for (int f = 0; count > ClusterRecipe.rounding(weightsOfAll) && f < features; f++) {
                centroids[c * features + f] = all[c * width + f] / count;
            }
        }
        if (clock > 0 && isEnough(inertia, clock)) {
            state[0] = 1; // all workers find the same
            return;
        }
        if (nearest == null) {
            nearest = new Nearest(examples, first, last, rows.length, Sums.mean(centroids, features));
        }
        nearest.assign(centroids.clone(), mine);
        mine.keep(kept);
        for (int c = 0; c < rows.length; c++) {
            for (int f = 0; f < features; f++) {
                put(c * width + f, mine.sum(c, f));
            }
            put(c * width + features + ClusterRecipe.COUNT, mine.count(c));
        }
        double own = mine.inertia(centroids, squares);
        put(features + ClusterRecipe.INERTIA, own); // of all clusters, in the first one's row
        session.add(sums, rows, change);
        worker.tally("inertia").add(own, weights);
        worker.processed(last - first);
    }

    /** The first worker tallies the inertia of all workers. */
    @Override
    public void measure(Session session, long clock) {
        if (worker.index() == 0) {
            session.gather(sums, rows, all);
            double inertia = 0;
            for (int c = 0; c < rows.length; c++) {
                inertia += all[c * width + features + ClusterRecipe.INERTIA];
            }
            worker.tally(ClusterRecipe.INERTIA_OF_ALL).add(inertia, 1);
        }
    }

    /** The change that makes the table have a value of this worker's; what floats leave out is made up for the next time. */
    private void put(int at, double value) {
        change[at] = (float) (value - put[at]);
        put[at] += change[at]; // what the table will have of it
    }

    /** Whether the inertia has fallen by too small a part of itself in the last iterations. */
    private boolean isEnough(double inertia, long clock) {
        int at = 1 + (int) (clock % LOOKED_BACK);
        float before = state[at];
        state[at] = (float) inertia;
        return clock > LOOKED_BACK && before > 0 && before - inertia <= options.tolerance() * before;
    }
}
