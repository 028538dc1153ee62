package orrery.learn.topic;

import java.util.Arrays;

/**
 * Finds the topics of documents that a model has not seen: the mixture under which the document's words, and the prior, are most
 * probable, by expectation maximisation on fixed topics (Asuncion et al., "On Smoothing and Inference for Topic Models", UAI 2009:
 * its maximum a posteriori estimate with priors that are larger by one). Confined to one thread.
 */
public final class Inference {
    private static final int MOST_STEPS = 100;
    private static final double ENOUGH = 1e-5; // change of the mixture, in parts

    private final TopicModel model;
    private final double[] prior; // by topic: beta / (total + words * beta), what each word has of it
    private final double[] inverse;
    private final double[] mixture;
    private final double[] next;
    private final double alphas;
    private int[] words = new int[64];
    private long[] given = new long[64];
    private long[] asked = new long[64];
    private int size;
    private long all;

    Inference(TopicModel model) {
        this.model = model;
        prior = new double[model.topics()];
        inverse = new double[model.topics()];
        mixture = new double[model.topics()];
        next = new double[model.topics()];
        double sum = 0;
        for (int k = 0; k < prior.length; k++) {
            inverse[k] = 1 / (model.totals()[k] + model.words() * model.beta());
            prior[k] = model.beta() * inverse[k];
            sum += model.alpha()[k];
        }
        alphas = sum;
    }

    /** Begins a document. */
    public Inference document() {
        size = 0;
        all = 0;
        return this;
    }

    /** Adds a word that the document has so many times. */
    public Inference word(int word, long count) {
        return word(word, count, 0);
    }

    /**
     * The same, and how often it is to be predicted.
     *
     * @param word below {@link TopicModel#words}
     */
    Inference word(int word, long count, long predicted) {
        if (size == words.length) {
            words = Arrays.copyOf(words, 2 * size);
            given = Arrays.copyOf(given, 2 * size);
            asked = Arrays.copyOf(asked, 2 * size);
        }
        words[size] = word;
        given[size] = count;
        asked[size++] = predicted;
        all += count;
        return this;
    }

    /** The topics of the document, which add up to 1; valid until the next. */
    public double[] mixture() {
        int topics = mixture.length;
        for (int k = 0; k < topics; k++) {
            mixture[k] = model.alpha()[k] / alphas;
        }
        for (int step = 0; step < MOST_STEPS && all > 0; step++) {
            double spread = 0; // what all words have of each topic by the prior of words
            Arrays.fill(next, 0);
            double smooth = 0;
            for (int k = 0; k < topics; k++) {
                smooth += mixture[k] * prior[k];
            }
            for (int i = 0; i < size; i++) {
                if (given[i] > 0) {
                    double share = given[i] / probability(words[i], smooth);
                    spread += share;
                    for (int e = model.starts()[words[i]], end = model.starts()[words[i] + 1]; e < end; e++) {
                        int k = model.topicOf()[e];
                        next[k] += share * mixture[k] * model.countOf()[e] * inverse[k];
                    }
                }
            }
            double changed = 0;
            for (int k = 0; k < topics; k++) {
                double now = (next[k] + spread * mixture[k] * prior[k] + model.alpha()[k]) / (all + alphas);
                changed += Math.abs(now - mixture[k]);
                mixture[k] = now;
            }
            if (changed < ENOUGH) {
                break;
            }
        }
        return mixture;
    }

    /** The probability of a word, under the mixture as it is. */
    private double probability(int word, double smooth) {
        double sum = smooth;
        for (int e = model.starts()[word], end = model.starts()[word + 1]; e < end; e++) {
            int k = model.topicOf()[e];
            sum += mixture[k] * model.countOf()[e] * inverse[k];
        }
        return sum;
    }

    /** How many words are to be predicted. */
    long predicted() {
        long sum = 0;
        for (int i = 0; i < size; i++) {
            sum += asked[i];
        }
        return sum;
    }

    /** The logarithm of the probability of the words that are to be predicted. */
    double logLikelihood() {
        mixture();
        double smooth = 0;
        for (int k = 0; k < mixture.length; k++) {
            smooth += mixture[k] * prior[k];
        }
        double sum = 0;
        for (int i = 0; i < size; i++) {
            if (asked[i] > 0) {
                sum += asked[i] * Math.log(probability(words[i], smooth));
            }
        }
        return sum;
    }
}
