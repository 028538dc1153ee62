package orrery.learn.cluster;

import java.util.SplittableRandom;
import orrery.data.Examples;

/**
 * The first centroids: examples, each drawn in proportion to its squared distance to those before; of a few candidates
 * the one that leaves least. On a sample if there are very many examples.
 */
final class Seeding {
    private static final int MOST_EXAMPLES = 50_000;

    private Seeding() {}

    /** Centroids (clusters, features), the same for the same seed. */
    static float[] centroids(Examples examples, int clusters, long seed) {
        var random = new SplittableRandom(seed);
        long[] sample = sample(examples.size(), random);
        int features = examples.features();
        var cursor = examples.cursor();
        var norms = new double[sample.length];
        for (int i = 0; i < sample.length; i++) {
            cursor.move(sample[i]);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                norms[i] += (double) cursor.values()[k] * cursor.values()[k];
            }
        }
        var nearest = new double[sample.length];
        java.util.Arrays.fill(nearest, Double.MAX_VALUE);
        var centroids = new float[Math.multiplyExact(clusters, features)];
        int candidates = 2 + (int) Math.log(clusters);
        var best = new double[sample.length];
        for (int c = 0; c < clusters; c++) {
            int chosen = c == 0 ? random.nextInt(sample.length) : -1;
            double least = Double.MAX_VALUE;
            for (int n = 0; n < (c == 0 ? 1 : candidates); n++) {
                int candidate = c == 0 ? chosen : draw(nearest, random);
                var distances = distances(examples, sample, norms, candidate, nearest);
                double left = 0;
                for (double distance : distances) {
                    left += distance;
                }
                if (left < least) {
                    least = left;
                    chosen = candidate;
                    best = distances;
                }
            }
            System.arraycopy(best, 0, nearest, 0, nearest.length);
            cursor.move(sample[chosen]);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                centroids[c * features + cursor.indices()[k]] = cursor.values()[k];
            }
        }
        return centroids;
    }

    private static long[] sample(long size, SplittableRandom random) {
        if (size <= MOST_EXAMPLES) {
            var all = new long[(int) size];
            java.util.Arrays.setAll(all, i -> i);
            return all;
        }
        return random.longs(MOST_EXAMPLES, 0, size).sorted().distinct().toArray();
    }

    private static int draw(double[] weights, SplittableRandom random) {
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double left = random.nextDouble() * sum;
        for (int i = 0; i < weights.length; i++) {
            left -= weights[i];
            if (left < 0) {
                return i;
            }
        }
        return random.nextInt(weights.length); // all examples are the same as some centroid
    }

    /** The squared distance of each to the candidate or to a centroid before, whichever is nearer. */
    private static double[] distances(
            Examples examples, long[] sample, double[] norms, int candidate, double[] nearest) {
        var dense = new float[examples.features()];
        var cursor = examples.cursor();
        cursor.move(sample[candidate]);
        for (int k = cursor.from(); k < cursor.to(); k++) {
            dense[cursor.indices()[k]] = cursor.values()[k];
        }
        var distances = new double[sample.length];
        for (int i = 0; i < distances.length; i++) {
            cursor.move(sample[i]);
            double product = 0;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                product += (double) cursor.values()[k] * dense[cursor.indices()[k]];
            }
            double distance = Math.max(0, norms[i] + norms[candidate] - 2 * product);
            distances[i] = Math.min(nearest[i], i == candidate ? 0 : distance);
        }
        return distances;
    }
}
