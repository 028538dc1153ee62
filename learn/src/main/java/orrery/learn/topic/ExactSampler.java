package orrery.learn.topic;

import java.util.Arrays;
import orrery.table.cells.CountRows;

/**
 * Draws the topics of words, each from what all other words' topics say of it:
 *
 * <pre>p(k) ~ (n_dk + alpha_k) (n_kw + beta) / (n_k + V beta)</pre>
 *
 * with counts without the word itself: by document, by word, and of all. The word's row is held alone, so its counts are
 * exact; so are the document's. The totals n_k are this worker's copy, which misses what others have changed since they were
 * last refreshed.
 *
 * <p>With the mass of a topic in a document, {@code g_k = (n_dk + alpha_k) / (n_k + V beta)}, the probability is {@code n_kw g_k +
 * beta g_k}. The sum of the first part goes over the topics that the word has ({@link Products}); of the second it is kept
 * up to date. So a draw costs as much as the word has topics, and the second part, seldom drawn, is searched by sums of groups of topics.
 * This is the decomposition of Yao, Mimno and McCallum, "Efficient Methods for Topic Model Inference on Streaming Document
 * Collections", KDD 2009, with their two smoothing parts as one, by blocks of the vocabulary that rotate (Zheng et al.,
 * "Model-Parallel Inference for Big Topic Models", arXiv 1411.2305).
 *
 * <p>Confined to the worker's thread.
 */
final class ExactSampler implements Sampler {
    /**
     * With more topics, words get their first ones in turn, each by those before it: that takes a fraction of the time, and is as
     * good. With fewer, what the first documents have come to by chance would stay.
     */
    static final int MOST_DRAWN_EVENLY = 500;

    private final Assignments words;
    private final DocumentTopics documents;
    private final Products products;
    private final int topics;
    private final float[] alpha;
    private final double beta;
    private final double betaSum; // of all words
    private final int[] totals; // words by topic, as far as this worker knows
    private final float[] inverse; // 1 / (totals + betaSum)
    private final float[] mass; // g, of the document under way; of alpha alone between documents
    private final int[] ofDocument; // its words by topic
    private final int[] listed; // its topics, some of which may have no words any more
    private final boolean[] isListed;
    private final double[] groups; // sums of alpha * inverse over 2^groupShift topics
    private final int groupShift;
    private double smoothing; // sum of alpha * inverse
    private float[] byEntry;
    private final float[] sums = new float[Products.SUMS];
    private final RandomNumbers random = new RandomNumbers();

    /** @param vocabulary how many words there are */
    ExactSampler(Assignments words, float[] alpha, double beta, long vocabulary, Products products) {
        this.words = words;
        documents = new DocumentTopics(words, alpha.length);
        this.products = products;
        topics = alpha.length;
        this.alpha = alpha.clone();
        this.beta = beta;
        betaSum = beta * vocabulary;
        totals = new int[topics];
        inverse = new float[topics];
        mass = new float[topics + Products.SUMS];
        ofDocument = new int[topics];
        listed = new int[topics];
        isListed = new boolean[topics];
        groupShift = (33 - Integer.numberOfLeadingZeros(topics)) / 2;
        groups = new double[((topics - 1) >>> groupShift) + 1];
        byEntry = new float[topics + Products.SUMS];
    }

    @Override
    public int[] totals() {
        return totals;
    }

    @Override
    public void alpha(float[] next) {
        System.arraycopy(next, 0, alpha, 0, topics);
    }

    /** In the order that a run has which goes on from here. */
    @Override
    public void beginPass(long seed) {
        documents.recount(words);
    }

    @Override
    public void refresh(int[] fresh) {
        System.arraycopy(fresh, 0, totals, 0, topics);
        Arrays.fill(groups, 0);
        smoothing = 0;
        for (int k = 0; k < topics; k++) {
            inverse[k] = (float) (1 / (totals[k] + betaSum));
            mass[k] = alpha[k] * inverse[k];
            groups[k >>> groupShift] += mass[k];
        }
        for (double group : groups) {
            smoothing += group;
        }
    }

    @Override
    public long draw(int block, CountRows rows, boolean isFirst, long seed) {
        random.seed(seed);
        if (isFirst && topics <= MOST_DRAWN_EVENLY) {
            return words.drawEvenly(block, totals, rows, random);
        }
        rows.shrink(false);
        long changed = 0;
        var of = words.blocks()[block];
        int[] starts = of.starts();
        for (int i = 0; i < of.documents().length; i++) {
            changed += draw(of.documents()[i], of.places(), starts[i], starts[i + 1], of.firsts()[i], rows, isFirst);
        }
        return changed;
    }

