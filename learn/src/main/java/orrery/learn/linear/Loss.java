package orrery.learn.linear;

/** What a linear model's error on an example costs. */
public enum Loss {
    /** log(1 + exp(-y m)), y = -1 or 1, m the margin. */
    LOGISTIC,
    /** max(0, 1 - y m). */
    HINGE,
    /** max(0, 1 - y m)^2. */
    SQUARED_HINGE,
    /** -log p_y, p the softmax of the margins, one per class. */
    SOFTMAX,
    /** (m - y)^2 / 2. */
    SQUARED;

    /** The cost of a margin; not for {@link #SOFTMAX}. */
    double of(double margin, double y) {
        return switch (this) {
            case LOGISTIC -> log1pExp(-y * margin);
            case HINGE -> Math.max(0, 1 - y * margin);
            case SQUARED_HINGE -> {
                double short1 = Math.max(0, 1 - y * margin);
                yield short1 * short1;
            }
            case SQUARED -> (margin - y) * (margin - y) / 2;
            case SOFTMAX -> throw new IllegalArgumentException("softmax has a margin per class");
        };
    }

    /** The derivative of the cost by the margin; not for {@link #SOFTMAX}. */
    double slope(double margin, double y) {
        return switch (this) {
            case LOGISTIC -> -y / (1 + Math.exp(y * margin));
            case HINGE -> y * margin < 1 ? -y : 0;
            case SQUARED_HINGE -> -2 * y * Math.max(0, 1 - y * margin);
            case SQUARED -> margin - y;
            case SOFTMAX -> throw new IllegalArgumentException("softmax has a margin per class");
        };
    }

    /** log(1 + exp(x)) without overflow; to 1e-16, for which log1p would take ten times as long. */
    static double log1pExp(double x) {
        return Math.max(x, 0) + Math.log(1 + Math.exp(-Math.abs(x)));
    }

    /** Whether labels are classes, not numbers. */
    boolean isClassification() {
        return this != SQUARED;
    }

    /** Turns margins into probabilities, in place, and returns the log of what they summed up to. */
    static double softmax(float[] margins) {
        float max = margins[0];
        for (float margin : margins) {
            max = Math.max(max, margin);
        }
        double sum = 0;
        for (int k = 0; k < margins.length; k++) {
            double e = Math.exp(margins[k] - max); // shifted by max: no overflow
            margins[k] = (float) e;
            sum += e;
        }
        for (int k = 0; k < margins.length; k++) {
            margins[k] = (float) (margins[k] / sum);
        }
        return max + Math.log(sum);
    }

    /** The largest second derivative by the margin, of smooth losses. */
    double smoothness() {
        return switch (this) {
            case LOGISTIC -> 0.25;
            case SQUARED_HINGE -> 2;
            case SQUARED, SOFTMAX -> 1;
            case HINGE -> Double.POSITIVE_INFINITY;
        };
    }
}
