package orrery.engine.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class PartitionTest {
    @RepeatedTest(50)
    void everyPassTakesEveryExampleOnce(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        int examples = random.nextInt(0, 3000);
        int workers = random.nextInt(1, 9);
        int batch = random.nextInt(1, 200);
        everyPassTakesEveryExampleOnce(
                Partition.of(examples, batch, seed.getCurrentRepetition(), 0), examples, workers);
        everyPassTakesEveryExampleOnce(
                Partition.divided(examples, batch, seed.getCurrentRepetition(), 0), examples, workers);
    }

    private static void everyPassTakesEveryExampleOnce(Partition partition, int examples, int workers) {
        long perPass = partition.clocksPerPass(workers);
        for (int pass = 0; pass < 3; pass++) {
            var seen = new BitSet();
            for (long clock = pass * perPass; clock < (pass + 1) * perPass; clock++) {
                for (int w = 0; w < workers; w++) {
                    var order = partition.order(clock, w, workers);
                    for (long p = partition.from(clock, w, workers); p < partition.to(clock, w, workers); p++) {
                        int example = (int) order.at(p);
                        assertThat(seen.get(example)).isFalse();
                        seen.set(example);
                    }
                }
            }
            assertThat(seen.cardinality()).isEqualTo(examples);
        }
    }

    /** Of its own, all of them, and none of another's. */
    @RepeatedTest(50)
    void everyPassTakesEveryOwnExampleOnce(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        var sizes = random.longs(random.nextInt(1, 9), 0, 500).boxed().toList();
        int batch = random.nextInt(1, 100);
        var partition = Partition.of(sizes, batch, seed.getCurrentRepetition(), 0);
        long perPass = partition.clocksPerPass(sizes.size());
        for (long pass = 0; pass < 2; pass++) {
            long first = 0;
            for (int w = 0; w < sizes.size(); w++) {
                var seen = new BitSet();
                for (long clock = pass * perPass; clock < (pass + 1) * perPass; clock++) {
                    var order = partition.order(clock, w, sizes.size());
                    long from = partition.from(clock, w, sizes.size());
                    long to = partition.to(clock, w, sizes.size());
                    assertThat(to - from).isBetween(0L, (long) batch);
                    for (long p = from; p < to; p++) {
                        int own = (int) (order.at(p) - first);
                        assertThat(own).isBetween(0, (int) (sizes.get(w) - 1));
                        assertThat(seen.get(own)).isFalse();
                        seen.set(own);
                    }
                }
                assertThat(seen.cardinality()).isEqualTo(sizes.get(w).intValue());
                first += sizes.get(w);
            }
        }
    }

    @Test
    void passesAndSeedsHaveOrdersOfTheirOwn() {
        int same = 0;
        for (int i = 0; i < 1000; i++) {
            same += Shuffle.of(1000, 1, 0).at(i) == Shuffle.of(1000, 1, 1).at(i) ? 1 : 0;
            same += Shuffle.of(1000, 1, 0).at(i) == Shuffle.of(1000, 2, 0).at(i) ? 1 : 0;
        }
        assertThat(same).isLessThan(20); // 2 expected
    }

    /** Where the first thousand go: near uniform over ten bins. */
    @Test
    void aShuffleLeavesNoTraceOfTheOrder() {
        var bins = new int[10];
        var shuffle = Shuffle.of(1_000_003, 7);
        for (int i = 0; i < 10_000; i++) {
            bins[(int) (shuffle.at(i) * 10 / 1_000_003)]++;
        }
        for (int bin : bins) {
            assertThat(bin).isBetween(850, 1150);
        }
    }

    @Test
    void positionsOutsideAreRefused() {
        assertThatThrownBy(() -> Shuffle.of(10, 1).at(10)).hasMessage("positions are 0 to 9, asked for 10");
        assertThatThrownBy(() -> Partition.of(10, 0, 1, 0)).hasMessage("batch must be 1 or more, got 0");
    }
}
