package orrery.bench.table;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.table.Node;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench heap}: what a large table takes, while two workers send it sparse updates. */
@Command(
        name = "heap",
        mixinStandardHelpOptions = true,
        description = "The heap of a table of 100 M floats with AdaGrad, sparse updates, ssp:3.")
public final class HeapBench implements Callable<Integer> {
    private static final long ROWS = 100_000_000;
    private static final int WORKERS = 2;
    private static final int CLOCKS = 200;
    private static final int KEYS = 10_000;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var node = new Node();
        var table = node.create(
                TableSpec.dense("w", ROWS, 1).with(new UpdateRule.AdaGrad(0.1f)).with(new Consistency.Ssp(3)));
        node.begin(WORKERS, 0, Duration.ofMinutes(1));
        var most = new long[1];
        var workers = new ArrayList<Thread>();
        for (int w = 0; w < WORKERS; w++) {
            int worker = w;
            workers.add(Thread.ofPlatform().start(() -> {
                var session = node.session(worker);
                var random = new SplittableRandom(worker);
                var keys = new long[KEYS];
                var values = new float[KEYS];
                for (int clock = 0; clock < CLOCKS; clock++) {
                    for (int i = 0; i < KEYS; i++) {
                        keys[i] = random.nextLong(ROWS);
                        values[i] = 1;
                    }
                    session.gather(table, keys, values);
                    session.add(table, keys, values);
                    session.tick();
                    if (worker == 0 && clock % 50 == 49) {
                        most[0] = Math.max(most[0], used());
                    }
                }
                session.finish();
            }));
        }
        for (var worker : workers) {
            worker.join();
        }
        double megabytes = 1 << 20;
        var figure = Figure.less(
                "heap of 100 M floats, AdaGrad",
                "MiB",
                most[0] / megabytes,
                2.0 * ROWS * Float.BYTES / megabytes,
                "values and rule state",
                CLOCKS / 50,
                "the most of what is live after full collections during the run; 2 workers, 10,000 random keys a clock");
        try (var report = Report.of(spec, json)) {
            report.figures(List.of(figure));
        }
        return 0;
    }

    /** What is live: asks for a collection first. */
    private static long used() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
