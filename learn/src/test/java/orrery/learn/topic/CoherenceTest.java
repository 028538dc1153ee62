package orrery.learn.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import orrery.data.Corpus;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;

/** Coherence is what its formula says, and parts of the documents add up. */
final class CoherenceTest {
    private static final int WORDS = 12;

    private static Corpus corpus(List<Set<Integer>> documents) {
        var packer = new Examples.Packer();
        for (var document : documents) {
            document.stream().sorted().forEach(word -> packer.feature(word, 2));
            packer.example(0, 1);
        }
        return Corpus.of(new Loaded(packer.pack(WORDS), Schema.ofFeatures("docword", List.of(), List.of(), WORDS)));
    }

    private static double formula(List<Set<Integer>> documents, int[] words) {
        double sum = 0;
        int pairs = 0;
        for (int a = 0; a < words.length; a++) {
            for (int b = 0; b < a; b++) {
                double all = documents.size();
                int first = words[a];
                int second = words[b];
                double pa = documents.stream().filter(d -> d.contains(first)).count() / all;
                double pb = documents.stream().filter(d -> d.contains(second)).count() / all;
                double both = documents.stream()
                                .filter(d -> d.contains(first) && d.contains(second))
                                .count()
                        / all;
                sum += both == 0 ? -1 : both == 1 ? 1 : Math.log(both / (pa * pb)) / -Math.log(both);
                pairs++;
            }
        }
        return sum / pairs;
    }

    @Test
    void partsOfTheDocumentsAddUp() {
        var random = new SplittableRandom(5);
        for (int round = 0; round < 200; round++) {
            var documents = new ArrayList<Set<Integer>>();
            int count = 1 + random.nextInt(12);
            for (int d = 0; d < count; d++) {
                var words = new HashSet<Integer>();
                random.ints(random.nextInt(8), 0, WORDS).forEach(words::add);
                documents.add(words);
            }
            var topics = List.of(new int[] {3, 1, 7, 0}, new int[] {11}, new int[] {5, 3}, new int[] {});
            int cut = random.nextInt(count + 1);
            float[] means = new Coherence(topics)
                    .in(corpus(documents.subList(0, cut)))
                    .plus(new Coherence(topics).in(corpus(documents.subList(cut, count))))
                    .means();
            assertThat((double) means[0]).isCloseTo(formula(documents, topics.get(0)), within(1e-6));
            assertThat((double) means[2]).isCloseTo(formula(documents, topics.get(2)), within(1e-6));
            assertThat(means[1]).isNaN();
            assertThat(means[3]).isNaN();
        }
    }
}
