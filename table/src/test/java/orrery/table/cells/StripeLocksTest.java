package orrery.table.cells;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StripeLocksTest {
    @Test
    void whoMayTakeAnyPassesByWhatIsHeld() {
        var locks = new StripeLocks(64);
        locks.lock(3);
        assertThat(locks.lockAny(1L << 3 | 1L << 5 | 1L << 63, 2)).isEqualTo(5);
        assertThat(locks.lockAny(1L << 3 | 1L << 5 | 1L << 63, 4)).isEqualTo(63);
        locks.unlock(3);
        assertThat(locks.lockAny(1L << 3 | 1L << 5, 64)).isEqualTo(3);
    }

    /** Threads add to plain ints, each stripe by stripe in whatever order it gets them. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 16, 64})
    void nobodyIsInAStripeWithAnother(int stripes) throws Exception {
        int workers = 4;
        int rounds = 2000;
        var locks = new StripeLocks(stripes);
        var sums = new int[stripes];
        var due = new int[workers][stripes];
        var threads = new ArrayList<Thread>();
        for (int w = 0; w < workers; w++) {
            int worker = w;
            threads.add(Thread.ofPlatform().start(() -> {
                var random = new SplittableRandom(worker);
                for (int round = 0; round < rounds; round++) {
                    long all = stripes == 64 ? -1 : (1L << stripes) - 1;
                    int next = random.nextInt(stripes + 1);
                    for (long left = random.nextLong() & all; left != 0; ) {
                        int stripe = locks.lockAny(left, next);
                        sums[stripe]++;
                        locks.unlock(stripe);
                        due[worker][stripe]++;
                        left &= ~(1L << stripe);
                        next = stripe + 1;
                    }
                }
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        for (int s = 0; s < stripes; s++) {
            int stripe = s;
            assertThat(sums[s])
                    .isEqualTo(List.of(due).stream().mapToInt(d -> d[stripe]).sum());
        }
    }
}
