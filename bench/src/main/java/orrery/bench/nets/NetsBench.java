package orrery.bench.nets;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import orrery.bench.BetweenCuts;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.deep.layer.Backend;
import orrery.deep.net.Net;
import orrery.deep.net.Zoo;
import orrery.deep.tensor.Tensor;
import orrery.deep.train.Backends;
import orrery.deep.train.Course;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetOptions;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench nets}. */
@Command(
        name = "nets",
        mixinStandardHelpOptions = true,
        description = "Nets: examples a CPU second of one thread through tables, on bare memory and by PyTorch,"
                + " and the rate of each layer. Pictures are noise.")
public final class NetsBench implements Callable<Integer> {
    private static final long WORK =
            1L << 31; // products of numbers in a round, so that the clock of CPU time is fine enough
    private static final int ROUNDS = 8;

    @Option(
            names = "--net",
            split = ",",
            paramLabel = "NET",
            description = "mlp, lenet, cifar10-quick; of categories deepfm, wide-and-deep (default: all).")
    List<String> nets = List.of();

    @Option(names = "--examples", paramLabel = "N", description = "Of the part categories (default: ${DEFAULT-VALUE}).")
    int examples = 1_000_000;

    @Option(names = "--text", paramLabel = "FILE", description = "Of the part characters.")
    String text = "";

    @Option(names = "--batch", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    int batch = 64;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Option(names = "--python", paramLabel = "FILE", description = "A Python with PyTorch (default: ${DEFAULT-VALUE}).")
    String python = "python3";

    @Option(
            names = "--part",
            paramLabel = "P",
            description =
                    "speed (as if nothing is said); workers: two at once beside two products of matrices at once; autograd: gradients beside PyTorch's; local: local steps by workers and steps between averages; categories: deepfm and wide-and-deep over millions of keys; characters: char-lstm on a --text; zoo: each published net"
                            + " once; memory: as steps go on.")
    String part = "speed";

    @Option(names = "--java", description = "Nets in Java, even where libtorch is.")
    boolean java;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var figures = new ArrayList<Figure>();
        try (var report = Report.of(spec, json)) {
            if (java) {
                System.setProperty("orrery.libtorch", "");
            }
            var backend = Backends.chosen();
            report.say(Backends.described());
            switch (part) {
                case "local" -> new LocalSteps(batch).table(report);
                case "autograd" -> new Autograd(python).table(report);
                case "categories" -> {
                    new Categories(python).table(report, examples, chosen(List.of("deepfm", "wide-and-deep")), figures);
                    report.figures(figures);
                }
                case "characters" -> {
                    new Letters(python).table(report, text, batch, figures);
                    report.figures(figures);
                }
                case "zoo" -> ZooRun.each(report);
                case "memory" -> ZooRun.memory(report, batch);
                case "workers" -> workers(report, backend);
                case "speed" -> speed(report, backend, figures);
                default ->
                    throw new CommandLine.ParameterException(
                            spec.commandLine(),
                            "--part is speed, workers, autograd, local, categories, characters, zoo or memory, got '"
                                    + part + "'");
            }
        }
        return 0;
    }

    private List<String> chosen(List<String> usual) {
        return nets.isEmpty() ? usual : nets;
    }

    private void speed(Report report, Backend backend, List<Figure> figures) throws Exception {
        double peak = Sgemm.peak();
        for (var of : backend.equals(Backend.JAVA) ? List.of(backend) : List.of(Backend.JAVA, backend)) {
            var line = new StringBuilder("products of matrices of 128, 256, 512, 1024 by " + of + ":");
            for (int size = 128; size <= 1024; size *= 2) {
                double rate = Sgemm.rate(of.matrices(Tensor.Type.FLOAT32), size);
                line.append(String.format(Locale.ROOT, " %.0f GF/s (%.0f %%)", rate, 100 * rate / peak));
            }
            report.say(line + String.format(Locale.ROOT, " of %.0f in registers", peak));
        }
        var peer = new PyTorch(python);
        boolean hasPeer = peer.isHere();
        if (!hasPeer) {
            report.say(python + " has no PyTorch (pip install torch, or --python FILE): left out");
        }
        var names = chosen(List.of("mlp", "lenet", "cifar10-quick"));
        var measured = names.stream().map(Measured::new).toList();
        for (int run = 0; run < runs; run++) {
            for (var of : measured) {
                of.bare().add(bare(of.net(), run == 0 ? report : null));
                of.tables().add(tables(of.net()));
            }
            if (hasPeer) {
                var kept = peer.train(names, batch, true);
                var asItComes = peer.train(names, batch, false);
                report.say(String.format(Locale.ROOT, "PyTorch's products of matrices: %.0f GF/s", kept.sgemm()));
                for (var of : measured) {
                    of.theirs().add(kept.rates().getOrDefault(of.name(), Double.NaN));
                    of.asItComes().add(asItComes.rates().getOrDefault(of.name(), Double.NaN));
                }
            }
        }
        for (var of : measured) {
            figures.add(of.figure(
                    of.bare(),
                    "bare memory",
                    runs,
                    "one worker; each the best of " + ROUNDS + " rounds; reading examples counts through tables"));
            if (hasPeer) {
                figures.add(of.figure(
                        of.theirs(),
                        "PyTorch that keeps memory",
                        runs,
                        "PyTorch's better memory format; it reads no examples"));
                figures.add(of.figure(of.asItComes(), "PyTorch as it comes", runs, ""));
            }
        }
        report.figures(figures);
    }

