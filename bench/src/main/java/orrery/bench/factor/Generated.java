package orrery.bench.factor;

import java.util.List;
import java.util.SplittableRandom;
import orrery.data.Ratings;

/**
 * Ratings whose truth is known: a mean, biases, and factors; some users rate more, some items are rated more; noise, and
 * rounding to 1 to 5.
 */
public final class Generated {
    private static final double MEAN = 3.6;

    private Generated() {}

    /** The ratings, and the error that the truth itself makes. */
    public record Set(Ratings ratings, double rmseOfTruth) {}

    /** The shape of Netflix' ratings, smaller: rank 10, noise 0.8. */
    public static Set netflix(int users, int items, int ratings, long seed) {
        return of(users, items, ratings, 10, 0.8, 0.6, seed);
    }

    /**
     * Ratings of a shape.
     *
     * @param skew how much more the more popular are rated: popularity falls with rank to this power
     */
    public static Set of(int users, int items, int ratings, int rank, double noise, double skew, long seed) {
        var random = new SplittableRandom(seed);
        var user = new float[users][rank + 1];
        var item = new float[items][rank + 1];
        fill(user, rank, random, 0.35);
        fill(item, rank, random, 0.45);
        var ofUser = popularity(users, skew / 2, random);
        var ofItem = popularity(items, skew, random);
        var u = new int[ratings];
        var i = new int[ratings];
        var value = new float[ratings];
        double squares = 0;
        for (int n = 0; n < ratings; n++) {
            u[n] = draw(ofUser, random);
            i[n] = draw(ofItem, random);
            double truth = MEAN + user[u[n]][rank] + item[i[n]][rank];
            for (int c = 0; c < rank; c++) {
                truth += user[u[n]][c] * item[i[n]][c];
            }
            value[n] = Math.clamp(Math.round(truth + noise * random.nextGaussian()), 1, 5);
            double error = value[n] - Math.clamp(truth, 1, 5);
            squares += error * error;
        }
        return new Set(new Ratings(List.of(), List.of(), users, items, u, i, value), Math.sqrt(squares / ratings));
    }

    private static void fill(float[][] rows, int rank, SplittableRandom random, double bias) {
        double scale = Math.pow(0.36 / rank, 0.25); // so that the products vary by 0.6
        for (var row : rows) {
            for (int c = 0; c < rank; c++) {
                row[c] = (float) (scale * random.nextGaussian());
            }
            row[rank] = (float) (bias * random.nextGaussian());
        }
    }

    private static double[] popularity(int n, double skew, SplittableRandom random) {
        var weights = new double[n];
        for (int k = 0; k < n; k++) {
            weights[k] = Math.pow(k + 10.0, -skew);
        }
        for (int k = n - 1; k > 0; k--) {
            int other = random.nextInt(k + 1);
            double weight = weights[k];
            weights[k] = weights[other];
            weights[other] = weight;
        }
        for (int k = 1; k < n; k++) {
            weights[k] += weights[k - 1];
        }
        return weights;
    }

    private static int draw(double[] cumulated, SplittableRandom random) {
        int at = java.util.Arrays.binarySearch(cumulated, random.nextDouble() * cumulated[cumulated.length - 1]);
        return Math.min(at < 0 ? -at - 1 : at, cumulated.length - 1);
    }
}
