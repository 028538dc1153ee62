package orrery.learn.cluster;

import java.util.Arrays;
import orrery.data.Examples;

/**
 * Centroids, laid out so that those of one feature lie side by side: an example's distances to all are a sum over its
 * features. Sums are of doubles: |x|^2 - 2xc + |c|^2 loses as many digits as its terms are greater than it. Confined to
 * one thread.
 */
final class Centroids {
    private final int clusters;
    private final int features;
    private final double[] cells; // (features, clusters)
    private final double[] norms; // squared, by cluster
    private final double[] products;

    Centroids(int clusters, int features) {
        this.clusters = clusters;
        this.features = features;
        cells = new double[Math.multiplyExact(clusters, features)];
        norms = new double[clusters];
        products = new double[clusters];
    }

    /** Takes a centroid, found in {@code from} from {@code at} on. {@link #seal} follows the last. */
    void set(int cluster, float[] from, int at) {
        for (int f = 0; f < features; f++) {
            cells[f * clusters + cluster] = from[at + f];
        }
    }

    /** The centroids are all there. */
    void seal() {
        for (int c = 0; c < clusters; c++) {
            double sum = 0;
            for (int f = 0; f < features; f++) {
                double x = cells[f * clusters + c];
                sum += x * x;
            }
            norms[c] = sum;
        }
    }

    /** The number of the centroid that is nearest to an example. */
    int nearest(Examples.Cursor example) {
        multiply(example);
        return nearest();
    }

    /** The squared distance of an example, whose nearest was asked for last, to a centroid. */
    double distance(Examples.Cursor example, int cluster) {
        double norm = 0;
        for (int k = example.from(); k < example.to(); k++) {
            norm += (double) example.values()[k] * example.values()[k];
        }
        return distance(norm, cluster);
    }

    private void multiply(Examples.Cursor example) {
        begin();
        int[] indices = example.indices();
        float[] values = example.values();
        for (int k = example.from(); k < example.to(); k++) {
            feature(indices[k], values[k]);
        }
    }

    /** An example begins, whose features follow one by one. */
    void begin() {
        Arrays.fill(products, 0);
    }

    void feature(int index, float value) {
        axpy(value, cells, index * clusters, products, clusters);
    }

    /** The centroid that is nearest to the example under way. */
    int nearest() {
        int best = 0;
        for (int c = 1; c < clusters; c++) {
            best = norms[c] - 2 * products[c] < norms[best] - 2 * products[best] ? c : best;
        }
        return best;
    }

    /** What the squared distance of the example under way to a centroid is, less the square of the example. */
    double score(int cluster) {
        return norms[cluster] - 2 * products[cluster];
    }

    /** The squared distance of the example under way, whose features have the squares' sum {@code norm}, to a centroid. */
    double distance(double norm, int cluster) {
        return Math.max(0, norm + norms[cluster] - 2.0 * products[cluster]);
    }

    private static void axpy(double a, double[] x, int from, double[] y, int n) {
        for (int c = 0; c < n; c++) {
            y[c] += a * x[from + c];
        }
    }
}
