package orrery.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which labels there are, how often each, and how often one follows another. Looks at no more than {@link Stream#MOST_LABELS}. */
final class LabelCounts {
    private static final int LEAST_TO_JUDGE = 100; // examples
    private static final double SORTED = 0.1; // of the changes of a random order

    private double[] labels = new double[16]; // ascending
    private long[] counts = new long[16];
    private int size;
    private long changes;
    private double before = Double.NaN;

    /** The next label. */
    void add(double label) {
        if (size > Stream.MOST_LABELS) {
            return;
        }
        changes += label == before || Double.isNaN(before) ? 0 : 1;
        before = label;
        add(label, 1);
    }

    /** The labels of another place. */
    void addAll(LabelCounts other) {
        for (int i = 0; i < other.size && size <= Stream.MOST_LABELS; i++) {
            add(other.labels[i], other.counts[i]);
        }
        changes += other.changes;
    }

    private void add(double label, long count) {
        int at = Arrays.binarySearch(labels, 0, size, label);
        if (at >= 0) {
            counts[at] += count;
            return;
        }
        if (size == labels.length) {
            labels = Arrays.copyOf(labels, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
        }
        int to = -at - 1;
        System.arraycopy(labels, to, labels, to + 1, size - to);
        System.arraycopy(counts, to, counts, to + 1, size - to);
        labels[to] = label;
        counts[to] = count;
        size++;
    }

    /** The different ones, ascending; one more than the most if there are more. */
    List<Double> distinct() {
        var all = new ArrayList<Double>();
        for (int i = 0; i < Math.min(size, Stream.MOST_LABELS + 1); i++) {
            all.add(labels[i]);
        }
        return List.copyOf(all);
    }

    /** The label of most examples so far as they were looked at; the least of equals. */
    double commonest() {
        int best = 0;
        for (int i = 1; i < size; i++) {
            best = counts[i] > counts[best] ? i : best;
        }
        return size == 0 ? Double.NaN : labels[best];
    }

    /** Whether labels change far more seldom from example to example than they would in a random order. */
    boolean areSorted() {
        double n = Arrays.stream(counts, 0, size).sum();
        double same = Arrays.stream(counts, 0, size)
                .mapToDouble(count -> count / n * count / n)
                .sum();
        return n >= LEAST_TO_JUDGE && changes < n * (1 - same) * SORTED;
    }
}
