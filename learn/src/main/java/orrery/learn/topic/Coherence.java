package orrery.learn.topic;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import orrery.data.Corpus;

/**
 * Whether the words of a topic occur together: the normalised pointwise mutual information of each two of them, in documents
 * (Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction", GSCL 2009; Aletras and Stevenson, IWCS 2013): 1 for
 * words that only occur together, 0 for those that know nothing of each other, -1 for those that never meet.
 */
final class Coherence {
    private Coherence() {}

    /**
     * The mean over the pairs of each topic's words; not a number for a topic with fewer than two.
     *
     * @param words by topic
     */
    static float[] of(Corpus documents, List<int[]> words) {
        var places = new HashMap<Integer, Integer>();
        words.forEach(ofTopic -> Arrays.stream(ofTopic).forEach(word -> places.putIfAbsent(word, places.size())));
        var occurs = new int[places.size()][4]; // numbers of documents
        var counts = new int[places.size()];
        documents.read(0, documents.documents(), (d, wordOf, found, from, to) -> {
            int number = (int) d;
            for (int k = from; k < to; k++) {
                var place = places.get(wordOf[k]);
                if (place != null && found[k] > 0) {
                    int n = counts[place];
                    if (n > 0 && occurs[place][n - 1] == number) {
                        continue; // the document says it twice
                    }
                    if (n == occurs[place].length) {
                        occurs[place] = Arrays.copyOf(occurs[place], 2 * n);
                    }
                    occurs[place][n] = number;
                    counts[place] = n + 1;
                }
            }
        });
        var coherence = new float[words.size()];
        for (int topic = 0; topic < coherence.length; topic++) {
            int[] of = words.get(topic);
            double sum = 0;
            int pairs = 0;
            for (int a = 0; a < of.length; a++) {
                for (int b = 0; b < a; b++) {
                    int first = places.getOrDefault(of[a], -1);
                    int second = places.getOrDefault(of[b], -1);
                    int together = together(occurs[first], counts[first], occurs[second], counts[second]);
                    sum += normalised(together, counts[first], counts[second], (double) documents.documents());
                    pairs++;
                }
            }
            coherence[topic] = pairs == 0 ? Float.NaN : (float) (sum / pairs);
        }
        return coherence;
    }

    private static double normalised(int together, int first, int second, double all) {
        if (together == 0) {
            return -1;
        }
        if (together == all) {
            return 1;
        }
        return Math.log(together * all / ((double) first * second)) / -Math.log(together / all);
    }

    private static int together(int[] a, int sizeOfA, int[] b, int sizeOfB) {
        int both = 0;
        for (int i = 0, j = 0; i < sizeOfA && j < sizeOfB; ) {
            if (a[i] == b[j]) {
                both++;
                i++;
                j++;
            } else if (a[i] < b[j]) {
                i++;
            } else {
                j++;
            }
        }
        return both;
    }
}
