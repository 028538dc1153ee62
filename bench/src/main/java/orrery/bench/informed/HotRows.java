package orrery.bench.informed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.table.Node;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.Recording;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;

/**
 * The cache of a thread: workers of one JVM add to rows one by one, some of which all add to all the time, at the shard or
 * gathered until the tick.
 */
final class HotRows {
    private static final int ROWS = 1_000;
    private static final int ADDS = 2_000; // of a worker at a clock
    private static final int CLOCKS = 1_000;

    private HotRows() {}

    private record Cost(double cpuNanos, double wallNanos) {}

    static void measure(Report out, int runs) throws Exception {
        out.say("adds to 1,000 rows, the n-th as often as 1/n, ssp:1, by workers of one JVM; ns an add");
        out.say("  workers  width     cpu: shard  gathered  ratio      wall: shard  gathered  ratio");
        for (int workers : new int[] {1, 2, 4}) {
            for (int width : new int[] {1, 64, 512}) {
                var all = new ArrayList<List<Double>>();
                for (int i = 0; i < 4; i++) {
                    all.add(new ArrayList<>());
                }
                for (int run = -1; run < runs; run++) {
                    var shard = run(workers, width, false);
                    var gathered = run(workers, width, true);
                    if (run >= 0) {
                        all.get(0).add(shard.cpuNanos());
                        all.get(1).add(gathered.cpuNanos());
                        all.get(2).add(shard.wallNanos());
                        all.get(3).add(gathered.wallNanos());
                    }
                }
                var medians = all.stream().mapToDouble(Figure::median).toArray();
                out.row(
                        String.format(
                                Locale.ROOT,
                                "  %7d %6d %15.0f %9.0f %6.2f %16.0f %9.0f %6.2f",
                                workers,
                                width,
                                medians[0],
                                medians[1],
                                medians[0] / medians[1],
                                medians[2],
                                medians[3],
                                medians[2] / medians[3]),
                        "name",
                        "adds to hot rows",
                        "workers",
                        workers,
                        "width",
                        width,
                        "cpuNanosAtShard",
                        medians[0],
                        "cpuNanosGathered",
                        medians[1],
                        "nanosAtShard",
                        medians[2],
                        "nanosGathered",
                        medians[3],
                        "runs",
                        runs);
            }
        }
    }

    private static Cost run(int workers, int width, boolean isGathered) throws Exception {
        var node = new Node();
        var table = node.create(TableSpec.dense("hot", ROWS, width).with(new Consistency.Ssp(1)));
        node.begin(workers, 0, Duration.ofMinutes(1));
        var rows = new int[workers][];
        for (int w = 0; w < workers; w++) {
            rows[w] = skewed(w);
        }
        long[] hot = hot(workers);
        long cpu = Cpu.nanos();
        long wall = System.nanoTime();
        var threads = new ArrayList<Thread>();
        for (int w = 0; w < workers; w++) {
            int worker = w;
            threads.add(Thread.ofPlatform().start(() -> {
                var session = node.session(worker);
                if (isGathered) {
                    session.gatherAdds(table, hot);
                }
                var one = new long[1];
                var change = new float[width];
                for (int clock = 0; clock < CLOCKS; clock++) {
                    for (int row : rows[worker]) {
                        one[0] = row;
                        change[row % width] = 1;
                        session.add(table, one, change);
                    }
                    session.tick();
                }
                session.finish();
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        double adds = (double) workers * ADDS * CLOCKS;
        return new Cost((Cpu.nanos() - cpu) / adds, (System.nanoTime() - wall) / adds);
    }

    /** Rows in proportion to 1/n. */
    private static int[] skewed(int worker) {
        var random = new SplittableRandom(worker);
        double all = Math.log(ROWS + 1);
        return random.ints(ADDS, 0, Integer.MAX_VALUE)
                .map(i -> Math.min(ROWS - 1, (int) (Math.exp(all * (i / (double) Integer.MAX_VALUE)) - 1)))
                .toArray();
    }

    /** Those that a plan of the run finds hot for a worker. */
    private static long[] hot(int workers) {
        var node = new Node();
        var table = node.create(TableSpec.dense("hot", ROWS, 1));
        var recordings = new ArrayList<Recording>();
        for (int w = 0; w < workers; w++) {
            var recording = new Recording();
            var session = node.virtual(w, workers, recording);
            for (int row : skewed(w)) {
                session.add(table, new long[] {row}, new float[1]);
            }
            session.tick();
            recordings.add(recording);
        }
        var plan = AccessPlan.of(
                Placing.HASH, 1, recordings, new int[workers], Map.of("hot", new AccessPlan.Shape(ROWS, 1)));
        return Arrays.stream(plan.of("hot").orElseThrow().hot().getFirst())
                .asLongStream()
                .toArray();
    }
}
