package orrery.learn.cluster;

import java.util.Arrays;
import java.util.SplittableRandom;
import orrery.data.Examples;

/**
 * The first centroids: examples, each drawn in proportion to its squared distance to those before; of a few candidates
 * the one that leaves least. On a sample if there are very many examples.
 */
final class Seeding {
    private static final int MOST_EXAMPLES = 50_000;
    private static final int MOST_TRIED = 10_000; // by each of several starts
    private static final int ITERATIONS_TRIED = 20;
    private static final int MOST_CELLS_TRIED =
            1 << 24; // of centroids: beyond, trying takes memory that training needs

    private Seeding() {}

    /**
     * Of so many times what {@link #centroids} draws and some of Lloyd's iterations on a sample make of it, the best by the
     * sample's inertia (after Bradley and Fayyad, "Refining Initial Points for K-Means Clustering", ICML 1998).
     */
    static float[] best(Examples examples, int clusters, int starts, long seed) {
        var best = centroids(examples, clusters, seed);
        if (starts == 1 || best.length > MOST_CELLS_TRIED) {
            return best;
        }
        var random = new SplittableRandom(seed);
        long[] sample = sample(examples.size(), MOST_TRIED, random);
        double least = Double.MAX_VALUE;
        var now = best;
        for (int start = 1; start <= starts; start++) {
            double inertia = refine(examples, sample, clusters, now);
            if (inertia < least) {
                least = inertia;
                best = now;
            }
            now = start < starts ? centroids(examples, clusters, random.nextLong()) : now;
        }
        return best;
    }

    /** Lloyd's iterations on a sample, in place. Returns the inertia before the last. */
    private static double refine(Examples examples, long[] sample, int clusters, float[] centroids) {
        int features = examples.features();
        var near = new Centroids(clusters, features);
        var cursor = examples.cursor();
        var sums = new double[centroids.length];
        var counts = new double[clusters];
        double inertia = 0;
        for (int iteration = 0; iteration < ITERATIONS_TRIED; iteration++) {
            for (int c = 0; c < clusters; c++) {
                near.set(c, centroids, c * features);
            }
            near.seal();
            Arrays.fill(sums, 0);
            Arrays.fill(counts, 0);
            inertia = 0;
            for (long example : sample) {
                cursor.move(example);
                int c = near.nearest(cursor);
                double weight = cursor.weight();
                inertia += weight * near.distance(cursor, c);
                counts[c] += weight;
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    sums[c * features + cursor.indices()[k]] += weight * cursor.values()[k];
                }
            }
            for (int i = 0; i < centroids.length; i++) {
                double count = counts[i / features];
                centroids[i] = count == 0 ? centroids[i] : (float) (sums[i] / count);
            }
        }
        return inertia;
    }

    /** Centroids (clusters, features), the same for the same seed. */
    static float[] centroids(Examples examples, int clusters, long seed) {
        var random = new SplittableRandom(seed);
        long[] sample = sample(examples.size(), MOST_EXAMPLES, random);
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
        Arrays.fill(nearest, Double.MAX_VALUE);
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

    private static long[] sample(long size, int most, SplittableRandom random) {
        if (size <= most) {
            var all = new long[(int) size];
            Arrays.setAll(all, i -> i);
            return all;
        }
        return random.longs(most, 0, size).sorted().distinct().toArray();
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

    /** The squared distance of each, by its weight, to the candidate or to a centroid before, whichever is nearer. */
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
            distances[i] = Math.min(nearest[i], i == candidate ? 0 : cursor.weight() * distance);
        }
        return distances;
    }
}
