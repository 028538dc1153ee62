package orrery.bench.poseidon;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import orrery.bench.Report;
import orrery.deep.net.Zoo;
import orrery.deep.sync.Link;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench poseidon}. */
@Command(
        name = "poseidon",
        mixinStandardHelpOptions = true,
        description =
                "How much faster many members train a net than one, by each way of sending gradients: computation is parked,"
                        + " tables and messages are real, over links that are slowed down. Beside the figures of Zhang et al., USENIX ATC 2017.")
public final class PoseidonBench implements Callable<Integer> {
    private static final double MOST_CPU = 0.5;
    private static final Map<Integer, double[]> THEIRS =
            Map.of( // VGG19-22K at 40 Gbit: PS, WFBP, both; from their plot script
                    1, new double[] {0.54, 0.95, 0.99},
                    2, new double[] {1.01, 1.78, 1.96},
                    4, new double[] {1.47, 3.28, 3.83},
                    8, new double[] {2.16, 6.12, 7.63},
                    16, new double[] {2.82, 11.56, 15.03},
                    32, new double[] {4.42, 21.37, 29.45});

    @Option(names = "--nets", split = ",", paramLabel = "NET", description = "Nets (default: vgg19-22k).")
    List<String> nets = List.of("vgg19-22k");

    @Option(names = "--members", split = ",", paramLabel = "N", description = "How many (default: 1, 2, 4, 8, 16, 32).")
    List<Integer> members = List.of(1, 2, 4, 8, 16, 32);

    @Option(
            names = "--gbit",
            split = ",",
            paramLabel = "X",
            description = "Bandwidth of a member's link (default: 40).")
    List<Double> gbits = List.of(40.0);

    @Option(
            names = "--scale",
            paramLabel = "S",
            description = "Nets and links are so many times smaller (default: ${DEFAULT-VALUE}).")
    double scale = 256;

    @Option(
            names = "--slowness",
            paramLabel = "X",
            description =
                    "All takes so many times longer, so that the emulation takes a smaller part of the CPU (default: a quarter of the"
                            + " members).")
    double slowness;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var rates = new Properties();
        try (var in = PoseidonBench.class.getResourceAsStream("rates.properties")) {
            if (in == null) {
                throw new IOException("rates.properties is not with the benchmark");
            }
            rates.load(in);
        }
        try (var report = Report.of(spec, json)) {
            var small = Scaled.of("lenet", Zoo.net("lenet"), 32, 1);
            for (var mode : Trial.Mode.values()) { // the compiler's time
                new Trial(small, 4, mode, 0.02, new Link(1e9, 1e-4, 1e12), false).run();
            }
            for (var net : nets) {
                for (double gbit : gbits) {
                    table(report, rates, net, gbit);
                }
            }
        }
        return 0;
    }

    private void table(Report report, Properties rates, String name, double gbit) throws Exception {
        var rate = rates.getProperty(name, "").split(",", -1);
        if (rate.length != 2) {
            throw new IllegalArgumentException(
                    "no rate of a net '" + name + "' is known, only of " + rates.stringPropertyNames());
        }
        int examples = Integer.parseInt(rate[1].strip());
        double alone = examples / Double.parseDouble(rate[0]);
        var link = new Link(
                gbit * 1e9 / 8,
                Double.parseDouble(rates.getProperty("latency")),
                Double.parseDouble(rates.getProperty("flops")));
        var net = Scaled.of(name, Zoo.net(name), examples, scale);
        report.say(String.format(
                Locale.ROOT,
                "%s, %,d numbers, 1/%.0f of its own, %.0f Gbit, batches of %d, %.3f s a clock alone",
                name,
                net.numbers(),
                scale,
                gbit,
                examples,
                alone));
        report.say("members      PS    WFBP  hybrid   theirs                  MB a clock and member        CPU");
        for (int count : members) {
            row(report, net, count, gbit, alone, link);
        }
    }

    private void row(Report report, Scaled net, int count, double gbit, double alone, Link link) throws Exception {
        double slow = slowness > 0 ? slowness : Math.max(1, count / 4.0);
        var slowLink = new Link(link.bytesPerSecond() / slow, link.latency() * slow, link.flops() / slow);
        var results = new ArrayList<Trial.Result>();
        for (var mode : Trial.Mode.values()) {
            results.add(new Trial(net, count, mode, alone * slow, slowLink, false).run());
        }
        long due = new Trial(net, count, Trial.Mode.PS, alone, link, true).run().sum();
        boolean areSame = results.stream().allMatch(result -> result.sum() == due);
        double cpu = results.stream().mapToDouble(Trial.Result::cpu).max().orElse(0);
        var theirs = net.name().equals("vgg19-22k") && gbit == 40 ? THEIRS.get(count) : null;
        var speedups = results.stream()
                .mapToDouble(result -> count * alone * slow / result.seconds())
                .toArray();
        report.row(
                String.format(
                        Locale.ROOT,
                        "%7d  %6.2f  %6.2f  %6.2f   %-22s  %6.0f  %6.0f  %6.0f   %5.0f %%%s%s",
                        count,
                        speedups[0],
                        speedups[1],
                        speedups[2],
                        theirs == null
                                ? "-"
                                : String.format(Locale.ROOT, "%.2f  %.2f  %.2f", theirs[0], theirs[1], theirs[2]),
                        results.get(0).bytes() / 1e6,
                        results.get(1).bytes() / 1e6,
                        results.get(2).bytes() / 1e6,
                        100 * cpu,
                        areSame ? "" : "  WEIGHTS DIFFER",
                        cpu > MOST_CPU ? "  not valid: the emulation itself takes more than half of the CPU" : ""),
                "net",
                net.name(),
                "gbit",
                gbit,
                "members",
                count,
                "ps",
                speedups[0],
                "wfbp",
                speedups[1],
                "hybrid",
                speedups[2],
                "theirs",
                theirs,
                "cpu",
                cpu,
                "sameWeights",
                areSame);
    }
}