    /** How much longer two workers take than one, for twice the examples, beside two threads that multiply matrices. */
    private void workers(Report report, Backend backend) throws Exception {
        report.say("net            two workers / one, wall   two products / one   ratio");
        for (var name : chosen(List.of("lenet", "cifar10-quick"))) {
            var net = Zoo.net(name);
            var nets = new ArrayList<Double>();
            var products = new ArrayList<Double>();
            for (int run = 0; run < runs; run++) {
                nets.add(seconds(net, 2) / seconds(net, 1));
                products.add(Sgemm.seconds(backend, 2) / Sgemm.seconds(backend, 1));
            }
            double ofNet = Figure.median(nets);
            double ofProducts = Figure.median(products);
            report.row(
                    String.format(
                            Locale.ROOT, "%-14s %23.3f  %19.3f  %6.3f", name, ofNet, ofProducts, ofNet / ofProducts),
                    "net",
                    name,
                    "workers",
                    ofNet,
                    "products",
                    ofProducts,
                    "ratio",
                    ofNet / ofProducts);
        }
    }

    /** Seconds of the best pass in which each worker takes as many steps. */
    private double seconds(Net net, int workers) throws Exception {
        var times = new ArrayList<Long>();
        train(net, Run.local(workers).listening(event -> {
            if (event instanceof RunEvent.CutReached) {
                times.add(System.nanoTime());
            }
        }));
        double least = Double.MAX_VALUE;
        for (int i = 1; i < times.size(); i++) {
            least = Math.min(least, (times.get(i) - times.get(i - 1)) / 1e9);
        }
        return least;
    }

    /** Steps of a round, and of a pass. */
    private int steps(Net net) {
        double work = 3.0 * batch * BareNet.products(net);
        return (int) Math.clamp(16 * WORK / work, 20, 500);
    }

    /** Rates of a net, by run. */
    private record Measured(
            String name, List<Double> bare, List<Double> tables, List<Double> theirs, List<Double> asItComes) {
        Measured(String name) {
            this(name, new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        Net net() {
            return Zoo.net(name);
        }

        Figure figure(List<Double> peer, String peerName, int runs, String limit) {
            return Figure.more(
                    name + ", through tables",
                    "examples/CPU-s",
                    Figure.median(tables),
                    Figure.median(peer),
                    peerName,
                    runs,
                    limit);
        }
    }

    private double bare(Net net, @org.jspecify.annotations.Nullable Report report) throws Exception {
        try (var plain = new BareNet(net, batch)) {
            double rate = plain.rate(ROUNDS, steps(net));
            if (report != null) {
                plain.layers(steps(net)).forEach(report::say);
            }
            return rate;
        }
    }

    private double tables(Net net) throws Exception {
        var cuts = new BetweenCuts();
        train(net, Run.local(1).listening(cuts));
        return batch / cuts.least(steps(net));
    }

    private void train(Net net, Run run) throws Exception {
        var random = new SplittableRandom(1);
        var packer = new Examples.Packer();
        for (int n = 0; n < batch * steps(net) * run.workers(); n++) {
            for (int i = 0; i < net.inputSize(); i++) {
                packer.feature(i, random.nextFloat());
            }
            packer.example(n < net.outputSize() ? n : random.nextInt(net.outputSize()), 1);
        }
        var examples = packer.pack(net.inputSize());
        var options = NetOptions.of(net);
        new NetLearning(new NetOptions(
                        net, ROUNDS, batch, options.rule(), new Course.Constant(), options.decay(), options.clip()))
                .prepare(new Loaded(examples, Schema.ofVectors(List.of(), List.of(), net.inputSize())), run)
                .run();
    }
}
