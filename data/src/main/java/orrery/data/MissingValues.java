package orrery.data;

import java.util.Arrays;
import orrery.data.Examples.Part;

/**
 * Whether it means something that a value is missing: whether the labels of the examples that lack it are others than of
 * those that have it. Only then an indicator feature helps; otherwise it would be noise. Confined to one thread.
 */
final class MissingValues {
    private static final int LEAST = 10; // missing values, to judge by
    private static final double STANDARD_ERRORS = 4;

    private boolean labelsAreNumbers;
    private long examples;
    private double sum; // of labels
    private double squares;
    private long[] classes = new long[0]; // examples by class
    private long[] missing = new long[0]; // by column
    private double[] sums = new double[0]; // of the labels where the column's value is missing
    private long[][] missingByClass = new long[0][];

    /** Adds a part whose missing values are marked by features from {@code columns} on, one per column. */
    void add(Part part, int columns, boolean areNumbers) {
        labelsAreNumbers = areNumbers;
        if (missing.length == 0) {
            missing = new long[columns];
            sums = new double[columns];
            missingByClass = new long[columns][];
            Arrays.setAll(missingByClass, c -> new long[0]);
        }
        for (int i = 0; i < part.size(); i++) {
            double label = part.labels()[i];
            examples++;
            if (labelsAreNumbers) {
                sum += label;
                squares += label * label;
            } else {
                classes = counted(classes, (int) label);
            }
            for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                int column = part.indices()[k] - columns;
                if (column >= 0 && column < columns) {
                    missing[column]++;
                    if (labelsAreNumbers) {
                        sums[column] += label;
                    } else {
                        missingByClass[column] = counted(missingByClass[column], (int) label);
                    }
                }
            }
        }
    }

    private static long[] counted(long[] counts, int at) {
        var longer = at < counts.length ? counts : Arrays.copyOf(counts, Math.max(at + 1, 2 * counts.length));
        longer[at]++;
        return longer;
    }

    /** Whether the missing values of a column go with other labels than the values that are there. */
    boolean tells(int column) {
        if (column >= missing.length || missing[column] < LEAST || examples - missing[column] < LEAST) {
            return false;
        }
        double part = missing[column] / (double) examples;
        if (labelsAreNumbers) {
            double mean = sum / examples;
            double variance = squares / examples - mean * mean;
            double off = sums[column] / missing[column] - mean;
            return off * off * missing[column] > STANDARD_ERRORS * STANDARD_ERRORS * variance * (1 - part);
        }
        double chi = 0;
        int kinds = 0;
        for (int k = 0; k < classes.length; k++) {
            double due = classes[k] * part;
            if (due > 0) {
                long is = k < missingByClass[column].length ? missingByClass[column][k] : 0;
                chi += (is - due) * (is - due) / (due * (1 - part));
                kinds++;
            }
        }
        return chi > kinds - 1 + STANDARD_ERRORS * Math.sqrt(2.0 * kinds) + STANDARD_ERRORS * STANDARD_ERRORS;
    }
}
