package orrery.learn.topic;

/** The logarithm of the gamma function, and its differences from a prior on, which are asked for again and again. */
final class LogGamma {
    private static final int KNOWN = 1 << 12;

    private final double prior;
    private final double[] rises = new double[KNOWN]; // by count

    /** @param prior above 0 */
    LogGamma(double prior) {
        this.prior = prior;
        double sum = 0;
        for (int n = 0; n < KNOWN; n++) {
            rises[n] = sum;
            sum += Math.log(prior + n);
        }
    }

    /** log gamma(prior + count) - log gamma(prior). */
    double rise(long count) {
        return count < KNOWN ? rises[(int) count] : of(prior + count) - of(prior);
    }

    /** By Stirling's series, for x above 0; 13 digits. */
    static double of(double x) {
        double shift = 0;
        while (x < 10) {
            shift -= Math.log(x);
            x++;
        }
        double y = 1 / (x * x);
        return shift
                + (x - 0.5) * Math.log(x)
                - x
                + 0.9189385332046727
                + (1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y / 1680))) / x;
    }
}
