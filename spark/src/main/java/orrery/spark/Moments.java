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

    private static final int COUNT = 0; // sparse features are visited at random: what is seen together lies together
    private static final int FIRST = 1;
    private static final int SUM = 0; // of the differences from the first; most features of texts have none
    private static final int SQUARES = 1; // of these

    private double[] seen; // count and first value, by feature
    private double[] off; // sum and squares, by feature
    private int[] missing = new int[0]; // by feature; none beyond

    Moments(int features) {
        seen = new double[2 * features];
        off = new double[2 * features];
    }

    int features() {
        return seen.length / 2;
    }

    /** Makes room for more features. */
    void room(int features) {
        if (features > features()) {
            seen = Arrays.copyOf(seen, 2 * features);
            off = Arrays.copyOf(off, 2 * features);
        }
    }

    /** Adds a value, which may be 0. */
    void add(int feature, double value) {
        int at = 2 * feature;
        if (seen[at + COUNT]++ == 0) {
            seen[at + FIRST] = value;
        }
        double difference = value - seen[at + FIRST];
        if (difference != 0) {
            off[at + SUM] += difference;
            off[at + SQUARES] += difference * difference;
        }
    }

    /** Notes a value that is missing. */
    void addMissing(int feature) {
        if (feature >= missing.length) {
            missing = Arrays.copyOf(missing, features());
        }
        missing[feature]++;
    }

    /** How many values were missing. */
    long missing(int feature) {
        return feature < missing.length ? missing[feature] : 0;
    }

    /** Adds what another part has. */
    void add(Moments part) {
        room(part.features());
        missing = Arrays.copyOf(missing, Math.max(missing.length, part.missing.length));
        for (int f = 0; f < part.missing.length; f++) {
            missing[f] += part.missing[f];
        }
        for (int f = 0; f < part.features(); f++) {
            int at = 2 * f;
            if (part.count(f) == 0) {
                continue;
            }
            if (count(f) == 0) {
                System.arraycopy(part.seen, at, seen, at, 2);
                System.arraycopy(part.off, at, off, at, 2);
                continue;
            }
            double both = (double) count(f) + part.count(f);
            double apart = part.mean(f) - mean(f);
            double around =
                    squaresFromMean(f) + part.squaresFromMean(f) + apart * apart * count(f) * part.count(f) / both;
            double mean = mean(f) + apart * part.count(f) / both;
            seen[at + COUNT] = both;
            off[at + SUM] = (mean - seen[at + FIRST]) * both;
            off[at + SQUARES] = around + off[at + SUM] * off[at + SUM] / both;
        }
    }

    int count(int feature) {
        return (int) seen[2 * feature + COUNT];
    }

    double mean(int feature) {
        int at = 2 * feature;
        return seen[at + COUNT] == 0 ? 0 : seen[at + FIRST] + off[at + SUM] / seen[at + COUNT];
    }

    double squaresFromMean(int feature) {
        int at = 2 * feature;
        double ofMean = seen[at + COUNT] == 0 ? 0 : off[at + SUM] / seen[at + COUNT] * off[at + SUM];
        return Math.max(0, off[at + SQUARES] - ofMean);
    }

    /** The deviation; 0 if all values are the same. */
    double deviation(int feature) {
        return count(feature) == 0 ? 0 : Math.sqrt(squaresFromMean(feature) / count(feature));
    }
}
