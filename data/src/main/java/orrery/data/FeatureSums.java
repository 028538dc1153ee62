package orrery.data;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Sums over examples, by feature: how often it is there, its values and their squares; and those of the labels. Of more than
 * {@link #MOST} features, or such that have keys, all features together have one sum of each. Confined to one thread until it
 * is complete.
 */
public final class FeatureSums implements Serializable {
    private static final long serialVersionUID = 1;

    /** So many features have sums of their own, which take 80 MiB; where there are more, none has. */
    public static final int MOST = 1 << 22;

    private boolean isOverall; // there are no sums by feature
    private long valueCount; // of all features together, without zeros
    private double valueSquares;
    private int[] counts = new int[0];
    private double[] sums = new double[0];
    private double[] squares = new double[0];
    private long examples;
    private long nonZeros;
    private double labelMean;
    private double labelSquares; // of the differences from the mean

    /** The sums of all examples. */
    public static FeatureSums of(Examples examples) {
        var sums = new FeatureSums();
        sums.isOverall = examples.areKeyed();
        sums.room(examples.features());
        sums.add(examples);
        return sums;
    }

    /**
     * Sums that were found elsewhere, of examples whose labels are classes.
     *
     * @param nonZeros features of all examples together
     * @param counts by feature: in how many examples it is not 0; nothing more need be given where it is in none
     * @param means by feature, of the values that are not 0
     * @param squaresFromMean by feature, of those values, the sum of their squared differences from the mean
     */
    public static FeatureSums of(long examples, long nonZeros, int[] counts, double[] means, double[] squaresFromMean) {
        var sums = new FeatureSums();
        sums.room(counts.length);
        for (int f = 0; f < counts.length; f++) {
            double square = squaresFromMean[f] + counts[f] * means[f] * means[f];
            sums.valueCount += counts[f];
            sums.valueSquares += square;
            if (!sums.isOverall) {
                sums.counts[f] = counts[f];
                sums.sums[f] = counts[f] * means[f];
                sums.squares[f] = square;
            }
        }
        sums.examples = examples;
        sums.nonZeros = nonZeros;
        return sums;
    }

    private void room(int features) {
        if (isOverall || features > MOST) {
            isOverall = true;
            counts = new int[0];
            sums = new double[0];
            squares = new double[0];
        } else if (features > counts.length) {
            int length = Math.max(features, (int) Math.min(Integer.MAX_VALUE - 8, 1.5 * counts.length));
            counts = Arrays.copyOf(counts, length);
            sums = Arrays.copyOf(sums, length);
            squares = Arrays.copyOf(squares, length);
        }
    }

    /** Adds examples. */
    public void add(Examples more) {
        for (var part : more.parts()) {
            add(part);
        }
    }

    void add(Examples.Part part) {
        isOverall |= part.keyed() != null;
        int most = -1;
        for (int k = 0; k < part.nonZeros(); k++) {
            most = Math.max(most, part.indices()[k]);
            double value = part.values()[k];
            valueCount += value == 0 ? 0 : 1;
            valueSquares += value * value;
        }
        room(most + 1);
        for (int k = 0; !isOverall && k < part.nonZeros(); k++) {
            int index = part.indices()[k];
            double value = part.values()[k];
            counts[index] += value == 0 ? 0 : 1;
            sums[index] += value;
            squares[index] += value * value;
        }
        nonZeros += part.nonZeros();
        for (double label : part.labels()) {
            examples++;
            double off = label - labelMean;
            labelMean += off / examples;
            labelSquares += off * (label - labelMean);
        }
    }

    /** Adds the sums of other examples. */
    void addAll(FeatureSums other) {
        isOverall |= other.isOverall;
        room(other.counts.length);
        valueCount += other.valueCount;
        valueSquares += other.valueSquares;
        for (int f = 0; !isOverall && f < other.counts.length; f++) {
            counts[f] += other.counts[f];
            sums[f] += other.sums[f];
            squares[f] += other.squares[f];
        }
        nonZeros += other.nonZeros;
        long all = examples + other.examples;
        if (all > 0) {
            double off = other.labelMean - labelMean;
            labelSquares += other.labelSquares + off * off * examples * other.examples / all;
            labelMean += off * other.examples / all;
        }
        examples = all;
    }

    /** Whether all features together have one sum of each: {@link #overallRoot} stands for the root of any. */
    public boolean isOverall() {
        return isOverall;
    }

    /** The root of the mean square of all features where they are there; 0 if none is anywhere. */
    public double overallRoot() {
        return valueCount == 0 ? 0 : Math.sqrt(valueSquares / valueCount);
    }

    /** Features from this number on are in no example; 0 where there are no sums by feature. */
    public int features() {
        return counts.length;
    }

    public long examples() {
        return examples;
    }

    /** Features that an example has, in the mean. */
    public double nonZerosPerExample() {
        return examples == 0 ? 0 : nonZeros / (double) examples;
    }

    /** Whether all examples have a feature. */
    public boolean isInAll(int feature) {
        return feature < counts.length && counts[feature] == examples;
    }

    /** The mean of a feature where it is there. */
    public double mean(int feature) {
        return feature >= counts.length || counts[feature] == 0 ? 0 : sums[feature] / counts[feature];
    }

    /** The root of the mean square of a feature where it is there; 0 if it is nowhere. */
    public double root(int feature) {
        return feature >= counts.length || counts[feature] == 0 ? 0 : Math.sqrt(squares[feature] / counts[feature]);
    }

    /** The sum of the squared differences of a feature from its mean over all examples, those that lack it included. */
    public double squaresFromMean(int feature) {
        return feature >= counts.length ? 0 : Math.max(0, squares[feature] - sums[feature] * sums[feature] / examples);
    }

    public double labelMean() {
        return labelMean;
    }

    public double labelDeviation() {
        return examples == 0 ? 0 : Math.sqrt(labelSquares / examples);
    }
}
