package orrery.bench.sparse;

import java.util.PriorityQueue;
import java.util.SplittableRandom;
import orrery.table.clock.ConflictDetector;

/**
 * Workers in virtual time under the real {@link ConflictDetector}: a clock takes {@code computeMillis}, and one in twenty up to
 * 100 ms more. Nothing else takes any time.
 */
record VirtualWorkers(int workers, int clocks, int rows, int keys, double computeMillis) {
    private record Done(double at, int worker) implements Comparable<Done> {
        @Override
        public int compareTo(Done other) {
            return at != other.at ? Double.compare(at, other.at) : Integer.compare(worker, other.worker);
        }
    }

    /** Milliseconds until the last worker has ended. */
    double run(int staleness, int speculation, long seed) {
        var detector = new ConflictDetector(staleness, speculation, () -> {});
        detector.begin(workers, 0);
        var clock = new int[workers];
        var isAtWork = new boolean[workers];
        var done = new PriorityQueue<Done>();
        for (int w = 0; w < workers; w++) {
            for (int c = 0; c <= speculation; c++) {
                detector.announce(w, c, keysOf(w, c, seed));
            }
        }
        double now = 0;
        while (true) {
            for (int w = 0; w < workers; w++) {
                if (!isAtWork[w] && clock[w] < clocks && detector.grants(w, clock[w])) {
                    isAtWork[w] = true;
                    done.add(new Done(now + computeMillis + delay(w, clock[w], seed), w));
                }
            }
            if (done.isEmpty()) {
                return now;
            }
            var next = done.remove();
            now = next.at();
            int w = next.worker();
            isAtWork[w] = false;
            detector.ticked(w, clock[w] + 1 == clocks ? Long.MAX_VALUE : clock[w]);
            clock[w]++;
            if (clock[w] + speculation < clocks) {
                detector.announce(w, clock[w] + speculation, keysOf(w, clock[w] + speculation, seed));
            }
        }
    }

    /** What a worker touches at a clock. */
    long[] keysOf(int worker, int clock, long seed) {
        return new SplittableRandom(seed * 1_000_003 + worker * 10_007L + clock)
                .longs(keys, 0, rows)
                .toArray();
    }

    /** Milliseconds that a clock takes longer. */
    static double delay(int worker, int clock, long seed) {
        var random = new SplittableRandom(seed * 31 + worker * 1009L + clock * 9176L);
        return random.nextInt(20) == 0 ? random.nextDouble(100) : 0;
    }
}
