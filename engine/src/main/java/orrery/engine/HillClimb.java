package orrery.engine;

import java.util.BitSet;

/**
 * Finds with how many workers a clock takes least time: goes up in growing steps while that helps, or down by halves, then to
 * and fro in shrinking ones, each number once, and stays when the next would differ by less than a quarter. When a clock later takes another time than it did, it tries again from where it is (FlexPS,
 * section 4: automatic parallelism, there by single steps and once). Deterministic; knows no clock of its own.
 */
public final class HillClimb {
    private static final int NEAR = 4;
    private static final double NOISE = 0.03; // less is no gain
    private static final double DRIFT = 0.5;
    private static final int WINDOWS_OF_DRIFT = 3;
    private static final double MEMORY = 0.7; // of how long a clock took before, now that it is settled

    private final int most;
    private int best;
    private double bestSeconds = Double.POSITIVE_INFINITY;
    private int step;
    private boolean triesUp = true;
    private int trying; // 0 if settled
    private int windowsOff;
    private final BitSet tried = new BitSet(); // on this climb

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
        step = first;
        tried.set(first);
    }

    /** With how many to go on. */
    public int workers() {
        return trying == 0 ? best : trying;
    }

    /** Whether it has found what it looks for. */
    public boolean isSettled() {
        return trying == 0;
    }

    /** So long has a clock taken with {@link #workers()}. */
    public void observed(double secondsPerClock) {
        if (trying == 0) {
            if (Math.abs(secondsPerClock - bestSeconds) <= DRIFT * bestSeconds) {
                windowsOff = 0; // what was found was a lucky window, too
                bestSeconds = MEMORY * bestSeconds + (1 - MEMORY) * secondsPerClock;
            } else if (++windowsOff >= WINDOWS_OF_DRIFT) {
                windowsOff = 0;
                bestSeconds = secondsPerClock;
                step = Math.max(1, best / 2);
                triesUp = true;
                tried.clear();
                tried.set(best);
                next();
            }
        } else if (bestSeconds == Double.POSITIVE_INFINITY) {
            bestSeconds = secondsPerClock;
            next();
        } else if (secondsPerClock < (1 - NOISE) * bestSeconds) {
            best = trying;
            bestSeconds = secondsPerClock;
            step *= 2;
            next();
        } else if (triesUp) {
            triesUp = false;
            next();
        } else {
            triesUp = true;
            step /= 2;
            next();
        }
    }

    /** The next to try: up, down, and then with half the step. */
    private void next() {
        while (step > 0 && NEAR * step >= best) {
            int at = triesUp ? Math.min(most, best + step) : Math.max((best + 1) / 2, best - step);
            if (!tried.get(at)) {
                tried.set(at);
                trying = at;
                return;
            }
            if (!triesUp) {
                step /= 2;
            }
            triesUp = !triesUp;
        }
        trying = 0;
    }
}
