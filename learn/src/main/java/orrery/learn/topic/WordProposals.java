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
    private final double beta;
    private final double betaSum;
    private final int[] totals; // n_k, of when the pass was begun
    private final float[] inverse; // 1 / (n_k + V beta)
    private final Alias prior = new Alias();
    private double priorMass;
    private double[] weights;

    private final Alias byWord = new Alias();
    private int[] starts = new int[1]; // by row: its first entry
    private double[] masses = new double[0]; // by row
    private int[] topics = new int[0]; // by entry
    private int filled;

    WordProposals(int topics, double beta, double betaSum) {
        this.beta = beta;
        this.betaSum = betaSum;
        totals = new int[topics];
        inverse = new float[topics];
        weights = new double[topics];
        prior.room(topics);
    }

    /** Takes totals for the pass that begins. */
    void beginPass(int[] fresh) {
        System.arraycopy(fresh, 0, totals, 0, totals.length);
        priorMass = 0;
        if (weights.length < totals.length) {
            weights = new double[totals.length];
        }
        for (int k = 0; k < totals.length; k++) {
            inverse[k] = (float) (1 / (totals[k] + betaSum));
            weights[k] = beta * inverse[k];
            priorMass += weights[k];
        }
        prior.make(0, totals.length, weights, priorMass);
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
                double weight = count * (double) inverse[topic];
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
        return prior.draw(0, inverse.length, random);
    }

    /** How likely a topic of a count is proposed, but for a factor. */
    double density(int count, int topic) {
        return (count + beta) * inverse[topic];
    }

    /** The same from counts that have one word less of the topic. */
    double densityWithout(int count, int topic) {
        return (count - 1 + beta) / (totals[topic] - 1 + betaSum);
    }
}
