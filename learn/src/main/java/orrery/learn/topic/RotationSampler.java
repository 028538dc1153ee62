package orrery.learn.topic;

import org.jspecify.annotations.Nullable;
import orrery.table.cells.CountRows;

/**
 * Draws from the distribution of {@link ExactSampler} word by word: for a row, what it says of each topic is computed once,
 *
 * <pre>phi_k = (n_kw + beta) / (n_k + V beta)</pre>
 *
 * and a topic's probability is {@code n_dk phi_k + alpha_k phi_k}. The sum of the first part goes over the topics that the document
 * has; of the second it is kept up to date. Zheng et al., "Model-Parallel Inference for Big Topic Models", arXiv 1411.2305,
 * section 3.2.
 */
final class RotationSampler implements Sampler {
    private final Assignments words;
    private final Assignments.@Nullable ByWord[] byWord; // by block, made when it is needed first
    private final DocumentTopics documents;
    private final int topics;
    private final float[] alpha;
    private final double beta;
    private final double betaSum;
    private final int[] totals;
    private final double[] phi;
    private final int[] ofWord; // by topic
    private final double[] products;
    private final RandomNumbers random = new RandomNumbers();

    RotationSampler(Assignments words, float[] alpha, double beta, long vocabulary) {
        this.words = words;
        byWord = new Assignments.ByWord[words.blocks().length];
        topics = alpha.length;
        documents = new DocumentTopics(words, topics);
        this.alpha = alpha.clone();
        this.beta = beta;
        betaSum = beta * vocabulary;
        totals = new int[topics];
        phi = new double[topics];
        ofWord = new int[topics];
        int most = 1;
        for (int d = 0; d < words.documents(); d++) {
            most = Math.max(most, words.length(d));
        }
        products = new double[most];
    }

    @Override
    public int[] totals() {
        return totals;
    }

    @Override
    public void alpha(float[] next) {
        System.arraycopy(next, 0, alpha, 0, topics);
    }

    @Override
    public void refresh(int[] fresh) {
        System.arraycopy(fresh, 0, totals, 0, topics);
    }

    @Override
    public void beginPass(long seed) {
        documents.recount(words);
    }

    @Override
    public long draw(int block, CountRows rows, boolean isFirst, long seed) {
        random.seed(seed);
        if (isFirst && topics <= ExactSampler.MOST_DRAWN_EVENLY) {
            return words.drawEvenly(block, totals, rows, random);
        }
        rows.shrink(false);
        var of = byWord[block];
        if (of == null) {
            of = words.byWord(block, rows.rows());
            byWord[block] = of;
        }
        long changed = 0;
        for (int row = 0; row < rows.rows(); row++) {
            if (of.starts()[row] < of.starts()[row + 1]) {
                changed += drawRow(row, of, rows, isFirst);
            }
        }
        return changed;
    }

    private int drawRow(int row, Assignments.ByWord of, CountRows rows, boolean isFirst) {
        rows.forEach(row, (topic, count) -> ofWord[topic] = count);
        double smooth = 0;
        for (int k = 0; k < topics; k++) {
            phi[k] = (ofWord[k] + beta) / (totals[k] + betaSum);
            smooth += alpha[k] * phi[k];
        }
        int changed = 0;
        int[] topicOf = words.topics();
        for (int n = of.starts()[row]; n < of.starts()[row + 1]; n++) {
            int document = of.documents()[n];
            int word = of.words()[n];
            int old = topicOf[word];
            if (!isFirst) {
                documents.add(document, old, -1);
                smooth += change(old, -1);
            }
            int[] cells = documents.cells(document);
            int at = documents.at(document);
            int used = documents.used(document);
            double sum = 0;
            for (int i = 0; i < used; i++) {
                products[i] = DocumentTopics.count(cells[at + i]) * phi[DocumentTopics.topic(cells[at + i])];
                sum += products[i];
            }
            double drawn = random.next() * (sum + smooth);
            int topic = 0;
            if (drawn < sum) {
                int i = 0;
                while (i < used - 1 && drawn >= products[i]) {
                    drawn -= products[i++];
                }
                topic = DocumentTopics.topic(cells[at + i]);
            } else {
                drawn -= sum;
                while (topic < topics - 1 && drawn >= alpha[topic] * phi[topic]) {
                    drawn -= alpha[topic] * phi[topic++];
                }
            }
            documents.add(document, topic, 1);
            smooth += change(topic, 1);
            topicOf[word] = topic;
            if (isFirst) {
                rows.add(row, topic, 1);
            } else if (topic != old) {
                changed++;
                rows.add(row, old, -1);
                rows.add(row, topic, 1);
            }
        }
        rows.forEach(row, (topic, count) -> ofWord[topic] = 0);
        return isFirst ? of.starts()[row + 1] - of.starts()[row] : changed;
    }

    /** Counts a word more or less of a topic. Returns by how much the sum over all topics grows. */
    private double change(int topic, int by) {
        ofWord[topic] += by;
        totals[topic] += by;
        double before = phi[topic];
        phi[topic] = (ofWord[topic] + beta) / (totals[topic] + betaSum);
        return alpha[topic] * (phi[topic] - before);
    }
}
