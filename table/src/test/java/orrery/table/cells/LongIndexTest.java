package orrery.table.cells;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class LongIndexTest {
    @RepeatedTest(20)
    void findsWhatWasPutAndNothingElse(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        var index = new LongIndex();
        var model = new HashMap<Long, Integer>();
        for (int i = 0; i < 3000; i++) {
            long key = random.nextBoolean() ? random.nextLong() : random.nextLong(100) << random.nextInt(60);
            assertThat(index.find(key)).isEqualTo(model.getOrDefault(key, -1));
            if (!model.containsKey(key)) {
                index.put(key, i);
                model.put(key, i);
            }
        }
        assertThat(index.size()).isEqualTo(model.size());
        var seen = new HashMap<Long, Integer>();
        index.forEach(seen::put);
        assertThat(seen).isEqualTo(model);
        index.clear();
        assertThat(index.find(model.keySet().iterator().next())).isEqualTo(-1);
    }

    /** What was put before a number was published is found by whoever has read the number, through any growth. */
    @Test
    void readersFindWhatWasPublished() throws InterruptedException {
        var index = new LongIndex();
        var published = new AtomicInteger();
        var wrong = new AtomicInteger();
        int n = 400_000;
        var reader = Thread.ofPlatform().start(() -> {
            var random = new SplittableRandom(1);
            for (int have = 0; have < n; have = published.get()) {
                if (have > 0) {
                    int i = random.nextInt(have);
                    if (index.find(i * 31L) != i || index.find(-1L - i) != -1) {
                        wrong.incrementAndGet();
                    }
                }
            }
        });
        for (int i = 0; i < n; i++) {
            index.put(i * 31L, i);
            published.set(i + 1);
        }
        reader.join();
        assertThat(wrong.get()).isZero();
    }
}
