package orrery.bench.staleness;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import orrery.table.spec.Consistency;

/**
 * Workers, a server and their messages in virtual time: each worker reads once at the begin of a clock, computes, and ticks.
 * Under Ssp a copy that is too old is asked for again, under Essp a copy comes whenever the least clock has moved. The
 * predicate is the tables' own; the rest is a model. A function of its seed.
 *
 * @param workers how many
 * @param clocks of each
 * @param latency of a message one way; computing takes 1 in the mean
 * @param deviation of the time of computing
 */
record VirtualTime(int workers, int clocks, double latency, double deviation) {

    /**
     * What was seen.
     *
     * @param differentials age of the copy that was read, less the reader's clock, to how often
     * @param waited share of the time that workers waited
     * @param time that it took in all
     */
    record Seen(Map<Integer, Integer> differentials, double waited, double time) {
        double mean() {
            double sum = 0;
            double count = 0;
            for (var entry : differentials.entrySet()) {
                sum += (double) entry.getKey() * entry.getValue();
                count += entry.getValue();
            }
            return sum / count;
        }

        double share(int differential) {
            double count =
                    differentials.values().stream().mapToInt(Integer::intValue).sum();
            return differentials.getOrDefault(differential, 0) / count;
        }
    }

    private record Event(double time, long order, Runnable what) {}

    Seen simulate(Consistency consistency, long seed) {
        return new Simulation(consistency, seed).run();
    }

    /** All seeds from 1 on, together. */
    Seen simulate(Consistency consistency, int seeds) {
        var all = new TreeMap<Integer, Integer>();
        double waited = 0;
        double time = 0;
        for (int seed = 1; seed <= seeds; seed++) {
            var seen = simulate(consistency, (long) seed);
            seen.differentials().forEach((d, count) -> all.merge(d, count, Integer::sum));
            waited += seen.waited() * seen.time();
            time += seen.time();
        }
        return new Seen(all, waited / time, time);
    }

    private final class Simulation {
        private final Consistency consistency;
        private final boolean isPushed;
        private final SplittableRandom random;
        private final PriorityQueue<Event> events =
                new PriorityQueue<>(Comparator.comparingDouble(Event::time).thenComparingLong(Event::order));
        private final long[] ticked = new long[workers]; // at the server: clocks that each has completed, less one
        private final long[] clock = new long[workers];
        private final long[] copy = new long[workers]; // age of the copy that each worker has
        private final double[] waitsSince = new double[workers];
        private final boolean[] isWaiting = new boolean[workers];
        private final long[] asked = new long[workers]; // the age that a parked question needs
        private final Map<Integer, Integer> differentials = new TreeMap<>();
        private long age = -1;
        private double now;
        private double waited;
        private long order;

        Simulation(Consistency consistency, long seed) {
            this.consistency = consistency;
            isPushed = consistency instanceof Consistency.Essp;
            random = new SplittableRandom(seed);
            Arrays.fill(ticked, -1);
            Arrays.fill(copy, -1);
            Arrays.fill(asked, Long.MAX_VALUE);
        }

        private void after(double delay, Runnable what) {
            events.add(new Event(now + delay, order++, what));
        }

        Seen run() {
            for (int w = 0; w < workers; w++) {
                begin(w);
            }
            while (!events.isEmpty()) {
                var next = events.remove();
                now = next.time();
                next.what().run();
            }
            return new Seen(differentials, waited / (workers * now), now);
        }

        private void begin(int w) {
            long need = consistency.requiredAge(clock[w]);
            if (copy[w] >= need) {
                read(w);
                return;
            }
            isWaiting[w] = true;
            waitsSince[w] = now;
            if (!isPushed) {
                after(latency, () -> {
                    asked[w] = need;
                    answer(w);
                });
            }
        }

        /** At the server. */
        private void answer(int w) {
            if (age >= asked[w]) {
                asked[w] = Long.MAX_VALUE;
                send(w);
            }
        }

        private void send(int w) {
            long sent = age;
            after(latency, () -> received(w, sent));
        }

        private void received(int w, long sent) {
            copy[w] = Math.max(copy[w], sent);
            if (isWaiting[w] && copy[w] >= consistency.requiredAge(clock[w])) {
                isWaiting[w] = false;
                waited += now - waitsSince[w];
                read(w);
            }
        }

        private void read(int w) {
            differentials.merge((int) (copy[w] - clock[w]), 1, Integer::sum);
            double compute = Math.max(0.1, 1 + deviation * random.nextGaussian());
            after(compute, () -> {
                long done = clock[w]++;
                after(latency, () -> tick(w, done));
                if (clock[w] < clocks) {
                    begin(w);
                }
            });
        }

        /** At the server. */
        private void tick(int w, long done) {
            ticked[w] = done;
            long least = Arrays.stream(ticked).min().orElse(-1);
            if (least > age) {
                age = least;
                for (int other = 0; other < workers; other++) {
                    if (isPushed) {
                        send(other);
                    } else {
                        answer(other);
                    }
                }
            }
        }
    }
}
