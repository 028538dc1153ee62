package orrery.bench.nets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import orrery.bench.Report;
import orrery.deep.layer.Operation;
import orrery.deep.net.Losses;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.net.Zoo;
import orrery.deep.tensor.Tensor;
import orrery.deep.train.Backends;

/** Each published net once forward and backward, and what memory a net takes as it goes on. */
final class ZooRun {
    private static final int WARM = 300;
    private static final int STEPS = 1000;

    private ZooRun() {}

    /** A line a net: what it learns, what comes out, and the time of a batch of one. */
    static void each(Report report) {
        report.say("net                parameters  output       forward ms   backward ms   gradients finite");
        for (var name : Zoo.names()) {
            var net = Zoo.net(name);
            try (var pass = new Pass(net, Backends.chosen(), Tensor.Type.FLOAT32, 1, false)) {
                fill(pass);
                var call = new Operation.Call(1, true, 1);
                pass.forward(call, Pass.NOBODY); // once to warm
                long start = System.nanoTime();
                pass.forward(call, Pass.NOBODY);
                long between = System.nanoTime();
                Losses.crossEntropy(pass.output(), new int[1], 0, 1, net.outputSize(), pass.outputGradient(), 1);
                long again = System.nanoTime();
                pass.backward(call, Pass.NOBODY);
                long end = System.nanoTime();
                boolean isFinite = true;
                for (int layer = 0; layer < net.nodes().size(); layer++) {
                    isFinite &= pass.gradients(layer).stream().allMatch(of -> Double.isFinite(of.squares()));
                }
                report.row(
                        String.format(
                                Locale.ROOT,
                                "%-16s %,12d  %-10s %12.1f  %12.1f   %s",
                                name,
                                net.parameters(),
                                Arrays.toString(net.output()),
                                (between - start) / 1e6,
                                (end - again) / 1e6,
                                isFinite),
                        "name",
                        name,
                        "parameters",
                        net.parameters(),
                        "forwardMillis",
                        (between - start) / 1e6,
                        "backwardMillis",
                        (end - again) / 1e6,
                        "finite",
                        isFinite);
            }
        }
    }

    private static void fill(Pass pass) {
        var random = new SplittableRandom(1);
        for (long i = 0; i < pass.input().size(); i++) {
            pass.input().set(i, random.nextDouble());
        }
        Net net = pass.net();
        for (int layer = 0; layer < net.nodes().size(); layer++) {
            var parameters = net.parameters(net.nodes().get(layer));
            for (int p = 0; p < parameters.size(); p++) {
                var to = pass.parameters(layer).get(p);
                for (long i = 0; i < to.size(); i++) {
                    to.set(i, (2 * random.nextDouble() - 1) * parameters.get(p).spread());
                }
            }
        }
    }

    /** Memory of the process after some steps and after many more. */
    static void memory(Report report, int batch) throws IOException {
        try (var net = new BareNet(Zoo.net("cifar10-quick"), batch)) {
            net.train(WARM);
            long before = resident();
            net.train(STEPS);
            long after = resident();
            report.row(
                    String.format(
                            Locale.ROOT,
                            "cifar10-quick: %,d kB after %d steps, %,d kB after %d more: %+.2f %%",
                            before,
                            WARM,
                            after,
                            STEPS,
                            100.0 * (after - before) / before),
                    "name",
                    "memory",
                    "kilobytesBefore",
                    before,
                    "kilobytesAfter",
                    after);
        }
    }

    /** Of this process, in kB. */
    private static long resident() throws IOException {
        System.gc(); // so that garbage does not count
        for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("the system does not say how much memory the process has");
    }
}
