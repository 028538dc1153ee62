package orrery.engine.train;

import java.util.Arrays;

/** How well scores rank positives above negatives. */
public final class RocCurve {
    private RocCurve() {}

    /** Area under the ROC curve: the chance that a positive outranks a negative; ties count half. */
    public static double area(double[] scores, boolean[] isPositive) {
        int n = scores.length;
        var order = new Integer[n];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(scores[a], scores[b]));
        double ranks = 0;
        long positives = 0;
        for (int i = 0; i < n; ) {
            int j = i;
            int positivesHere = 0;
            for (; j < n && Double.compare(scores[order[j]], scores[order[i]]) == 0; j++) {
                positivesHere += isPositive[order[j]] ? 1 : 0;
            }
            ranks += positivesHere * (i + 1 + j) / 2.0; // the mean rank of equal scores
            positives += positivesHere;
            i = j;
        }
        long negatives = n - positives;
        return positives == 0 || negatives == 0
                ? Double.NaN
                : (ranks - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
    }
}
