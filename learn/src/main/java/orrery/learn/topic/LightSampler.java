package orrery.learn.topic;

import orrery.table.cells.CountRows;

/**
 * Draws by proposals, each accepted with the probability that makes the chain's distribution the one of {@link ExactSampler}
 * (Metropolis-Hastings): in turn one by the word ({@link WordProposals}) and one by the document, which is the topic of any of its
 * words, or any topic by its prior. Yuan et al., "LightLDA: Big Topic Models on Modest Compute Clusters", WWW 2015, section 3. A
 * draw looks up a handful of counts, however many topics there are.
 *
 * <p>Proposals must not depend on the topic that the word has itself: where the word's own topic is proposed from counts that
 * have the word in them, it is refused as often as the word's part of the count; and of the document's words, this one stands
 * for the topic that it has now.
 */
final class LightSampler implements Sampler {
    private static final int STEPS = 2; // proposals of each kind, for a word

    private final Assignments words;
    private final int topics;
    private final DocumentProposals byDocument;
    private final double beta;
    private final double betaSum;
    private final DocumentCounts ofDocument;
    private final WordProposals proposals; // with the totals of now
    private final RandomNumbers random = new RandomNumbers();
    private long proposed;
    private long probed;

    LightSampler(Assignments words, float[] alpha, double beta, long vocabulary) {
        this.words = words;
        topics = alpha.length;
        byDocument = new DocumentProposals(alpha);
        this.beta = beta;
        betaSum = beta * vocabulary;
        ofDocument = new DocumentCounts(topics);
        proposals = new WordProposals(topics, beta, betaSum);
    }

    @Override
    public int[] totals() {
        return proposals.totals();
    }

    @Override
    public void alpha(float[] next) {
        byDocument.alpha(next);
    }

    @Override
    public void refresh(int[] fresh) {
        proposals.refresh(fresh);
    }

    @Override
    public void beginPass(long seed) {
        proposals.beginPass();
    }

    @Override
    public long draw(int block, CountRows rows, boolean isFirst, long seed) {
        random.seed(seed);
        var of = words.blocks()[block];
        if (isFirst) {
            rows.probe();
            int[] totals = proposals.totals();
            long drawn = words.drawEvenly(block, totals, rows, random);
            proposals.refresh(totals);
            return drawn;
        }
        rows.shrink(true);
        proposals.beginBlock(rows);
        var frozen = rows.copy();
        long before = rows.probes();
        long changed = 0;
        int[] topicOf = words.topics();
        for (int i = 0; i < of.documents().length; i++) {
            int first = words.firsts()[of.documents()[i]];
            int last = words.firsts()[of.documents()[i] + 1];
            ofDocument.begin(topicOf, first, last);
            int at = of.firsts()[i];
            for (int n = of.starts()[i]; n < of.starts()[i + 1]; n++, at++) {
                int old = topicOf[at];
                int topic = draw(old, of.places()[n], at, first, last, rows, frozen);
                topicOf[at] = topic;
                if (topic != old) {
                    changed++;
                    ofDocument.add(old, -1);
                    ofDocument.add(topic, 1);
                    proposals.moved(old, topic);
                    rows.add(of.places()[n], old, -1);
                    rows.add(of.places()[n], topic, 1);
                }
            }
            ofDocument.end(topicOf, first, last);
        }
        probed += rows.probes() - before + frozen.probes();
        return changed;
    }

    /**
     * A word's next topic.
     *
     * @param at which of all words it is
     * @param first the first word of its document
     * @param last the one after the document's last
     */
    private int draw(int old, int row, int at, int first, int last, CountRows rows, CountRows frozen) {
        int count = frozen.count(row, old);
        double proposing = proposals.densityWithout(count, old); // how likely the present topic would be proposed
        double keep = proposing / proposals.density(count, old);
        int topic = old;
        double ofDocuments = ofDocument.count(old) - 1 + byDocument.alpha(old);
        double ofWord = (rows.count(row, old) - 1 + beta) / (proposals.total(old) - 1 + betaSum);
        double proposingOld = proposing;
        for (int step = 0; step < STEPS; step++) {
            int next = proposals.draw(row, random);
            proposed++;
            while (next == old && random.next() >= keep) {
                next = proposals.draw(row, random);
                proposed++;
            }
            if (next != topic) {
                int own = next == old ? 1 : 0;
                double nextOfDocuments = ofDocument.count(next) - own + byDocument.alpha(next);
                double nextOfWord = (rows.count(row, next) - own + beta) / (proposals.total(next) - own + betaSum);
                double proposingNext = next == old ? proposingOld : proposals.density(frozen.count(row, next), next);
                if (random.next() * ofDocuments * ofWord * proposingNext < nextOfDocuments * nextOfWord * proposing) {
                    topic = next;
                    ofDocuments = nextOfDocuments;
                    ofWord = nextOfWord;
                    proposing = proposingNext;
                }
            }
            words.topics()[at] = topic; // for which the word stands among its document's
            next = byDocument.draw(words.topics(), first, last, random);
            proposed++;
            if (next != topic) {
                int own = next == old ? 1 : 0;
                double nextOfWord = (rows.count(row, next) - own + beta) / (proposals.total(next) - own + betaSum);
                if (random.next() * ofWord < nextOfWord) {
                    topic = next;
                    ofWord = nextOfWord;
                    if (step < STEPS - 1) {
                        ofDocuments = ofDocument.count(next) - own + byDocument.alpha(next);
                        proposing = next == old ? proposingOld : proposals.density(frozen.count(row, next), next);
                    }
                }
            }
        }
        return topic;
    }

    @Override
    public long proposed() {
        return proposed;
    }

    @Override
    public long probed() {
        return probed;
    }
}
