package orrery.bench.nets;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import orrery.bench.Cpu;
import orrery.deep.layer.Backend;
import orrery.deep.layer.Operation;
import orrery.deep.net.Losses;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.tensor.Tensor;

/** A net that is trained with its numbers in plain memory, by momentum, as one would write it for one thread. */
final class BareNet implements AutoCloseable {
    private static final float RATE = 0.01f;
    private static final float MOMENTUM = 0.9f;
    private static final float DECAY = 5e-4f;

    private final Pass pass;
    private final List<List<float[]>> velocities = new ArrayList<>();
    private final int[] classes;
    private final long[] forward; // nanoseconds by layer
    private final long[] backward;
    private long since;

    BareNet(Net net, Backend backend, int batch) {
        pass = new Pass(net, backend, Tensor.Type.FLOAT32, batch, false);
        classes = new int[batch];
        forward = new long[net.nodes().size()];
        backward = new long[net.nodes().size()];
        var random = new SplittableRandom(1);
        for (int i = 0; i < batch; i++) {
            classes[i] = random.nextInt(net.outputSize());
        }
        for (long i = 0; i < pass.input().size(); i++) {
            pass.input().set(i, random.nextDouble());
        }
        for (int layer = 0; layer < net.nodes().size(); layer++) {
            var of = new ArrayList<float[]>();
            var parameters = net.parameters(net.nodes().get(layer));
            for (int p = 0; p < parameters.size(); p++) {
                of.add(new float[Math.toIntExact(parameters.get(p).size())]);
                for (long i = 0; i < parameters.get(p).size(); i++) {
                    pass.parameters(layer)
                            .get(p)
                            .set(
                                    i,
                                    (2 * random.nextDouble() - 1)
                                            * parameters.get(p).spread());
                }
            }
            velocities.add(of);
        }
    }

    /** A step on the same batch. */
    void step(boolean isTimed) {
        var call = new Operation.Call(pass.batch(), true, 1);
        var listener = new Pass.Listener() {
            @Override
            public void beforeForward(int layer) {
                since = isTimed ? System.nanoTime() : 0;
            }

            @Override
            public void afterForward(int layer) {
                forward[layer] += isTimed ? System.nanoTime() - since : 0;
            }

            @Override
            public void beforeBackward(int layer) {
                since = isTimed ? System.nanoTime() : 0;
            }

            @Override
            public void afterBackward(int layer) {
                backward[layer] += isTimed ? System.nanoTime() - since : 0;
            }

            @Override
            public void gradientReady(int layer) {
                descend(layer);
            }
        };
        pass.forward(call, listener);
        Losses.crossEntropy(
                pass.output(),
                classes,
                pass.batch(),
                pass.net().outputSize(),
                pass.outputGradient(),
                1.0 / pass.batch());
        pass.backward(call, listener);
    }

    private void descend(int layer) {
        for (int p = 0; p < velocities.get(layer).size(); p++) {
            float[] v = velocities.get(layer).get(p);
            var x = pass.parameters(layer).get(p).data();
            var g = pass.gradients(layer).get(p).data();
            for (int i = 0; i < v.length; i++) {
                float w = x.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                v[i] = MOMENTUM * v[i] + g.getAtIndex(ValueLayout.JAVA_FLOAT, i) + DECAY * w;
                x.setAtIndex(ValueLayout.JAVA_FLOAT, i, w - RATE * v[i]);
            }
        }
    }

    /** Examples a CPU second of all threads: the best of so many rounds of so many steps. */
    double rate(int rounds, int steps) throws Exception {
        double least = Double.MAX_VALUE;
        for (int round = 0; round < rounds; round++) {
            least = Math.min(least, Cpu.seconds(() -> {
                for (int i = 0; i < steps; i++) {
                    step(false);
                }
            }));
        }
        return (double) steps * pass.batch() / least;
    }

    /** A line a layer: milliseconds forward and backward, and GF a second where it multiplies. */
    List<String> layers(int steps) {
        java.util.Arrays.fill(forward, 0);
        java.util.Arrays.fill(backward, 0);
        for (int i = 0; i < steps; i++) {
            step(true);
        }
        var lines = new ArrayList<String>();
        var net = pass.net();
        for (int layer = 0; layer < forward.length; layer++) {
            var node = net.nodes().get(layer);
            double work = 2.0 * pass.batch() * products(net, node);
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
        pass.close();
    }
}
