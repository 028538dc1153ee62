package orrery.engine.stage;

/**
 * Finds with how many workers a clock takes least time: by doublings or halves while that helps, then between what has been
 * found better and worse, until the next would differ by less than a quarter; and stays. When a clock later takes another time
 * than it did, it tries again from where it is (FlexPS, section 4: automatic parallelism, there by single steps and once).
 * Deterministic; knows no clock of its own.
 */
public final class HillClimb {
    private static final int NEAR = 4;
    private static final double NOISE = 0.03; // less is no gain
    private static final double DRIFT = 0.5;
    private static final int WINDOWS_OF_DRIFT = 3;
    private static final double MEMORY = 0.7; // of how long a clock took before, now that it is settled
    private static final int NONE = 0;

    private final int most;
    private int best;
    private double bestSeconds = Double.POSITIVE_INFINITY;
    private int above = NONE; // the least number that is worse and greater than the best
    private int below = NONE; // the greatest that is worse and less
    private boolean triesUp = true;
    private int trying; // NONE if settled
    private int windowsOff;

    /**
     * @param first how many to begin with
     * @param most how many at most
     */
    public HillClimb(int first, int most) {
        if (first < 1 || first > most) {
            throw new IllegalArgumentException("a climb begins between 1 and " + most + ", asked for " + first);
        }
        this.most = most;
        best = first;
        trying = first;
    }

    /** With how many to go on. */
    public int workers() {
        return trying == NONE ? best : trying;
    }

    /** Whether it has found what it looks for. */
    public boolean isSettled() {
        return trying == NONE;
    }

    /** So long has a clock taken with {@link #workers()}. */
    public void observed(double secondsPerClock) {
        if (trying == NONE) {
            if (Math.abs(secondsPerClock - bestSeconds) <= DRIFT * bestSeconds) {
                windowsOff = 0; // what was found was a lucky window, too
                bestSeconds = MEMORY * bestSeconds + (1 - MEMORY) * secondsPerClock;
            } else if (++windowsOff >= WINDOWS_OF_DRIFT) {
                windowsOff = 0;
                bestSeconds = secondsPerClock;
                above = NONE;
                below = NONE;
                triesUp = true;
                next();
            }
            return;
        }
        boolean isFirst = bestSeconds == Double.POSITIVE_INFINITY;
        if (isFirst || secondsPerClock < (1 - NOISE) * bestSeconds) {
            if (trying > best) {
                below = best;
            } else if (trying < best) {
                above = best;
            }
            best = trying;
            bestSeconds = secondsPerClock;
        } else {
            if (trying > best) {
                above = trying;
            } else {
                below = trying;
            }
            triesUp = !triesUp;
        }
        next();
    }

    /** On in the same direction, else in the other. */
    private void next() {
        for (int direction = 0; direction < 2; direction++) {
            int at = triesUp ? up() : down();
            boolean isKnown = triesUp ? above != NONE : below != NONE;
            boolean isNear = NEAR * Math.abs(at - best) < best;
            if (at != best && at != above && at != below && !(isKnown && isNear)) {
                trying = at;
                return;
            }
            triesUp = !triesUp;
        }
        trying = NONE;
    }

    private int up() {
        return above == NONE ? Math.min(most, 2 * best) : (best + above) / 2;
    }

    private int down() {
        return below == NONE ? (best + 1) / 2 : (best + below + 1) / 2;
    }
}
