package orrery.learn.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts of one document after the other are those of a map. */
final class DocumentCountsTest {
    @ParameterizedTest
    @ValueSource(ints = {3, 1 << 14, (1 << 14) + 1, 1 << 20})
    void countsAreThoseOfEachDocument(int topics) {
        var random = new SplittableRandom(topics);
        var counts = new DocumentCounts(topics);
        for (int document = 0; document < 9000; document++) { // more than there are document numbers
            int length = document % 1000 == 0 ? 3000 : random.nextInt(12);
            var topicOf =
                    random.ints(length + 2, 0, Math.min(topics, 50 + document)).toArray();
            var due = new HashMap<Integer, Integer>();
            for (int n = 1; n <= length; n++) {
                due.merge(topicOf[n], 1, Integer::sum);
            }
            counts.begin(topicOf, 1, length + 1);
            for (int n = 1; n <= length; n++) { // each word once, as a sampler does
                int next = random.nextInt(topics);
                counts.add(topicOf[n], -1);
                counts.add(next, 1);
                due.merge(topicOf[n], -1, Integer::sum);
                due.merge(next, 1, Integer::sum);
                topicOf[n] = next;
            }
            due.forEach((topic, count) -> assertThat(counts.count(topic)).isEqualTo(count));
            int other = random.nextInt(topics);
            assertThat(counts.count(other)).isEqualTo(due.getOrDefault(other, 0));
            counts.end(topicOf, 1, length + 1);
        }
    }
}
