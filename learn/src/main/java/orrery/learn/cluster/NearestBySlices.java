package orrery.learn.cluster;

import java.util.Arrays;
import java.util.function.IntToLongFunction;
import orrery.data.Examples;

/** The nearest centroid of each of some examples, of centroids of which a slice is in memory at a time. Confined to one thread. */
final class NearestBySlices {
    private final Examples.Cursor cursor;
    private final IntToLongFunction example; // its number, by position
    private final int features;
    private final int[] nearest;
    private final double[] scores; // |c|^2 - 2xc of the nearest

    /** Fills in the centroids of a slice (clusters, features). */
    @FunctionalInterface
    interface Source {
        void read(int from, int to, float[] centroids);
    }

    /** @param features of a centroid; what an example has beyond these is far from all */
    NearestBySlices(Examples examples, int count, IntToLongFunction example, int features) {
        this.example = example;
        this.features = features;
        cursor = examples.cursor();
        nearest = new int[count];
        scores = new double[count];
    }

    /** Looks through all centroids. */
    void find(Slices slices, Source source) {
        Arrays.fill(scores, Double.POSITIVE_INFINITY);
        var rows = new float[slices.each() * features];
        var near = new Centroids(slices.each(), features);
        for (int slice = 0; slice < slices.count(); slice++) {
            int from = slices.from(slice);
            int to = slices.to(slice);
            near = to - from == slices.each() ? near : new Centroids(to - from, features);
            source.read(from, to, rows);
            for (int c = 0; c < to - from; c++) {
                near.set(c, rows, c * features);
            }
            near.seal();
            for (int i = 0; i < nearest.length; i++) {
                cursor.move(example.applyAsLong(i));
                near.begin();
                for (int p = cursor.from(); p < cursor.to(); p++) {
                    if (cursor.indices()[p] < features) {
                        near.feature(cursor.indices()[p], cursor.values()[p]);
                    }
                }
                int cluster = near.nearest();
                if (near.score(cluster) < scores[i]) {
                    scores[i] = near.score(cluster);
                    nearest[i] = from + cluster;
                }
            }
        }
    }

    /** The cluster of an example, by position. */
    int cluster(int position) {
        return nearest[position];
    }

    /** The squared distance of an example to its centroid. */
    double distance(int position) {
        cursor.move(example.applyAsLong(position));
        double norm = 0;
        for (int p = cursor.from(); p < cursor.to(); p++) {
            norm += (double) cursor.values()[p] * cursor.values()[p];
        }
        return Math.max(0, norm + scores[position]);
    }
}
