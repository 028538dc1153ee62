package orrery.bench.nets;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import orrery.bench.Cpu;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.train.Course;
import orrery.deep.train.LocalNet;
import orrery.deep.train.NetOptions;
import orrery.table.spec.UpdateRule;

/** A net that one thread trains in plain memory, always on the same batch. */
final class BareNet implements AutoCloseable {
    private final LocalNet local;
    private final int batch;
    private final long[] forward; // nanoseconds by layer
    private final long[] backward;

    BareNet(Net net, int batch) {
        this.batch = batch;
        local = new LocalNet(
                new NetOptions(net, 1, batch, new UpdateRule.Momentum(0.01f, 0.9f, 0), new Course.Constant(), 5e-4f),
                1);
        forward = new long[net.nodes().size()];
        backward = new long[net.nodes().size()];
        var random = new SplittableRandom(1);
        var examples = new ArrayList<LocalNet.Example>();
        for (int i = 0; i < batch; i++) {
            var numbers = new float[net.inputSize()];
            for (int k = 0; k < numbers.length; k++) {
                numbers[k] = random.nextFloat();
            }
            examples.add(new LocalNet.Example(numbers, random.nextInt(net.outputSize())));
        }
        local.setTrainingData(
                Stream.generate(() -> examples).flatMap(List::stream).iterator());
    }

    /** Adds up the times of layers. */
    private final class Times implements Pass.Listener {
        private long since;

        @Override
        public void beforeForward(int layer) {
            since = System.nanoTime();
        }

        @Override
        public void afterForward(int layer) {
            forward[layer] += System.nanoTime() - since;
        }

        @Override
        public void beforeBackward(int layer) {
            since = System.nanoTime();
        }

        @Override
        public void afterBackward(int layer) {
            backward[layer] += System.nanoTime() - since;
        }
    }

    void train(int steps) {
        local.train(steps);
    }

    /** Examples a CPU second of all threads: the best of {@code rounds} rounds of {@code steps} steps. */
    double rate(int rounds, int steps) throws Exception {
        double least = Double.MAX_VALUE;
        for (int round = 0; round < rounds; round++) {
            least = Math.min(least, Cpu.seconds(() -> local.train(steps)));
        }
        return (double) steps * batch / least;
    }

    /** A line a layer: milliseconds forward and backward, and GF a second where it multiplies. */
    List<String> layers(int steps) {
        java.util.Arrays.fill(forward, 0);
        java.util.Arrays.fill(backward, 0);
        local.setListener(new Times());
        local.train(steps);
        local.setListener(Pass.NOBODY);
        var lines = new ArrayList<String>();
        var net = local.net();
        for (int layer = 0; layer < forward.length; layer++) {
            var node = net.nodes().get(layer);
            double work = 2.0 * batch * products(net, node);
            boolean isFirst = node.inputs().contains(Net.INPUT);
            lines.add(String.format(
                    Locale.ROOT,
                    "%-12s forward %7.3f ms%s  backward %7.3f ms%s",
                    node.name(),
                    forward[layer] / 1e6 / steps,
                    work == 0 ? "" : String.format(Locale.ROOT, " %6.1f GF/s", work * steps / forward[layer]),
                    backward[layer] / 1e6 / steps,
                    work == 0
                            ? ""
                            : String.format(
                                    Locale.ROOT, " %6.1f GF/s", (isFirst ? 1 : 2) * work * steps / backward[layer])));
        }
        return lines;
    }

    /** Products of numbers for an example, forward, of all layers. */
    static double products(Net net) {
        return net.nodes().stream().mapToDouble(node -> products(net, node)).sum();
    }

    /** Of one. */
    private static double products(Net net, Net.Node node) {
        var parameters = net.parameters(node);
        int[] shape = net.output(node.name());
        return switch (node.layer()) {
            case orrery.deep.layer.Convolution _ ->
                (double) shape[0] * shape[1] * parameters.getFirst().size();
            case orrery.deep.layer.Linear _ -> parameters.getFirst().size();
            default -> 0;
        };
    }

    @Override
    public void close() {
        local.close();
    }
}
