package orrery.learn.topic;

import java.io.Serializable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import orrery.data.Corpus;

/**
 * Whether the words of a topic occur together: the normalised pointwise mutual information of each two of them, in documents
 * (Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction", GSCL 2009; Aletras and Stevenson, IWCS 2013): 1 for
 * words that only occur together, 0 for those that know nothing of each other, -1 for those that never meet. Counted in parts of the
 * documents, which add up ({@link #plus}). Confined to one thread.
 */
public final class Coherence implements Serializable {
    private static final long serialVersionUID = 1;

    private final int[][] words; // by topic
    private final HashMap<Integer, Integer> places = new HashMap<>(); // by word
    private final int[][] topicsOf; // by place: topics that have the word, and where it is among theirs
    private final long[] with; // by place: documents
    private final int[][] together; // by topic, documents with both of two words, by the larger one's place there
    private final int[][] here; // by topic: places of its words that the document under way has
    private final int[] found; // by topic: how many these are
    private final boolean[] has; // by place: whether the document under way has it
    private long documents;

    /** @param words by topic: those that are to be looked for, each once */
    public Coherence(List<int[]> words) {
        this.words = words.toArray(int[][]::new);
        words.forEach(ofTopic -> Arrays.stream(ofTopic).forEach(word -> places.putIfAbsent(word, places.size())));
        with = new long[places.size()];
        has = new boolean[places.size()];
        topicsOf = new int[places.size()][0];
        together = new int[words.size()][];
        here = new int[words.size()][];
        found = new int[words.size()];
        for (int topic = 0; topic < together.length; topic++) {
            int[] of = words.get(topic);
            together[topic] = new int[of.length * (of.length - 1) / 2];
            here[topic] = new int[of.length];
            for (int i = 0; i < of.length; i++) {
                int place = places.getOrDefault(of[i], -1);
                int n = topicsOf[place].length;
                topicsOf[place] = Arrays.copyOf(topicsOf[place], n + 2);
                topicsOf[place][n] = topic;
                topicsOf[place][n + 1] = i;
            }
        }
    }

    /** Counts in documents. Returns itself. */
    public Coherence in(Corpus corpus) {
        var seen = new int[places.size()]; // places that the document has
        var topics = new int[words.length]; // topics that it has a word of
        corpus.read(corpus.first(), corpus.first() + corpus.documents(), (d, wordOf, counts, from, to) -> {
            int places = 0;
            int touched = 0;
            for (int k = from; k < to; k++) {
                var place = this.places.get(wordOf[k]);
                if (place == null || counts[k] <= 0 || has[place]) {
                    continue; // or the document says it twice
                }
                has[place] = true;
                seen[places++] = place;
                with[place]++;
                for (int i = 0; i < topicsOf[place].length; i += 2) {
                    int topic = topicsOf[place][i];
                    touched = meet(topic, topicsOf[place][i + 1], topics, touched);
                }
            }
            for (int i = 0; i < places; i++) {
                has[seen[i]] = false;
            }
            for (int i = 0; i < touched; i++) {
                found[topics[i]] = 0;
            }
        });
        documents += corpus.documents();
        return this;
    }

    /** A topic's word is in the document, with those that were found before. */
    private int meet(int topic, int word, int[] topics, int touched) {
        for (int i = 0; i < found[topic]; i++) {
            int larger = Math.max(word, here[topic][i]);
            together[topic][larger * (larger - 1) / 2 + Math.min(word, here[topic][i])]++;
        }
        here[topic][found[topic]++] = word;
        if (found[topic] == 1) {
            topics[touched] = topic;
            return touched + 1;
        }
        return touched;
    }

    /** Adds what was counted of the same words in other documents. Returns itself. */
    public Coherence plus(Coherence other) {
        for (int i = 0; i < with.length; i++) {
            with[i] += other.with[i];
        }
        for (int topic = 0; topic < together.length; topic++) {
            for (int i = 0; i < together[topic].length; i++) {
                together[topic][i] += other.together[topic][i];
            }
        }
        documents += other.documents;
        return this;
    }

    /** The mean over the pairs of each topic's words; not a number for a topic with fewer than two. */
    float[] means() {
        var means = new float[words.length];
        for (int topic = 0; topic < means.length; topic++) {
            int[] of = words[topic];
            double sum = 0;
            for (int a = 0; a < of.length; a++) {
                for (int b = 0; b < a; b++) {
                    sum += normalised(
                            together[topic][a * (a - 1) / 2 + b],
                            (double) with[places.getOrDefault(of[a], -1)],
                            (double) with[places.getOrDefault(of[b], -1)],
                            (double) documents);
                }
            }
            means[topic] = of.length < 2 ? Float.NaN : (float) (sum / together[topic].length);
        }
        return means;
    }

    private static double normalised(int together, double first, double second, double all) {
        if (together == 0) {
            return -1;
        }
        if (together == all) {
            return 1;
        }
        return Math.log(together * all / (first * second)) / -Math.log(together / all);
    }
}
