package orrery.deep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import orrery.deep.layer.Activation;
import orrery.deep.layer.Backend;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Flatten;
import orrery.deep.layer.Interactions;
import orrery.deep.layer.Join;
import orrery.deep.layer.Layer;
import orrery.deep.layer.LayerNorm;
import orrery.deep.layer.Linear;
import orrery.deep.layer.LocalResponse;
import orrery.deep.layer.Operation;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Recurrent;
import orrery.deep.layer.Window;
import orrery.deep.net.Losses;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.tensor.Tensor;
import orrery.deep.torch.TorchBackend;

/** Gradients against central differences, in doubles. */
final class GradientsTest {
    private static final double STEP = 1e-5;

    static Stream<Net> nets() {
        Layer first = new Convolution(4, new Window(1, 1, 0, 1), 1, true); // so that gradients of inputs count, too
        int[] image = {7, 6, 3};
        var joined = Net.input(5, 4, 2)
                .add("a", first)
                .add("b", new Activation(Activation.Kind.TANH))
                .add("c", new Convolution(4, new Window(3, 1, 1, 1), 1, false), "a")
                .add("sum", new Join(Join.Kind.ADD), "b", "c")
                .add("all", new Join(Join.Kind.CONCAT), "sum", "a", "input")
                .add("end", new Linear(3, true))
                .net();
        return Stream.concat(
                Stream.of(
                                new Convolution(3, new Window(3, 1, 0, 1), 1, true),
                                new Convolution(6, new Window(3, 2, 1, 1), 2, true),
                                new Convolution(4, new Window(2, 1, 1, 2), 1, false),
                                new Convolution(8, new Window(3, 2, 2, 2), 4, true),
                                new Convolution(3, new Window(1, 3, 1, 0, 1, 1), 1, true),
                                new Convolution(4, new Window(3, 1, 2, 1, 0, 1), 2, false),
                                new Pooling(Pooling.Kind.MAX, new Window(3, 2, 0, 1), true),
                                new Pooling(Pooling.Kind.MAX, new Window(2, 3, 1, 0, 1, 1), false),
                                new Pooling(Pooling.Kind.AVERAGE, new Window(3, 2, 2, 1, 0, 1), true),
                                new Pooling(Pooling.Kind.MAX, new Window(2, 2, 1, 1), false),
                                new Pooling(Pooling.Kind.AVERAGE, new Window(3, 2, 0, 1), true),
                                new Pooling(Pooling.Kind.AVERAGE, new Window(3, 2, 1, 1), true),
                                new Pooling(Pooling.Kind.AVERAGE, null, false),
                                new Pooling(Pooling.Kind.MAX, null, false),
                                new Linear(5, true),
                                new Linear(5, false),
                                new Activation(Activation.Kind.RELU),
                                new Activation(Activation.Kind.SIGMOID),
                                new Activation(Activation.Kind.TANH),
                                new Activation(Activation.Kind.GELU),
                                new BatchNorm(1e-5, 0.9),
                                new LayerNorm(1e-5),
                                new LocalResponse(3, 0.5, 0.75, 1),
                                new LocalResponse(5, 0.5, 0.75, 2),
                                new Dropout(0.4))
                        .map(layer -> Net.of(image, first, layer)),
                Stream.of(
                        joined,
                        sequence(Recurrent.Cell.LSTM, false),
                        sequence(Recurrent.Cell.LSTM, true),
                        sequence(Recurrent.Cell.GRU, false),
                        sequence(Recurrent.Cell.GRU, true),
                        Net.input(5, 3)
                                .add("cells", new Recurrent(Recurrent.Cell.LSTM, 4, true))
                                .add("end", new Linear(3, true, true, 1))
                                .net(),
                        keyed()));
    }

    /** All layers for keys; two layers read one embedding. */
    private static Net keyed() {
        return Net.input(2)
                .fields(3)
                .add("weights", new Embedding(1, true))
                .add("rows", new Embedding(4, false))
                .add("pairs", new Interactions())
                .add("flat", new Flatten(), "rows")
                .add("all", new Join(Join.Kind.CONCAT), Net.INPUT, "flat")
                .add("hidden", new Linear(5, true))
                .add("tanh", new Activation(Activation.Kind.TANH))
                .add("deep", new Linear(1, true))
                .add("sum", new Join(Join.Kind.ADD), "weights", "pairs", "deep")
                .net();
    }

    /** Bags of no key, one key and several keys, with repeats. */
    private static void fillKeys(Pass pass, int examples, SplittableRandom random) {
        for (int bag = 0; bag < examples * pass.net().fields(); bag++) {
            for (int k = random.nextInt(4); k > 0; k--) {
                pass.keys().add(random.nextInt(6), 2 * (float) random.nextDouble() - 1);
            }
            pass.keys().endBag();
        }
        pass.keysAreComplete();
    }

    /** Two of them, one after the other, over five steps. */
    private static Net sequence(Recurrent.Cell cell, boolean isWhole) {
        return Net.input(5, 3)
                .add("below", new Recurrent(cell, 4, true))
                .add("above", new Recurrent(cell, 3, isWhole))
                .add("end", new Linear(2, true))
                .net();
    }

    @ParameterizedTest
    @MethodSource("nets")
    void gradientsAreThoseOfDifferences(Net net) {
        check(net, Backend.JAVA);
    }

    @ParameterizedTest
    @MethodSource("nets")
    void gradientsOfLibtorchAreThoseOfDifferences(Net net) {
        var torch = TorchBackend.find();
        assumeThat(TorchBackend.reason()).isEmpty();
        assumeThat(torch).isPresent();
        check(net, torch.get());
    }

