package orrery.bench.sparse;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import orrery.bench.Emulated;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.engine.Job;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench sparse-ssp}. */
@Command(
        name = "sparse-ssp",
        mixinStandardHelpOptions = true,
        description =
                "Running ahead where workers do not meet: sparse-ssp:0:5 against ssp:0, 8 workers, 1 M rows, 5 %% of"
                        + " clocks up to 100 ms longer (parked); in virtual time, then for real; and how often batches meet.")
public final class SparseSspBench implements Callable<Integer> {
    private static final int WORKERS = 8;
    private static final int ROWS = 1_000_000;
    private static final int SPECULATION = 5;
    private static final int SEEDS = 20;
    private static final int[] BATCHES = {10, 100, 1000, 5000};

    @Option(names = "--runs", paramLabel = "N", description = "Runs of each (default: ${DEFAULT-VALUE}).")
    int runs = 5;

    @Option(names = "--clocks", paramLabel = "N", description = "Clocks of each worker (default: ${DEFAULT-VALUE}).")
    int clocks = 300;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var figures = new ArrayList<Figure>();
        for (int keys : BATCHES) {
            figures.add(virtual(keys));
        }
        for (int keys : BATCHES) {
            figures.add(real(keys));
        }
        try (var report = Report.of(spec, json)) {
            report.figures(figures);
            meetings(report);
        }
        return 0;
    }

    private Figure virtual(int keys) {
        var workers = new VirtualWorkers(WORKERS, clocks, ROWS, keys, 1);
        var ours = new ArrayList<Double>();
        var plain = new ArrayList<Double>();
        double worst = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            ours.add(workers.run(0, SPECULATION, seed) / 1000);
            plain.add(workers.run(0, 0, seed) / 1000);
            worst = Math.max(worst, ours.getLast() / plain.getLast());
        }
        return Figure.less(
                "virtual time, " + keys + " keys a batch",
                "s",
                Figure.median(ours),
                Figure.median(plain),
                "ssp:0",
                SEEDS,
                String.format(Locale.ROOT, "virtual, %d keys: at worst %.3f of the time of ssp:0", keys, worst));
    }

    private Figure real(int keys) throws Exception {
        var ours = new ArrayList<Double>();
        var plain = new ArrayList<Double>();
        for (int run = 0; run < runs; run++) {
            plain.add(seconds(new Consistency.Ssp(0), keys, run));
            ours.add(seconds(new Consistency.SparseSsp(0, SPECULATION), keys, run));
        }
        return Figure.less(
                "real, " + keys + " keys a batch",
                "s",
                Figure.median(ours),
                Figure.median(plain),
                "ssp:0",
                runs,
                "8 threads of one JVM on this machine's cores; longer clocks are parked, not computed");
    }

    /** Each worker reads its batch, adds to it, and now and then takes longer; in seconds, all included. */
    private double seconds(Consistency consistency, int keys, long seed) throws Exception {
        var batches = new VirtualWorkers(WORKERS, clocks, ROWS, keys, 0);
        var stage = new Stage("batches", clocks, worker -> {
            var table = worker.session().tables().getFirst();
            int me = worker.index();
            var values = new float[keys];
            var ones = new float[keys];
            Arrays.fill(ones, 1);
            var all = new long[clocks][]; // made before, as a reader would that is ahead
            for (int c = 0; c < clocks; c++) {
                all[c] = batches.keysOf(me, c, seed);
            }
            for (int c = 0; c < Math.min(SPECULATION, clocks); c++) {
                worker.session().announce(table, c, all[c]);
            }
            return (session, clock) -> {
                int ahead = (int) clock + SPECULATION;
                if (ahead < clocks) {
                    session.announce(table, ahead, all[ahead]);
                }
                session.gather(table, all[(int) clock], values);
                double delay = VirtualWorkers.delay(me, (int) clock, seed);
                if (delay > 0) {
                    Emulated.nanos((long) (delay * 1e6));
                }
                session.add(table, all[(int) clock], ones);
            };
        });
        var job = new Job("sparse-ssp", List.of(TableSpec.dense("w", ROWS, 1).with(consistency)), List.of(stage));
        var run = Run.local(WORKERS).with(consistency).withWaitLimit(Duration.ofMinutes(2));
        return job.run(run).elapsed().toNanos() / 1e9;
    }

    // How often batches meet

    private static void meetings(Report out) {
        out.say("How often two batches of m rows out of n meet: measured, and 1 - C(n-m,m)/C(n,m)");
        meet(out, "kdd", 55_000_000, 11, 40_000_000);
        meet(out, "avazu", 1_000_000, 15, 4_000_000);
        meet(out, "criteo", 1_000_000, 39, 1_000_000);
        meet(out, "url", 3_200_000, 99, 500_000);
    }

    private static void meet(Report out, String name, int n, int m, int pairs) {
        var random = new SplittableRandom(1);
        var seen = new int[n]; // by row: the pair whose first batch holds it
        long met = 0;
        var first = new int[m];
        for (int pair = 1; pair <= pairs; pair++) {
            for (int i = 0; i < m; i++) { // m different rows
                do {
                    first[i] = random.nextInt(n);
                } while (seen[first[i]] == pair);
                seen[first[i]] = pair;
            }
            boolean meets = false;
            var second = new int[m];
            for (int i = 0; i < m; i++) {
                boolean isNew;
                do {
                    second[i] = random.nextInt(n);
                    isNew = true;
                    for (int j = 0; j < i; j++) {
                        isNew &= second[j] != second[i];
                    }
                } while (!isNew);
                meets |= seen[second[i]] == pair;
            }
            met += meets ? 1 : 0;
        }
        double due = 0; // log of the chance that they do not meet
        for (int i = 0; i < m; i++) {
            due += Math.log1p(-m / (double) (n - i));
        }
        due = -Math.expm1(due);
        double measured = met / (double) pairs;
        double error = Math.sqrt(measured / pairs);
        out.row(
                String.format(
                        Locale.ROOT,
                        "%-7s n = %,11d  m = %3d   measured %.3e +- %.1e   formula %.3e   ratio %.3f   (%,d pairs, %,d met)",
                        name,
                        n,
                        m,
                        measured,
                        error,
                        due,
                        measured / due,
                        pairs,
                        met),
                "name",
                "batches meet, " + name,
                "rows",
                n,
                "batch",
                m,
                "measured",
                measured,
                "error",
                error,
                "formula",
                due,
                "ratio",
                measured / due,
                "pairs",
                pairs,
                "met",
                met);
    }
}
