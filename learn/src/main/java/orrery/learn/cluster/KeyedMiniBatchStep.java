package orrery.learn.cluster;

import java.util.Arrays;
import orrery.data.Examples;
import orrery.engine.examples.Partition;
import orrery.engine.examples.Shuffle;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/** {@link MiniBatchStep} on clusters that no process has room for: rows are centroids, read by slices, and how many examples each has drawn. */
final class KeyedMiniBatchStep implements Step {
    private final Examples examples;
    private final Partition partition;
    private final Slices slices;
    private final Worker worker;
    private final Table clusters;
    private final Table sizes;
    private final int width;
    private Shuffle order;
    private long passOf;

    /**
     * @param clusters (clusters, features + 1)
     * @param sizes (clusters + 1, 1): what each has drawn
     */
    KeyedMiniBatchStep(
            Examples examples, Partition partition, Slices slices, Worker worker, Table clusters, Table sizes) {
        this.examples = examples;
        this.partition = partition;
        this.slices = slices;
        this.worker = worker;
        this.clusters = clusters;
        this.sizes = sizes;
        width = clusters.spec().width();
        order = partition.order(0, worker.index(), worker.count());
        passOf = 0;
    }

    @Override
    public void run(Session session, long clock) {
        long pass = clock / partition.clocksPerPass(worker.count());
        if (pass != passOf) {
            order = partition.order(clock, worker.index(), worker.count());
            passOf = pass;
        }
        long from = partition.from(clock, worker.index(), worker.count());
        int count = Math.toIntExact(partition.to(clock, worker.index(), worker.count()) - from);
        var now = order;
        var nearest = new NearestBySlices(examples, count, i -> now.at(from + i), width - 1);
        nearest.find(
                slices,
                (first, last, centroids) -> KeyedLloydStep.read(session, clusters, first, last, false, centroids));
        var positions = new Integer[count];
        Arrays.setAll(positions, i -> i);
        Arrays.sort(positions, (a, b) -> Integer.compare(nearest.cluster(a), nearest.cluster(b)));
        var cursor = examples.cursor();
        double inertia = 0;
        double weights = 0;
        for (int begin = 0, end; begin < count; begin = end) {
            int cluster = nearest.cluster(positions[begin]);
            var sum = new float[width];
            for (end = begin; end < count && nearest.cluster(positions[end]) == cluster; end++) {
                inertia += weightOf(cursor, now.at(from + positions[end])) * nearest.distance(positions[end]);
                float weight = cursor.weight();
                weights += weight;
                sum[width - 1] += weight;
                for (int p = cursor.from(); p < cursor.to(); p++) {
                    sum[cursor.indices()[p]] += weight * cursor.values()[p];
                }
            }
            draw(session, cluster, sum);
        }
        worker.tally("inertia").add(inertia, weights);
        worker.processed(count);
    }

    private static float weightOf(Examples.Cursor cursor, long example) {
        cursor.move(example);
        return cursor.weight();
    }

    /** The other workers are taken to draw a centroid about as often as this one does. */
    private void draw(Session session, int cluster, float[] sum) {
        var key = new long[] {cluster};
        var row = new float[width];
        session.gather(clusters, key, row);
        float weight = sum[width - 1];
        if (weight > 0) {
            float after = row[width - 1] + weight * worker.count();
            for (int f = 0; f < width - 1; f++) {
                sum[f] = (sum[f] - weight * row[f]) / after;
            }
            session.add(clusters, key, sum);
            session.add(sizes, key, new float[] {weight});
        }
    }
}
