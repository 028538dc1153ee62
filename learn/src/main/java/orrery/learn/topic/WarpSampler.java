package orrery.learn.topic;

import org.jspecify.annotations.Nullable;
import orrery.table.cells.CountRows;

/**
 * Draws by proposals in two sweeps of a pass: over documents, where each word's topic is one that the word proposed, or stays, and
 * then each word gets a proposal of the document; and over rows, the other way round. So a sweep looks up counts of one document
 * or one word, which are in the cache. Chen et al., "WarpLDA: a Cache Efficient O(1) Algorithm for Latent Dirichlet
 * Allocation", VLDB 2016.
 *
 * <p>A proposal is of the counts of its sweep, and those have changed when it is accepted or not. So the chain's distribution is
 * close to that of the others, not the same.
 */
final class WarpSampler implements Sampler {
    private final Assignments words;
    private final Assignments.@Nullable ByWord[] byWord;
    private final int[] proposals; // by word: by the word, when a pass begins; by the document, when a row is drawn
    private final int[] counted; // by word: the topic that its row has
    private final int topics;
    private final DocumentProposals byDocument;
    private final double beta;
    private final double betaSum;
    private final int[] totals;
    private final int[] counts; // of the document or the row under way, by topic
    private final Alias ofRow = new Alias();
    private double[] weights = new double[0];
    private int[] topicOfEntry = new int[0];
    private int entries;
    private final RandomNumbers random = new RandomNumbers();

    WarpSampler(Assignments words, float[] alpha, double beta, long vocabulary) {
        this.words = words;
        byWord = new Assignments.ByWord[words.blocks().length];
        proposals = words.proposals();
        counted = words.topics().clone();
        topics = alpha.length;
        byDocument = new DocumentProposals(alpha);
        this.beta = beta;
        betaSum = beta * vocabulary;
        totals = new int[topics];
        counts = new int[topics];
    }

    @Override
    public int[] totals() {
        return totals;
    }

    @Override
    public void alpha(float[] next) {
        byDocument.alpha(next);
    }

    @Override
    public void refresh(int[] fresh) {
        System.arraycopy(fresh, 0, totals, 0, topics);
    }

    /** The sweep over documents. */
    @Override
    public void beginPass(long seed) {
        random.seed(seed);
        int[] topicOf = words.topics();
        for (int d = 0; d < words.documents(); d++) {
            int first = words.firsts()[d];
            int last = words.firsts()[d + 1];
            for (int n = first; n < last; n++) {
                counts[topicOf[n]]++;
            }
            for (int n = first; n < last; n++) {
                int old = topicOf[n];
                int next = proposals[n];
                counted[n] = old;
                if (next != old) {
                    double is = (counts[old] - 1 + byDocument.alpha(old)) / (totals[old] - 1 + betaSum);
                    double would = (counts[next] + byDocument.alpha(next)) / (totals[next] + betaSum);
                    if (random.next() * is < would) {
                        counts[old]--;
                        counts[next]++;
                        totals[old]--;
                        totals[next]++;
                        topicOf[n] = next;
                    }
                }
            }
            for (int n = first; n < last; n++) {
                counts[topicOf[n]] = 0;
                proposals[n] = byDocument.draw(topicOf, first, last, random);
            }
        }
    }

    /** The sweep over rows. */
    @Override
    public long draw(int block, CountRows rows, boolean isFirst, long seed) {
        random.seed(seed);
        if (isFirst) {
            rows.probe();
            words.drawEvenly(block, totals, rows, random);
        } else {
            rows.shrink(true);
        }
        var of = byWord[block];
        if (of == null) {
            of = words.byWord(block, rows.rows());
            byWord[block] = of;
        }
        long changed = 0;
        for (int row = 0; row < rows.rows(); row++) {
            if (of.starts()[row] < of.starts()[row + 1]) {
                changed += isFirst ? of.starts()[row + 1] - of.starts()[row] : drawRow(row, of, rows);
                propose(row, of, rows);
            }
        }
        return changed;
    }

    private int drawRow(int row, Assignments.ByWord of, CountRows rows) {
        int[] topicOf = words.topics();
        rows.forEach(row, (topic, count) -> counts[topic] = count);
        for (int n = of.starts()[row]; n < of.starts()[row + 1]; n++) {
            int word = of.words()[n];
            counts[counted[word]]--;
            counts[topicOf[word]]++;
        }
        int changed = 0;
        for (int n = of.starts()[row]; n < of.starts()[row + 1]; n++) {
            int word = of.words()[n];
            int old = topicOf[word];
            int next = proposals[word];
            if (next != old) {
                double is = (counts[old] - 1 + beta) / (totals[old] - 1 + betaSum);
                double would = (counts[next] + beta) / (totals[next] + betaSum);
                if (random.next() * is < would) {
                    counts[old]--;
                    counts[next]++;
                    totals[old]--;
                    totals[next]++;
                    topicOf[word] = next;
                }
            }
        }
        rows.forEach(row, (topic, count) -> counts[topic] = 0);
        for (int n = of.starts()[row]; n < of.starts()[row + 1]; n++) {
            int word = of.words()[n];
            int topic = topicOf[word];
            counts[topic] = 0;
            if (counted[word] != topic) {
                rows.add(row, counted[word], -1);
                rows.add(row, topic, 1);
                counted[word] = topic;
                changed++;
            }
        }
        return changed;
    }

    /** Proposals by the word: as often as it has them, or any. */
    private void propose(int row, Assignments.ByWord of, CountRows rows) {
        int size = rows.nonZeros(row);
        if (weights.length < size) {
            weights = new double[size + (size >> 1)];
            topicOfEntry = new int[weights.length];
        }
        ofRow.room(size);
        entries = 0;
        long all = 0;
        rows.forEach(row, (topic, count) -> {
            weights[entries] = count;
            topicOfEntry[entries++] = topic;
        });
        for (int i = 0; i < entries; i++) {
            all += (long) weights[i];
        }
        ofRow.make(0, entries, weights, (double) all);
        double byCounts = (double) all / ((double) all + topics * beta);
        for (int n = of.starts()[row]; n < of.starts()[row + 1]; n++) {
            proposals[of.words()[n]] =
                    random.next() < byCounts ? topicOfEntry[ofRow.draw(0, entries, random)] : random.below(topics);
        }
    }
}
