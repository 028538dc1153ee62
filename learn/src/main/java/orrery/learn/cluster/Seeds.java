package orrery.learn.cluster;

import java.util.Arrays;
import java.util.SplittableRandom;
import orrery.data.Examples;
import orrery.data.Examples.Packer;

/**
 * First centroids, chosen among the candidates that {@link SeedStep} has drawn, each as heavy as what is nearest to it: by
 * k-means++ (Arthur and Vassilvitskii, SODA 2007), of a few tries at each the one that leaves least. The same for the same
 * candidates and seed, wherever it is done.
 */
final class Seeds {
    /** In which candidates are drawn; more find nothing better (Bahmani et al., section 5). */
    static final int ROUNDS = 5;

    /** Clocks of {@link SeedStep}. */
    static final int CLOCKS = 2 * ROUNDS + 2;

    private static final int FEW = 40; // candidates of a round, if there are few clusters; else as many as these
    private static final long MOST_CELLS = 1L << 26; // of all candidates' features
    private static final int ITERATIONS_TRIED = 20; // on candidates, by each of several starts

    private Seeds() {}

    /** Columns of a candidate: its features, then its weight. */
    static int width(int features) {
        return features + 1;
    }

    /** Candidates that a round draws. */
    static int eachRound(int clusters, int features) {
        long usual = Math.max(clusters, Math.min(2L * clusters, FEW));
        long most = MOST_CELLS / Math.max(1, features) / ROUNDS;
        return (int) Math.max((clusters + 2L) / 3, Math.min(usual, most));
    }

    /** All candidates. */
    static int candidates(int clusters, int features) {
        return 1 + ROUNDS * eachRound(clusters, features);
    }

    /**
     * The first centroids (clusters, features): of so many times what is chosen, and what some of Lloyd's iterations on the
     * candidates make of it, the best for the candidates; if it is once only, what is chosen.
     *
     * @param table of the candidates, as {@link SeedStep} has left it
     */
    static float[] choose(float[] table, int features, int clusters, int starts, long seed) {
        var candidates = candidates(table, features);
        var random = new SplittableRandom(seed);
        float[] best = {};
        double least = Double.MAX_VALUE;
        for (int start = 0; start < starts; start++) {
            var centroids = plusPlus(candidates, clusters, random.split());
            double inertia = starts == 1 ? 0 : refine(candidates, clusters, centroids);
            if (best.length == 0 || inertia < least) {
                least = inertia;
                best = centroids;
            }
        }
        return best;
    }

    private static Examples candidates(float[] table, int features) {
        int width = width(features);
        var packed = new Packer();
        for (int row = 0; row < table.length; row += width) {
            for (int f = 0; f < features; f++) {
                if (table[row + f] != 0) {
                    packed.feature(f, table[row + f]);
                }
            }
            packed.example(0, table[row + features]);
        }
        return packed.pack(features);
    }

    private static float[] plusPlus(Examples candidates, int clusters, SplittableRandom random) {
        int count = (int) candidates.size();
        int features = candidates.features();
        int tries = Math.min(Lanes.WIDTH, 2 + (int) Math.log(clusters));
        var lanes = Lanes.best();
        var cursor = candidates.cursor();
        var norms = new double[count];
        for (int i = 0; i < count; i++) {
            cursor.move(i);
            for (int p = cursor.from(); p < cursor.to(); p++) {
                norms[i] += (double) cursor.values()[p] * cursor.values()[p];
            }
        }
        var near = new double[count];
        Arrays.fill(near, Double.MAX_VALUE);
        var distances = new float[count * Lanes.WIDTH];
        var cells = new float[features * Lanes.WIDTH];
        var half = new float[Lanes.WIDTH];
        var out = new float[Lanes.WIDTH];
        var sums = new double[count];
        var centroids = new float[Math.multiplyExact(clusters, features)];
        for (int c = 0; c < clusters; c++) {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                cursor.move(i);
                sum += cursor.weight() * (c == 0 ? 1 : near[i]);
                sums[i] = sum;
            }
            var tried = new int[c == 0 ? 1 : tries];
            Arrays.fill(half, Float.MAX_VALUE);
            for (int t = 0; t < tried.length; t++) {
                tried[t] = draw(sums, random);
                lane(cursor, tried[t], t, cells, half, (float) (norms[tried[t]] / 2));
            }
            var left = new double[tried.length];
            for (int i = 0; i < count; i++) {
                cursor.move(i);
                lanes.scores(cursor.indices(), cursor.values(), cursor.from(), cursor.to(), cells, half, 0, out);
                for (int t = 0; t < tried.length; t++) {
                    float distance = i == tried[t] ? 0 : (float) Math.max(0, norms[i] + 2.0 * out[t]);
                    distances[i * Lanes.WIDTH + t] = distance;
                    left[t] += cursor.weight() * Math.min(near[i], distance);
                }
            }
            int chosen = 0;
            for (int t = 1; t < tried.length; t++) {
                chosen = left[t] < left[chosen] ? t : chosen;
            }
            for (int i = 0; i < count; i++) {
                near[i] = Math.min(near[i], distances[i * Lanes.WIDTH + chosen]);
            }
            cursor.move(tried[chosen]);
            for (int p = cursor.from(); p < cursor.to(); p++) {
                centroids[c * features + cursor.indices()[p]] = cursor.values()[p];
            }
        }
        return centroids;
    }

    /** An example in a lane of its own. */
    private static void lane(Examples.Cursor cursor, int example, int lane, float[] cells, float[] half, float norm) {
        for (int at = lane; at < cells.length; at += Lanes.WIDTH) {
            cells[at] = 0;
        }
        cursor.move(example);
        for (int p = cursor.from(); p < cursor.to(); p++) {
            cells[cursor.indices()[p] * Lanes.WIDTH + lane] = -cursor.values()[p];
        }
        half[lane] = norm;
    }

    /** In proportion to what each adds to the sums; evenly if nothing does. */
    private static int draw(double[] sums, SplittableRandom random) {
        double all = sums[sums.length - 1];
        if (!(all > 0)) {
            return random.nextInt(sums.length); // all examples are the same as some centroid
        }
        int at = Arrays.binarySearch(sums, random.nextDouble() * all);
        at = at < 0 ? -at - 1 : at + 1;
        return Math.min(at, sums.length - 1);
    }

    /** Lloyd's iterations on the candidates, in place. Returns the inertia before the last. */
    private static double refine(Examples candidates, int clusters, float[] centroids) {
        int features = candidates.features();
        var sums = new Sums(clusters, features);
        var nearest = new Nearest(candidates, 0, candidates.size(), clusters, Sums.mean(centroids, features));
        double squares = Sums.squares(candidates, 0, candidates.size());
        double inertia = 0;
        for (int iteration = 0; iteration < ITERATIONS_TRIED; iteration++) {
            var now = centroids.clone();
            nearest.assign(now, sums);
            inertia = sums.inertia(now, squares);
            for (int c = 0; c < clusters; c++) {
                for (int f = 0; f < features && sums.count(c) > 0; f++) {
                    centroids[c * features + f] = (float) (sums.sum(c, f) / sums.count(c));
                }
            }
        }
        return inertia;
    }
}
