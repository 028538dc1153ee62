package orrery.learn.cluster;

import java.util.LinkedHashSet;
import java.util.SplittableRandom;
import orrery.data.Examples;
import orrery.engine.stage.Step;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * One worker's part of the first centroids of clusters that no process has room for: different examples, evenly drawn, each
 * put into the table by the worker that has it. A slice a clock.
 */
final class KeyedSeedStep implements Step {
    private final Examples examples;
    private final long first;
    private final long last;
    private final long[] drawn; // by cluster, an example
    private final Slices slices;
    private final float weight; // of a first centroid
    private final Table clusters;

    /**
     * @param all examples of all workers
     * @param weight that a first centroid has
     */
    KeyedSeedStep(
            Examples examples,
            long first,
            long last,
            long all,
            Slices slices,
            float weight,
            long seed,
            Table clusters) {
        this.examples = examples;
        this.first = first;
        this.last = last;
        this.slices = slices;
        this.weight = weight;
        this.clusters = clusters;
        drawn = draw(all, slices.clusters(), seed);
    }

    /** Different numbers, each set of them as likely (Floyd's, in Bentley, Communications of the ACM 30, 1987). */
    static long[] draw(long all, int count, long seed) {
        var random = new SplittableRandom(seed);
        var drawn = new LinkedHashSet<Long>();
        for (long most = all - count; most < all; most++) {
            if (!drawn.add(random.nextLong(most + 1))) {
                drawn.add(most);
            }
        }
        return drawn.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public void run(Session session, long clock) {
        int width = clusters.spec().width();
        var cursor = examples.cursor();
        for (int c = slices.from((int) clock); c < slices.to((int) clock); c++) {
            if (drawn[c] >= first && drawn[c] < last) {
                var row = new float[width];
                cursor.move(drawn[c]);
                for (int p = cursor.from(); p < cursor.to(); p++) {
                    row[cursor.indices()[p]] = cursor.values()[p];
                }
                row[width - 1] = weight;
                session.add(clusters, new long[] {c}, row);
            }
        }
    }
}
