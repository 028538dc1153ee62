package orrery.learn.topic;

import java.io.Serializable;
import orrery.table.cells.CountRows;

/**
 * How topics are found.
 *
 * @param topics how many
 * @param iterations passes over all words
 * @param alpha prior count of each topic in a document; 0 to begin with 5 / topics, 0.1 at most, and go on with the likeliest, which differ from
 *     topic to topic (Wallach, Mimno and McCallum, "Rethinking LDA: Why Priors Matter", NIPS 2009)
 * @param beta prior count of each word in a topic
 * @param sampler how the topic of a word is drawn
 * @param structure which forms rows of counts have; others than mixed are for comparison, and within one member
 */
public record TopicOptions(
        int topics, int iterations, double alpha, double beta, TopicSampler sampler, CountRows.Structure structure)
        implements Serializable {
    private static final int MOST_BETWEEN_CUTS = 5; // passes
    private static final int LEAST_CUTS = 5; // so that one sees how the likelihood goes

    private static final double MOST_AT_FIRST = 0.1; // short documents of few topics would have all of them

    /** 100 topics, 100 iterations. */
    public static final TopicOptions DEFAULT = new TopicOptions(100, 100, 0, 0.01);

    public TopicOptions {
        if (topics < 1 || topics > TopicSampler.LIGHT.mostTopics()) {
            throw new IllegalArgumentException(
                    "topics must be 1 to " + TopicSampler.LIGHT.mostTopics() + ", got " + topics);
        }
        if (topics > sampler.mostTopics()) {
            throw new IllegalArgumentException("the sampler " + sampler + " has up to " + sampler.mostTopics()
                    + " topics, got " + topics + "; light and warp have up to " + TopicSampler.LIGHT.mostTopics());
        }
        if (iterations < 1) {
            throw new IllegalArgumentException("iterations must be 1 or more, got " + iterations);
        }
        if (!(alpha >= 0 && alpha < 1e6)) {
            throw new IllegalArgumentException("alpha must be above 0, got " + alpha);
        }
        if (!(beta > 0 && beta < 1e6)) {
            throw new IllegalArgumentException("beta must be above 0, got " + beta);
        }
    }

    /** The same with rows of counts in other forms. */
    public TopicOptions with(CountRows.Structure structure) {
        return new TopicOptions(topics, iterations, alpha, beta, sampler, structure);
    }

    /** With the default sampler. */
    public TopicOptions(int topics, int iterations, double alpha, double beta) {
        this(topics, iterations, alpha, beta, TopicSampler.EXACT, CountRows.Structure.MIXED);
    }

    public TopicOptions with(TopicSampler sampler) {
        return new TopicOptions(topics, iterations, alpha, beta, sampler, structure);
    }

    /** The prior of each topic, at first. */
    public double prior() {
        return alpha > 0 ? alpha : Math.min(MOST_AT_FIRST, 5.0 / topics);
    }

    /** Whether priors of topics change with what is found. */
    public boolean isAlphaFound() {
        return alpha == 0;
    }

    /** Passes from one cut to the next, at which the likelihood is measured: 5, and fewer where a run would have less than five cuts. */
    public int passesBetweenCuts() {
        return Math.clamp(iterations / LEAST_CUTS, 1, MOST_BETWEEN_CUTS);
    }
}
