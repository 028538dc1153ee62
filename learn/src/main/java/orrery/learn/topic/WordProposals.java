package orrery.learn.topic;

import orrery.table.cells.CountRows;

/**
 * Proposes topics for a word as often as the word has them, from counts as they were when a block was begun: the word's own part by
 * an alias table over its topics, and the prior's by one table over all topics that all words share (Yuan et al., "LightLDA",
 * section 3.2 and 4.3). With counts n of then,
 *
 * <pre>q(k) ~ (n_kw + beta) / (n_k + V beta)</pre>
 */
final class WordProposals {
    // Of each topic, side by side, so that a draw has all of it from one line of the cache
    private static final int NOW = 0; // words that have it
    private static final int THEN = 1; // those that had it when the pass was begun: n_k
    private static final int PART = 2; // in the table of the prior: what it keeps of its room, as the bits of a float
    private static final int OTHER = 3; // the topic that has the rest
    private static final int CELLS = 4;

    private final int count; // of topics
    private final double beta;
    private final double betaSum;
    private final int[] ofTopics;
    private final Alias prior = new Alias();
    private double priorMass;
    private double[] weights;

    private final Alias byWord = new Alias();
    private int[] starts = new int[1]; // by row: its first entry
    private double[] masses = new double[0]; // by row
    private int[] topics = new int[0]; // by entry
    private int filled;

    WordProposals(int topics, double beta, double betaSum) {
        count = topics;
        this.beta = beta;
        this.betaSum = betaSum;
        ofTopics = new int[CELLS * topics];
        weights = new double[topics];
        prior.room(topics);
    }

    /** Words by topic, now; a copy. */
    int[] totals() {
        var totals = new int[count];
        for (int k = 0; k < count; k++) {
            totals[k] = total(k);
        }
        return totals;
    }

    /** Words that have a topic now. */
    int total(int topic) {
        return ofTopics[CELLS * topic + NOW];
    }

    /** Goes on with other totals. */
    void refresh(int[] totals) {
        for (int k = 0; k < count; k++) {
            ofTopics[CELLS * k + NOW] = totals[k];
        }
    }

    /** A word has another topic. */
    void moved(int from, int to) {
        ofTopics[CELLS * from + NOW]--;
        ofTopics[CELLS * to + NOW]++;
    }

    /** Takes totals for the pass that begins. */
    void beginPass() {
        priorMass = 0;
        if (weights.length < count) {
            weights = new double[count];
        }
        for (int k = 0; k < count; k++) {
            ofTopics[CELLS * k + THEN] = ofTopics[CELLS * k + NOW];
            weights[k] = beta * inverse(k);
            priorMass += weights[k];
        }
        prior.make(0, count, weights, priorMass);
        for (int k = 0; k < count; k++) {
            ofTopics[CELLS * k + PART] = Float.floatToRawIntBits(prior.part(k));
            ofTopics[CELLS * k + OTHER] = prior.other(k);
        }
    }

    /** 1 / (n_k + V beta). */
    private float inverse(int topic) {
        return (float) (1 / (ofTopics[CELLS * topic + THEN] + betaSum));
    }

    /** Makes the tables of all words of a block. */
    void beginBlock(CountRows rows) {
        long entries = 0;
        int most = 0;
        for (int row = 0; row < rows.rows(); row++) {
            entries += rows.nonZeros(row);
            most = Math.max(most, rows.nonZeros(row));
        }
        int room = Math.toIntExact(entries);
        byWord.room(room);
        if (topics.length < room) {
            topics = new int[room + (room >> 2)];
        }
        if (masses.length < rows.rows()) {
            masses = new double[rows.rows()];
            starts = new int[rows.rows() + 1];
        }
        if (weights.length < most) {
            weights = new double[most + (most >> 2)];
        }
        filled = 0;
        for (int row = 0; row < rows.rows(); row++) {
            starts[row] = filled;
            masses[row] = 0;
            int from = filled;
            int rowNow = row;
            rows.forEach(row, (topic, count) -> {
                double weight = count * (double) inverse(topic);
                weights[filled - from] = weight;
                masses[rowNow] += weight;
                topics[filled++] = topic;
            });
            if (filled > from) {
                byWord.make(from, filled, weights, masses[row]);
            }
        }
        starts[rows.rows()] = filled;
    }

    /** Proposes a topic for the word that has the row. */
    int draw(int row, RandomNumbers random) {
        double mass = masses[row];
        if (random.next() * (mass + priorMass) < mass) {
            return topics[byWord.draw(starts[row], starts[row + 1], random)];
        }
        int topic = random.below(count);
        return random.next() < Float.intBitsToFloat(ofTopics[CELLS * topic + PART])
                ? topic
                : ofTopics[CELLS * topic + OTHER];
    }

    /** How likely a topic of a count is proposed, but for a factor. */
    double density(int count, int topic) {
        return (count + beta) * inverse(topic);
    }

    /** The same from counts that have one word less of the topic. */
    double densityWithout(int count, int topic) {
        return (count - 1 + beta) / (ofTopics[CELLS * topic + THEN] - 1 + betaSum);
    }
}
