package orrery.learn.linear;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples;
import orrery.data.FeatureSums;
import orrery.table.spec.UpdateRule;

/**
 * Brings examples to a scale on which one learning rate suits all data, and weights back. Immutable.
 *
 * <p>A feature is divided by the root of its mean square where it is not 0; one that is never 0 is counted from its mean
 * first. Then an example has the squared length N = 1 + its features, in the mean, and the rate is {@code max(4 / N, 0.6 /
 * sqrt(N))}: so a step changes a margin by about as much, however many features there are and whatever they are measured
 * in. The aim is that of Ross, Mineiro and Langford ("Normalized Online Learning", UAI 2013); the scales are found by a
 * pass over the data beforehand, not as bounds on the way. Plain gradient descent, whose steps grow with the features,
 * divides by N. Numbers to be learned are counted from their mean and divided by their deviation.
 *
 * <p>Measured on 30 data sets against the best of liblinear and least squares; DESIGN.md, "Defaults that learn".
 */
final class Conditioning {
    /** Nothing is scaled. */
    static final Conditioning NONE = new Conditioning(null, null, 1, 0, 1, Double.NaN);

    private static final double SMALL = 0.1; // differences of scale that make no difference
    private static final double CONSTANT = 1e-6; // a deviation, over the root of the mean square
    private static final double FEW_FEATURES = 4; // of adaptive rules, over N
    private static final double MANY_FEATURES = 0.6; // over its root
    private static final double OF_ADAM = 1 / 30.0; // of the rate of AdaGrad
    private static final double OF_SGD = 0.5; // over N
    private static final double OF_MOMENTUM = 0.05; // over N
    private static final int ENOUGH = 100_000; // examples that are used, with repetitions
    private static final int LEAST_PASSES = 5;
    private static final int MOST_PASSES = 100;

    private final float @Nullable [] centers; // by feature
    private final float @Nullable [] factors;
    private final float factor; // of all features alike, where there are too many for one each
    private final double labelMean;
    private final double labelDeviation;
    private final double size; // N; NaN if rates are as given

    private Conditioning(
            float @Nullable [] centers,
            float @Nullable [] factors,
            float factor,
            double labelMean,
            double labelDeviation,
            double size) {
        this.centers = centers;
        this.factors = factors;
        this.factor = factor;
        this.labelMean = labelMean;
        this.labelDeviation = labelDeviation;
        this.size = size;
    }

    /**
     * What suits examples with such sums.
     *
     * @param centres whether features may be counted from their mean, which an intercept makes up for
     */
    static Conditioning of(FeatureSums sums, int features, Loss loss, boolean centres) {
        int known = Math.min(features, sums.features()); // others are nowhere, and stay as they are
        boolean isNeeded = false;
        for (int f = 0; f < known && !isNeeded; f++) { // memory is not taken for nothing: there may be 2^24 features
            double mean = mean(sums, f, centres);
            double scale = scale(sums, f, mean);
            isNeeded = scale > 0 && (Math.abs(scale - 1) > SMALL || Math.abs(mean / scale) > SMALL);
        }
        var centers = new float[isNeeded ? features : 0];
        var factors = new float[centers.length];
        Arrays.fill(factors, 1);
        for (int f = 0; isNeeded && f < known; f++) {
            double mean = mean(sums, f, centres);
            double scale = scale(sums, f, mean);
            if (scale > 0) {
                centers[f] = (float) mean;
                factors[f] = (float) (1 / scale);
            }
        }
        boolean scalesLabels = !loss.isClassification() && sums.labelDeviation() > 0;
        double overall = sums.isOverall() ? sums.overallRoot() : 0;
        return new Conditioning(
                isNeeded ? centers : null,
                isNeeded ? factors : null,
                overall > 0 && Math.abs(overall - 1) > SMALL ? (float) (1 / overall) : 1,
                loss.isClassification() || !centres ? 0 : sums.labelMean(),
                scalesLabels ? sums.labelDeviation() : 1,
                1 + sums.nonZerosPerExample());
    }

    /** From which a feature is counted. */
    private static double mean(FeatureSums sums, int feature, boolean centres) {
        double mean = centres && sums.isInAll(feature) ? sums.mean(feature) : 0;
        double root = sums.root(feature);
        boolean isConstant = !(Math.sqrt(Math.max(0, root * root - mean * mean)) > CONSTANT * root);
        return isConstant ? 0 : mean;
    }

    /** By what a feature that is counted from {@code mean} is divided; 0 if it is nowhere. */
    private static double scale(FeatureSums sums, int feature, double mean) {
        double root = sums.root(feature);
        return Math.sqrt(Math.max(0, root * root - mean * mean));
    }

