package orrery.learn.cluster;

import orrery.data.Examples;

/** By cluster, the sum of its examples and their weight, kept as examples move. Sums are of doubles. */
final class Sums implements Nearest.Mover {
    private final int clusters;
    private final int features;
    private final double[] sums; // (clusters, features)
    private final double[] counts;

    Sums(int clusters, int features) {
        this.clusters = clusters;
        this.features = features;
        sums = new double[Math.multiplyExact(clusters, features)];
        counts = new double[clusters];
    }

    /** Numbers that {@link #keep} keeps. */
    int size() {
        return sums.length + counts.length;
    }

    /** Writes out all bits. */
    void keep(long[] to) {
        for (int i = 0; i < sums.length; i++) {
            to[i] = Double.doubleToRawLongBits(sums[i]);
        }
        for (int c = 0; c < counts.length; c++) {
            to[sums.length + c] = Double.doubleToRawLongBits(counts[c]);
        }
    }

    /** Takes back what {@link #keep} has written. */
    void restore(long[] from) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] = Double.longBitsToDouble(from[i]);
        }
        for (int c = 0; c < counts.length; c++) {
            counts[c] = Double.longBitsToDouble(from[sums.length + c]);
        }
    }

    @Override
    public void moved(Examples.Cursor example, int from, int to) {
        if (from >= 0) {
            add(example, from, -example.weight());
        }
        add(example, to, example.weight());
    }

    private void add(Examples.Cursor example, int cluster, double weight) {
        for (int p = example.from(); p < example.to(); p++) {
            sums[cluster * features + example.indices()[p]] += weight * example.values()[p];
        }
        counts[cluster] += weight;
    }

    double sum(int cluster, int feature) {
        return sums[cluster * features + feature];
    }

    double count(int cluster) {
        return counts[cluster];
    }

    /**
     * The sum of all squared distances to the centroids.
     *
     * @param squares of the examples, {@link #squares}
     */
    double inertia(float[] centroids, double squares) {
        double inertia = squares;
        for (int c = 0; c < clusters; c++) {
            double norm = 0;
            double product = 0;
            for (int f = 0; f < features; f++) {
                double v = centroids[c * features + f];
                norm += v * v;
                product += v * sums[c * features + f];
            }
            inertia += counts[c] * norm - 2 * product;
        }
        return Math.max(0, inertia);
    }

    /** The sum of the squares of all features of examples, by their weights. */
    static double squares(Examples examples, long first, long last) {
        double squares = 0;
        var cursor = examples.cursor();
        for (long i = first; i < last; i++) {
            cursor.move(i);
            double square = 0;
            for (int p = cursor.from(); p < cursor.to(); p++) {
                square += (double) cursor.values()[p] * cursor.values()[p];
            }
            squares += cursor.weight() * square;
        }
        return squares;
    }

    /** The mean of rows of so many features. */
    static float[] mean(float[] rows, int features) {
        var mean = new double[features];
        for (int at = 0; at < rows.length; at++) {
            mean[at % features] += rows[at];
        }
        var floats = new float[features];
        for (int f = 0; f < features; f++) {
            floats[f] = (float) (mean[f] * features / Math.max(1, rows.length));
        }
        return floats;
    }
}
