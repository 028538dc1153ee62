package orrery.engine.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import orrery.store.Safetensors;

final class HistoryTest {
    private static RunEvent.CutReached cut(SplittableRandom random) {
        var metrics = new LinkedHashMap<String, Double>();
        for (var name : List.of("loss", "accuracy", "drift")) {
            if (random.nextBoolean()) {
                metrics.put(name, random.nextInt(9) == 0 ? Double.NaN : random.nextDouble());
            }
        }
        return new RunEvent.CutReached(
                "stage " + random.nextInt(3),
                random.nextLong(1L << 40),
                metrics,
                random.nextLong(1L << 40),
                Duration.ofNanos(random.nextLong(1L << 50)));
    }

    /** What was added is there, in any number; what was handed out stays; a file holds it all. */
    @RepeatedTest(50)
    void aHistoryIsAListOfItsCuts(RepetitionInfo seed) throws IOException {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        var due = new ArrayList<RunEvent.CutReached>();
        var history = new History();
        var before = history.soFar();
        int dueBefore = 0;
        for (int i = random.nextInt(200); i > 0; i--) {
            var next = cut(random);
            due.add(next);
            history.add(next);
            if (random.nextInt(10) == 0) {
                before = history.soFar();
                dueBefore = due.size();
            }
        }
        assertThat(history).isEqualTo(due);
        assertThat(before).isEqualTo(due.subList(0, dueBefore));
        assertThat(History.of(before)).isEqualTo(due.subList(0, dueBefore));
        try (var file = Safetensors.of(Safetensors.bytes(history.metadata(), history.tensors()), "a history")) {
            assertThat(History.read(file)).isEqualTo(due);
        }
    }
}
