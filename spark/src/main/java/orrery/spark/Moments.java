package orrery.spark;

import java.io.Serializable;
import java.util.Arrays;

/**
 * By feature, of its values that are not 0: how many, their mean, and the sum of the squared differences from it. Values are
 * counted from the first that came, so that sums of those far from 0 keep their digits; parts are added up by Chan, Golub and
 * LeVeque (1983). Confined to one thread.
 */
final class Moments implements Serializable {
    private static final long serialVersionUID = 1;

    private int[] counts;
    private double[] firsts;
    private double[] sums; // of the differences from the first
    private double[] squares; // of these

    Moments(int features) {
        counts = new int[features];
        firsts = new double[features];
        sums = new double[features];
        squares = new double[features];
    }

    int features() {
        return counts.length;
    }

    /** The same with room for more features. */
    void room(int features) {
        if (features > counts.length) {
            counts = Arrays.copyOf(counts, features);
            firsts = Arrays.copyOf(firsts, features);
            sums = Arrays.copyOf(sums, features);
            squares = Arrays.copyOf(squares, features);
        }
    }

    /** Adds a value, which may be 0. */
    void add(int feature, double value) {
        if (counts[feature]++ == 0) {
            firsts[feature] = value;
        }
        double difference = value - firsts[feature];
        sums[feature] += difference;
        squares[feature] += difference * difference;
    }

    /** Adds what another part has. */
    void add(Moments part) {
        room(part.features());
        for (int f = 0; f < part.features(); f++) {
            if (part.counts[f] == 0) {
                continue;
            }
            if (counts[f] == 0) {
                counts[f] = part.counts[f];
                firsts[f] = part.firsts[f];
                sums[f] = part.sums[f];
                squares[f] = part.squares[f];
                continue;
            }
            double both = (double) counts[f] + part.counts[f];
            double off = part.mean(f) - mean(f);
            double around =
                    squaresFromMean(f) + part.squaresFromMean(f) + off * off * counts[f] * part.counts[f] / both;
            double mean = mean(f) + off * part.counts[f] / both;
            counts[f] += part.counts[f];
            sums[f] = (mean - firsts[f]) * counts[f];
            squares[f] = around + sums[f] * sums[f] / counts[f];
        }
    }

    int count(int feature) {
        return counts[feature];
    }

    double mean(int feature) {
        return counts[feature] == 0 ? 0 : firsts[feature] + sums[feature] / counts[feature];
    }

    double squaresFromMean(int feature) {
        return counts[feature] == 0
                ? 0
                : Math.max(0, squares[feature] - sums[feature] / counts[feature] * sums[feature]);
    }

    /** The deviation; 0 if all values are the same. */
    double deviation(int feature) {
        return counts[feature] == 0 ? 0 : Math.sqrt(squaresFromMean(feature) / counts[feature]);
    }
}
