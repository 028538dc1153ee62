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

    private static final int CELLS = 5; // of a feature side by side, since sparse features are visited at random
    private static final int COUNT = 0;
    private static final int FIRST = 1;
    private static final int SUM = 2; // of the differences from the first
    private static final int SQUARES = 3; // of these

    private static final int MISSING = 4;

    private double[] cells;

    Moments(int features) {
        cells = new double[CELLS * features];
    }

    int features() {
        return cells.length / CELLS;
    }

    /** Makes room for more features. */
    void room(int features) {
        if (features > features()) {
            cells = Arrays.copyOf(cells, CELLS * features);
        }
    }

    /** Adds a value, which may be 0. */
    void add(int feature, double value) {
        int at = CELLS * feature;
        if (cells[at + COUNT]++ == 0) {
            cells[at + FIRST] = value;
        }
        double difference = value - cells[at + FIRST];
        cells[at + SUM] += difference;
        cells[at + SQUARES] += difference * difference;
    }

    /** Notes a value that is missing. */
    void addMissing(int feature) {
        cells[CELLS * feature + MISSING]++;
    }

    /** How many values were missing. */
    long missing(int feature) {
        return (long) cells[CELLS * feature + MISSING];
    }

    /** Adds what another part has. */
    void add(Moments part) {
        room(part.features());
        for (int f = 0; f < part.features(); f++) {
            int at = CELLS * f;
            cells[at + MISSING] += part.missing(f);
            if (part.count(f) == 0) {
                continue;
            }
            if (count(f) == 0) {
                System.arraycopy(part.cells, at, cells, at, MISSING);
                continue;
            }
            double both = (double) count(f) + part.count(f);
            double off = part.mean(f) - mean(f);
            double around = squaresFromMean(f) + part.squaresFromMean(f) + off * off * count(f) * part.count(f) / both;
            double mean = mean(f) + off * part.count(f) / both;
            cells[at + COUNT] = both;
            cells[at + SUM] = (mean - cells[at + FIRST]) * both;
            cells[at + SQUARES] = around + cells[at + SUM] * cells[at + SUM] / both;
        }
    }

    int count(int feature) {
        return (int) cells[CELLS * feature + COUNT];
    }

    double mean(int feature) {
        int at = CELLS * feature;
        return cells[at + COUNT] == 0 ? 0 : cells[at + FIRST] + cells[at + SUM] / cells[at + COUNT];
    }

    double squaresFromMean(int feature) {
        int at = CELLS * feature;
        double ofMean = cells[at + COUNT] == 0 ? 0 : cells[at + SUM] / cells[at + COUNT] * cells[at + SUM];
        return Math.max(0, cells[at + SQUARES] - ofMean);
    }

    /** The deviation; 0 if all values are the same. */
    double deviation(int feature) {
        return count(feature) == 0 ? 0 : Math.sqrt(squaresFromMean(feature) / count(feature));
    }
}