    /** How often so many examples are best used: few of them more often. */
    static int passes(long examples) {
        return Math.clamp((ENOUGH + examples - 1) / Math.max(1, examples), LEAST_PASSES, MOST_PASSES);
    }

    /** The rule at a rate that suits the data, falling to nothing; FTRL's does not fall. */
    UpdateRule rule(UpdateRule asked, long clocks) {
        if (Double.isNaN(size)) {
            return asked;
        }
        double adaptive = Math.max(FEW_FEATURES / size, MANY_FEATURES / Math.sqrt(size));
        double unit = switch (asked) {
            case UpdateRule.Sgd _ -> OF_SGD / size;
            case UpdateRule.Momentum _ -> OF_MOMENTUM / size;
            case UpdateRule.Adam _ -> OF_ADAM * adaptive;
            default -> adaptive;
        };
        var rule = asked.withRate((float) Math.min(Float.MAX_VALUE, asked.rate() * unit));
        return rule instanceof UpdateRule.Ftrl ? rule : new UpdateRule.Decaying(rule, clocks);
    }

    /** The examples as they are learned from. */
    Examples scaled(Examples examples) {
        if (factor != 1) {
            return examples.times(factor);
        }
        return centers == null || factors == null ? examples : examples.scaled(centers, factors);
    }

    /** Whether all features are on one scale, since they are too many for one each. */
    boolean isOverall() {
        return factor != 1;
    }

    /** The features that are counted from a mean, ascending. */
    long[] centred() {
        var at = centers == null ? new float[0] : centers;
        return IntStream.range(0, at.length)
                .filter(f -> at[f] != 0)
                .mapToLong(f -> f)
                .toArray();
    }

    /** What a learned weight of a feature is for examples as they were. */
    float unscaled(long feature, float weight) {
        return factors == null
                ? weight * (float) (factor * labelDeviation)
                : (float) ((double) weight * factors[(int) feature] * labelDeviation);
    }

    /** What is to be learned on from, of a weight for examples as they were. */
    float scaled(long feature, float weight) {
        double scale = factors == null ? factor : feature < factors.length ? factors[(int) feature] : 1;
        return scale == 1 && labelDeviation == 1 ? weight : (float) (weight / (scale * labelDeviation));
    }

    /**
     * The intercepts for examples as they were.
     *
     * @param learned intercepts
     * @param weights that were learned, of {@link #centred} features, row after row
     */
    double[] intercepts(float[] learned, float[] weights) {
        var features = centred();
        var intercepts = new double[learned.length];
        for (int c = 0; c < learned.length; c++) {
            double bias = learned[c];
            for (int i = 0; centers != null && factors != null && i < features.length; i++) {
                int f = (int) features[i];
                bias -= (double) weights[i * learned.length + c] * factors[f] * centers[f];
            }
            intercepts[c] = bias * labelDeviation + labelMean;
        }
        return intercepts;
    }

    /**
     * What is to be learned on from, of intercepts for examples as they were.
     *
     * @param weights for those, of {@link #centred} features, row after row
     */
    float[] scaledIntercepts(double[] intercepts, float[] weights) {
        var features = centred();
        var learned = new float[intercepts.length];
        for (int c = 0; c < learned.length; c++) {
            double bias = (intercepts[c] - labelMean) / labelDeviation;
            for (int i = 0; centers != null && i < features.length; i++) {
                bias += weights[i * learned.length + c] / labelDeviation * centers[(int) features[i]];
            }
            learned[c] = (float) bias;
        }
        return learned;
    }

    /** What is learned in place of a number. */
    double target(double label) {
        return (label - labelMean) / labelDeviation;
    }

    /** By how much a cost of numbers is greater than that of what is learned in their place. */
    double costs() {
        return labelDeviation * labelDeviation;
    }

    /**
     * Makes weights of the examples as they were of those that were learned.
     *
     * @param weights are changed
     * @param learned intercepts
     * @return intercepts
     */
    double[] unscale(float[] weights, float[] learned) {
        int width = learned.length;
        var intercept = new double[width];
        for (int c = 0; c < width; c++) {
            double bias = learned[c];
            for (int f = 0; centers != null && factors != null && f < factors.length; f++) {
                double weight = (double) weights[f * width + c] * factors[f];
                bias -= weight * centers[f];
                weights[f * width + c] = (float) (weight * labelDeviation);
            }
            float alike = (float) (factor * labelDeviation);
            for (int f = 0; factors == null && alike != 1 && f < weights.length / width; f++) {
                weights[f * width + c] *= alike;
            }
            intercept[c] = bias * labelDeviation + labelMean;
        }
        return intercept;
    }
}
