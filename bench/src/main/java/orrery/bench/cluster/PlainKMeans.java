package orrery.bench.cluster;

import java.util.Arrays;
import java.util.SplittableRandom;
import orrery.data.Examples;

/** Lloyd's iterations on plain arrays, one thread: the same loops as ours, no tables. */
final class PlainKMeans {
    private final Examples examples;
    private final int clusters;
    private final int features;
    private final float[] cells; // (features, clusters)
    private final float[] norms;
    private final float[] products;
    private final float[] sums; // (clusters, features)
    private final int[] counts;

    PlainKMeans(Examples examples, int clusters, float[] first) {
        this.examples = examples;
        this.clusters = clusters;
        features = examples.features();
        cells = new float[features * clusters];
        norms = new float[clusters];
        products = new float[clusters];
        sums = first.clone();
        counts = new int[clusters];
        Arrays.fill(counts, 1);
    }

    /** Examples at random as first centroids. */
    static float[] random(Examples examples, int clusters, long seed) {
        var random = new SplittableRandom(seed);
        var first = new float[clusters * examples.features()];
        var cursor = examples.cursor();
        for (int c = 0; c < clusters; c++) {
            cursor.move(random.nextLong(examples.size()));
            for (int k = cursor.from(); k < cursor.to(); k++) {
                first[c * examples.features() + cursor.indices()[k]] = cursor.values()[k];
            }
        }
        return first;
    }

    /** One iteration. Returns the inertia before it. */
    double iterate() {
        for (int c = 0; c < clusters; c++) {
            double norm = 0;
            for (int f = 0; f < features; f++) {
                float value = counts[c] == 0 ? cells[f * clusters + c] : sums[c * features + f] / counts[c];
                cells[f * clusters + c] = value;
                norm += (double) value * value;
            }
            norms[c] = (float) norm;
        }
        Arrays.fill(sums, 0);
        Arrays.fill(counts, 0);
        double inertia = 0;
        var cursor = examples.cursor();
        for (long i = 0; i < examples.size(); i++) {
            cursor.move(i);
            int[] indices = cursor.indices();
            float[] values = cursor.values();
            Arrays.fill(products, 0);
            double norm = 0;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                axpy(values[k], cells, indices[k] * clusters, products, clusters);
            }
            for (int k = cursor.from(); k < cursor.to(); k++) {
                norm += (double) values[k] * values[k];
            }
            int best = 0;
            for (int c = 1; c < clusters; c++) {
                best = norms[c] - 2 * products[c] < norms[best] - 2 * products[best] ? c : best;
            }
            inertia += Math.max(0, norm + norms[best] - 2.0 * products[best]);
            counts[best]++;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                sums[best * features + indices[k]] += values[k];
            }
        }
        return inertia;
    }

    private static void axpy(float a, float[] x, int from, float[] y, int n) {
        for (int c = 0; c < n; c++) {
            y[c] += a * x[from + c];
        }
    }
}
