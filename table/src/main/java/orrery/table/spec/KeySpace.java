package orrery.table.spec;

import java.io.Serializable;

/**
 * Which rows a sparse table makes, and which it drops again: of keys in any number most are seen once, and their rows would
 * take memory for nothing. What an update adds to a row that is not made is lost; the row reads as it begins.
 *
 * @param after a row is made by its n-th update, one per worker and clock, and those before are lost; 1 to 15. Counted by a
 *     counting Bloom filter per block, so one key in six may be made earlier; what was counted is forgotten after some time
 * @param probability with which an update of a row that is not there makes it, in (0, 1] (both: McMahan et al., "Ad Click
 *     Prediction: a View from the Trenches", KDD 2013, section 4.1)
 * @param unused a row that has had no update for more than so many clocks is dropped at the next cut; 0 for never
 */
public record KeySpace(int after, double probability, long unused) implements Serializable {
    /** All rows are made, and stay. */
    public static final KeySpace ALL = new KeySpace(1, 1, 0);

    private static final int MOST_COUNTED = 15;

    public KeySpace {
        if (after < 1 || after > MOST_COUNTED) {
            throw new IllegalArgumentException(
                    "a row is made by its 1st to " + MOST_COUNTED + "th update, asked for the " + after + "th");
        }
        if (!(probability > 0 && probability <= 1)) {
            throw new IllegalArgumentException(
                    "the probability that a row is made must be above 0 and at most 1, got " + probability);
        }
        if (unused < 0) {
            throw new IllegalArgumentException("unused clocks must be 0 or more, got " + unused);
        }
    }

    public KeySpace after(int updates) {
        return new KeySpace(updates, probability, unused);
    }

    public KeySpace withProbability(double other) {
        return new KeySpace(after, other, unused);
    }

    public KeySpace droppingUnused(long clocks) {
        return new KeySpace(after, probability, clocks);
    }

    /** Whether some updates do not make a row. */
    public boolean refusesSome() {
        return after > 1 || probability < 1;
    }
}
