package orrery.bench.staleness;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.Collectors;
import orrery.bench.Crew;
import orrery.bench.Emulated;
import orrery.bench.Neighbours;
import orrery.bench.Report;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;
import orrery.wire.Faults;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench staleness}. */
@Command(
        name = "staleness",
        mixinStandardHelpOptions = true,
        description =
                "How stale reads are and how long they wait, pulled (ssp) and pushed (essp): in virtual time, then on"
                        + " four processes over links of 2 ms and 100 Mbit.")
public final class StalenessBench implements Callable<Integer> {
    private static final int SEEDS = 20;
    private static final long SEED = 1;
    private static final int NODES = 4;
    private static final int ROWS = 400;
    private static final int WIDTH = 32;
    private static final double CLOCK_NANOS = 20e6;

    @Option(names = "--clocks", paramLabel = "N", description = "Clocks on real links (default: ${DEFAULT-VALUE}).")
    int clocks = 100;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json)) {
            if (Crew.isToLead()) {
                virtual(report);
                return report.lead(spec, NODES);
            }
            real(report);
            return 0;
        }
    }

    private static void virtual(Report out) {
        for (int ofEach : new int[] {200, 400}) {
            var model = new VirtualTime(8, ofEach, 0.15, 0.05);
            out.say("8 workers in virtual time, " + ofEach + " clocks of 1 +- 0.05, a message takes 0.15, " + SEEDS
                    + " seeds");
            out.say("              mean   waiting   age of what was read, less the reader's clock: share");
            for (int s : new int[] {1, 3, 7, 15}) {
                tell(out, ofEach, new Consistency.Ssp(s), model.simulate(new Consistency.Ssp(s), SEEDS));
                tell(out, ofEach, new Consistency.Essp(s), model.simulate(new Consistency.Essp(s), SEEDS));
            }
            out.say("");
        }
    }

    private void real(Report out) throws Exception {
        out.say(NODES + " processes over TCP, each message 2 ms late, 100 Mbit; a clock takes 20 ms +- 5 % (parked)");
        out.say("           waiting: ssp      essp   essp/ssp   seconds: ssp      essp");
        for (int s : new int[] {1, 3}) {
            var pulled = real(new Consistency.Ssp(s));
            var pushed = real(new Consistency.Essp(s));
            out.row(
                    String.format(
                            Locale.ROOT,
                            "s = %-2d %14.1f %% %7.1f %%   %8.2f %14.2f %9.2f",
                            s,
                            100 * pulled.waiting(),
                            100 * pushed.waiting(),
                            pushed.waiting() / pulled.waiting(),
                            pulled.seconds(),
                            pushed.seconds()),
                    "name",
                    "waiting on real links",
                    "staleness",
                    s,
                    "waitingSsp",
                    pulled.waiting(),
                    "waitingEssp",
                    pushed.waiting(),
                    "secondsSsp",
                    pulled.seconds(),
                    "secondsEssp",
                    pushed.seconds());
        }
    }

    private static void tell(Report out, int clocks, Consistency consistency, VirtualTime.Seen seen) {
        var shares = seen.differentials().keySet();
        out.row(
                String.format(
                        Locale.ROOT,
                        "%-9s %8.2f %7.1f %%   %s",
                        consistency,
                        seen.mean(),
                        100 * seen.waited(),
                        shares.stream()
                                .map(d -> String.format(Locale.ROOT, "%d: %.2f", d, seen.share(d)))
                                .collect(Collectors.joining("  "))),
                "name",
                "age in virtual time",
                "clocks",
                clocks,
                "consistency",
                consistency.toString(),
                "meanAge",
                seen.mean(),
                "waiting",
                seen.waited(),
                "shares",
                shares.stream()
                        .collect(Collectors.toMap(String::valueOf, seen::share, (a, b) -> a, LinkedHashMap::new)));
    }

    private record Real(double waiting, double seconds) {}

    /** Every worker reads all rows and adds to a twentieth of them at each clock. */
    private Real real(Consistency consistency) throws Exception {
        var waited = new DoubleAdder();
        var spent = new DoubleAdder();
        long start = System.nanoTime();
        try (var nodes = new Neighbours(Faults.parse("delay=2ms,rate=12.5MB"))) {
            nodes.create(TableSpec.dense("w", ROWS, WIDTH).with(consistency));
            nodes.run(NODES, (session, node) -> {
                var table = node.table("w");
                long begin = System.nanoTime();
                work(session, table);
                waited.add(session.waitedNanos() / 1e9);
                spent.add((System.nanoTime() - begin) / 1e9);
            });
        }
        var all = Crew.sums(waited.sum(), spent.sum());
        return new Real(all[0] / all[1], (System.nanoTime() - start) / 1e9);
    }

    private void work(Session session, Table table) {
        var random = new SplittableRandom(SEED * 31 + session.worker());
        var all = new long[ROWS];
        for (int i = 0; i < ROWS; i++) {
            all[i] = i;
        }
        var values = new float[ROWS * WIDTH];
        var change = new float[ROWS / 20 * WIDTH];
        for (int i = 0; i < change.length; i++) {
            change[i] = random.nextFloat();
        }
        for (int clock = 0; clock < clocks; clock++) {
            session.gather(table, all, values);
            Emulated.nanos((long) (CLOCK_NANOS * (1 + 0.05 * random.nextGaussian())));
            session.add(table, random.longs(ROWS / 20, 0, ROWS).toArray(), change);
            session.tick();
        }
    }
}
