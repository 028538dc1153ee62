package orrery.learn.topic;

import java.util.Arrays;

/**
 * Proposes topics for a word as often as its document has them: the topic of any of the document's words, or any topic by its
 * prior (Yuan et al., "LightLDA", section 3.3). No table is needed but one for priors that differ. Confined to one thread.
 */
final class DocumentProposals {
    private final float[] alpha;
    private double sum;
    private boolean isEven; // all priors are the same
    private final Alias byPrior = new Alias();

    DocumentProposals(float[] alpha) {
        this.alpha = new float[alpha.length];
        alpha(alpha);
    }

    /** Other priors of topics. */
    void alpha(float[] next) {
        if (Arrays.equals(alpha, next)) {
            return;
        }
        System.arraycopy(next, 0, alpha, 0, alpha.length);
        sum = 0;
        isEven = true;
        var weights = new double[alpha.length];
        for (int k = 0; k < alpha.length; k++) {
            weights[k] = alpha[k];
            sum += alpha[k];
            isEven &= alpha[k] == alpha[0];
        }
        byPrior.room(alpha.length);
        byPrior.make(0, alpha.length, weights, sum);
    }

    /** The prior of a topic. */
    float alpha(int topic) {
        return isEven ? alpha[0] : alpha[topic];
    }

    /**
     * Draws a topic.
     *
     * @param topicOf by word
     * @param first the first word of the document
     * @param last the one after its last
     */
    int draw(int[] topicOf, int first, int last, RandomNumbers random) {
        double drawn = random.next() * (last - first + sum);
        if (drawn < last - first) {
            return topicOf[first + (int) drawn];
        }
        return isEven ? random.below(alpha.length) : byPrior.draw(0, alpha.length, random);
    }
}