    private int draw(int document, char[] places, int from, int to, int first, CountRows rows, boolean isFirst) {
        int[] topicOf = words.topics();
        int at0 = first - from; // from a word of the block to the same of all
        int listedCount = 0;
        double ofTopics = 0; // sum of n_dk * inverse
        int[] known = documents.cells(document);
        for (int i = documents.at(document), end = i + documents.used(document); i < end; i++) {
            int k = known[i] >>> 16;
            int count = known[i] & 0xffff;
            if (!isListed[k]) {
                isListed[k] = true;
                listed[listedCount++] = k;
            }
            ofDocument[k] += count;
            ofTopics += count * (double) inverse[k];
            mass[k] = (ofDocument[k] + alpha[k]) * inverse[k];
        }
        int changed = 0;
        for (int n = from; n < to; n++) {
            int row = places[n];
            int old = -1;
            if (!isFirst) {
                old = topicOf[at0 + n];
                float before = inverse[old];
                float now = (float) (1 / (--totals[old] + betaSum));
                int count = --ofDocument[old];
                ofTopics += count * (double) now - (count + 1) * (double) before;
                smooth(old, alpha[old] * (double) now - alpha[old] * (double) before);
                inverse[old] = now;
                mass[old] = (count + alpha[old]) * now;
            }
            // The part of the topics that the word has
            int form = rows.form(row);
            int at = rows.at(row);
            int span = rows.span(row);
            int place;
            if (form == CountRows.LIST || form == CountRows.HASH) {
                if (span + Products.SUMS > byEntry.length) {
                    byEntry = new float[span + Products.SUMS];
                }
                place = products.narrow(rows.cells(), at, span, mass, byEntry, sums, old);
            } else if (form == CountRows.DENSE) {
                products.dense(rows.cells(), at, span, mass, byEntry, sums);
                place = old;
            } else {
                if (span + Products.SUMS > byEntry.length) {
                    byEntry = new float[span + Products.SUMS];
                }
                place = products.wide(rows.cells(), at, rows.room(row), span, mass, byEntry, sums, old);
            }
            if (!isFirst) { // the word itself does not count
                byEntry[place] = Math.max(0, byEntry[place] - mass[old]);
                sums[place % Products.SUMS] = Math.max(0, sums[place % Products.SUMS] - mass[old]);
            }
            float ofWord = sum(sums);
            double ofBeta = beta * (ofTopics + smoothing);
            double drawn = random.next() * (ofWord + ofBeta);
            int entry = drawn < ofWord ? entry(span, (float) drawn) : -1;
            int topic;
            if (entry >= 0) {
                topic = form == CountRows.DENSE ? entry : topic(rows.cells(), at + entry, form);
            } else {
                topic = smoothed(Math.max(0, drawn - ofWord) / beta, ofTopics, listedCount);
            }
            if (topic != old) {
                changed++;
                topicOf[at0 + n] = topic;
                move(rows, row, form, old, place, topic, entry);
            }
            float before = inverse[topic];
            float now = (float) (1 / (++totals[topic] + betaSum));
            int count = ++ofDocument[topic];
            ofTopics += count * (double) now - (count - 1) * (double) before;
            smooth(topic, alpha[topic] * (double) now - alpha[topic] * (double) before);
            inverse[topic] = now;
            mass[topic] = (count + alpha[topic]) * now;
            if (!isListed[topic]) {
                isListed[topic] = true;
                listed[listedCount++] = topic;
            }
        }
        documents.clear(document);
        for (int i = 0; i < listedCount; i++) {
            int k = listed[i];
            documents.put(document, k, ofDocument[k]);
            ofDocument[k] = 0;
            isListed[k] = false;
            mass[k] = alpha[k] * inverse[k];
        }
        return changed;
    }

    /** By pairs, so that no addition waits for all before it. */
    private static float sum(float[] s) {
        return (((s[0] + s[8]) + (s[4] + s[12])) + ((s[2] + s[10]) + (s[6] + s[14])))
                + (((s[1] + s[9]) + (s[5] + s[13])) + ((s[3] + s[11]) + (s[7] + s[15])));
    }

    private static int topic(int[] cells, int at, int form) {
        return form == CountRows.LIST || form == CountRows.HASH ? cells[at] >>> 16 : cells[at];
    }

    private void smooth(int topic, double change) {
        groups[topic >>> groupShift] += change;
        smoothing += change;
    }

    /** The entry at which a part of the sum of all products ends; -1 if rounding leaves none. */
    private int entry(int span, float drawn) {
        int s = 0;
        while (s < Products.SUMS && drawn >= sums[s]) {
            drawn -= sums[s++];
        }
        int last = -1;
        for (int i = s; i < span; i += Products.SUMS) {
            float product = byEntry[i];
            if (product > 0) {
                last = i;
                if (drawn < product) {
                    break;
                }
                drawn -= product;
            }
        }
        return last;
    }

    /** A topic by its mass alone. */
    private int smoothed(double drawn, double ofTopics, int listedCount) {
        if (drawn < ofTopics) {
            for (int i = 0; i < listedCount; i++) {
                int k = listed[i];
                drawn -= ofDocument[k] * (double) inverse[k];
                if (drawn < 0) {
                    return k;
                }
            }
        }
        drawn = Math.max(0, drawn - ofTopics);
        int group = 0;
        while (group < groups.length - 1 && drawn >= groups[group]) {
            drawn -= groups[group++];
        }
        int k = group << groupShift;
        int end = Math.min(topics, k + (1 << groupShift)) - 1;
        while (k < end) {
            drawn -= alpha[k] * (double) inverse[k];
            if (drawn < 0) {
                break;
            }
            k++;
        }
        return k;
    }

    /** The counts of a word that has another topic now. */
    private static void move(CountRows rows, int row, int form, int old, int place, int topic, int entry) {
        if (entry >= 0) {
            rows.addAt(row, entry, 1);
            if (old >= 0 && rows.form(row) == form) {
                rows.addAt(row, place, -1);
                return;
            }
        }
        if (old >= 0) {
            rows.add(row, old, -1);
        }
        if (entry < 0) {
            rows.add(row, topic, 1);
        }
    }
}