    private static void check(Net net, Backend backend) {
        var random = new SplittableRandom(7);
        int examples = 3;
        try (var pass = new Pass(net, backend, Tensor.Type.FLOAT64, 4, false)) {
            fill(pass.input(), random);
            if (net.fields() > 0) {
                fillKeys(pass, examples, random);
            }
            for (int layer = 0; layer < net.nodes().size(); layer++) {
                pass.parameters(layer).forEach(of -> fill(of, random));
            }
            var factors = random.doubles((long) pass.batch() * net.outputSize(), -1, 1)
                    .toArray();
            var call = new Operation.Call(examples, true, 5);
            value(pass, call, factors);
            for (int i = 0; i < examples * net.outputSize(); i++) {
                pass.outputGradient().set(i, factors[i]);
            }
            pass.backward(call, Pass.NOBODY);
            for (int layer = 0; layer < net.nodes().size(); layer++) {
                var of = net.nodes().get(layer);
                int learned = of.layer() instanceof BatchNorm
                        ? BatchNorm.RUNNING
                        : pass.parameters(layer).size();
                for (int p = 0; p < learned; p++) {
                    var parameter = pass.parameters(layer).get(p);
                    var gradient = pass.gradients(layer).get(p);
                    double norm = 0;
                    for (int i = 0; i < gradient.size(); i++) {
                        norm = Math.max(norm, Math.abs(gradient.get(i)));
                    }
                    for (int i = 0; i < parameter.size(); i += 1 + (int) parameter.size() / 40) {
                        double is = parameter.get(i);
                        parameter.set(i, is + STEP);
                        double above = value(pass, call, factors);
                        parameter.set(i, is - STEP);
                        double below = value(pass, call, factors);
                        parameter.set(i, is);
                        double due = (above - below) / (2 * STEP);
                        assertThat(Math.abs(gradient.get(i) - due) / Math.max(norm, 1e-3))
                                .as(of.name() + ", parameter " + p + ", " + i + ": " + gradient.get(i) + ", due " + due)
                                .isLessThan(1e-6);
                    }
                }
            }
        }
    }

    private static void fill(Tensor tensor, SplittableRandom random) {
        for (int i = 0; i < tensor.size(); i++) {
            tensor.set(i, 2 * random.nextDouble() - 1);
        }
    }

    private static double value(Pass pass, Operation.Call call, double[] factors) {
        pass.forward(call, Pass.NOBODY);
        double sum = 0;
        for (int i = 0; i < call.examples() * pass.net().outputSize(); i++) {
            sum += factors[i] * pass.output().get(i);
        }
        return sum;
    }

    /** Floats by vectors agree with doubles one by one. */
    @ParameterizedTest
    @EnumSource(Recurrent.Cell.class)
    void cellsByVectorsAreThoseOneByOne(Recurrent.Cell cell) {
        var net = Net.of(new int[] {6, 5}, new Recurrent(cell, 37, true), new Linear(2, true)); // no whole vectors
        try (var floats = new Pass(net, Backend.JAVA, Tensor.Type.FLOAT32, 3, false);
                var doubles = new Pass(net, Backend.JAVA, Tensor.Type.FLOAT64, 3, false)) {
            var call = new Operation.Call(3, true, 5);
            for (var pass : List.of(floats, doubles)) {
                var random = new SplittableRandom(11);
                fill(pass.input(), random);
                for (int layer = 0; layer < 2; layer++) {
                    pass.parameters(layer).forEach(of -> fill(of, random));
                }
                pass.forward(call, Pass.NOBODY);
                fill(pass.outputGradient(), random);
                pass.backward(call, Pass.NOBODY);
            }
            for (int p = 0; p < floats.gradients(0).size(); p++) {
                var is = floats.gradients(0).get(p);
                var due = doubles.gradients(0).get(p);
                for (int i = 0; i < due.size(); i++) {
                    assertThat(is.get(i)).isCloseTo(due.get(i), org.assertj.core.api.Assertions.within(2e-5));
                }
            }
        }
    }

    @Test
    void lossesHaveTheirGradients() {
        var net = Net.of(new int[] {4}, new Linear(3, true));
        try (var pass = new Pass(net, Backend.JAVA, Tensor.Type.FLOAT64, 2, false);
                var arena = java.lang.foreign.Arena.ofConfined()) {
            var random = new SplittableRandom(3);
            var outputs = Tensor.of(arena, Tensor.Type.FLOAT64, 2, 3);
            float[] targets = {0.5f, -1, 2, 0, 1, -0.25f};
            fill(outputs, random);
            var gradient = pass.outputGradient();
            var other = Tensor.of(arena, Tensor.Type.FLOAT64, 2, 3);
            int[] classes = {2, 0};
            int[] signs = {1, 0, 0, 1, 1, 0};
            for (var kind : List.of("squares", "cross-entropy", "logistic")) {
                int[] right = kind.equals("logistic") ? signs : classes;
                loss(kind, outputs, targets, right, gradient);
                for (int i = 0; i < 6; i++) {
                    double is = outputs.get(i);
                    outputs.set(i, is + STEP);
                    double above = loss(kind, outputs, targets, right, other);
                    outputs.set(i, is - STEP);
                    double below = loss(kind, outputs, targets, right, other);
                    outputs.set(i, is);
                    assertThat(gradient.get(i))
                            .isCloseTo((above - below) / (2 * STEP), org.assertj.core.api.Assertions.within(1e-8));
                }
            }
        }
    }

    private static double loss(String kind, Tensor outputs, float[] targets, int[] right, Tensor gradient) {
        return switch (kind) {
            case "squares" -> Losses.squares(outputs, targets, 0, 6, gradient, 1);
            case "logistic" -> Losses.logistic(outputs, right, 0, 6, gradient, 1);
            default -> Losses.crossEntropy(outputs, right, 0, 2, 3, gradient, 1);
        };
    }
}
