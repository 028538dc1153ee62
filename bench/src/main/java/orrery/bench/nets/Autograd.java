package orrery.bench.nets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import orrery.bench.Python;
import orrery.bench.Report;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Operation;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.net.Zoo;
import orrery.deep.tensor.Tensor;
import orrery.deep.train.Backends;

/** Whole nets against PyTorch's automatic differentiation; without dropout, whose chance is another there. */
final class Autograd {
    private static final int BATCH = 4;
    private static final List<String> NETS =
            List.of("mlp", "lenet", "cifar10-quick", "alexnet", "googlenet", "resnet-18", "inception-v3");

    private final Python python;

    Autograd(String command) {
        python = new Python(command);
    }

    void table(Report report) throws IOException, InterruptedException {
        report.say(
                "differences to PyTorch: of outputs and gradients, the largest as a part of the layer's largest; of all"
                        + " gradients together, by their norm. In floats, a number near 0 may fall on the other side of a ReLU.");
        report.say("net            numbers   outputs  gradients  norm");
        for (var name : NETS) {
            for (var type : Tensor.Type.values()) {
                var found = compare(withoutDropout(Zoo.net(name)), type);
                report.row(
                        String.format(
                                Locale.ROOT, "%-14s %s   %.1e  %.1e    %.1e", name, type, found[0], found[1], found[2]),
                        "name",
                        name,
                        "numbers",
                        type.toString(),
                        "outputs",
                        found[0],
                        "gradients",
                        found[1],
                        "norm",
                        found[2]);
            }
        }
    }

    private static Net withoutDropout(Net net) {
        var builder = Net.input(net.input());
        var instead = new HashMap<String, String>();
        for (var node : net.nodes()) {
            var inputs = node.inputs().stream()
                    .map(input -> instead.getOrDefault(input, input))
                    .toArray(String[]::new);
            if (node.layer() instanceof Dropout) {
                instead.put(node.name(), inputs[0]);
            } else {
                builder.add(node.name(), node.layer(), inputs);
            }
        }
        return builder.net();
    }

    private double[] compare(Net net, Tensor.Type type) throws IOException, InterruptedException {
        var folder = Files.createTempDirectory("autograd");
        try (var pass = new Pass(net, Backends.chosen(), type, BATCH, false)) {
            var random = new SplittableRandom(1);
            for (long i = 0; i < pass.input().size(); i++) {
                pass.input().set(i, random.nextDouble());
            }
            var all = new ArrayList<Tensor>();
            var gradients = new ArrayList<Tensor>();
            for (int layer = 0; layer < net.nodes().size(); layer++) {
                var parameters = net.parameters(net.nodes().get(layer));
                for (int p = 0; p < parameters.size(); p++) {
                    var to = pass.parameters(layer).get(p);
                    double spread = Math.max(parameters.get(p).spread(), 0.05);
                    for (long i = 0; i < to.size(); i++) {
                        to.set(i, (2 * random.nextDouble() - 1) * spread);
                    }
                    all.add(to);
                    gradients.add(pass.gradients(layer).get(p));
                }
            }
            write(folder.resolve("input"), List.of(pass.input()));
            write(folder.resolve("parameters"), all);
            Files.writeString(folder.resolve("net.json"), net.json());
            var call = new Operation.Call(BATCH, true, 1);
            pass.forward(call, Pass.NOBODY);
            write(folder.resolve("output"), List.of(pass.output()));
            for (long i = 0; i < pass.outputGradient().size(); i++) {
                pass.outputGradient().set(i, 2 * random.nextDouble() - 1);
            }
            write(folder.resolve("factors"), List.of(pass.outputGradient()));
            pass.backward(call, Pass.NOBODY);
            write(folder.resolve("gradients"), gradients);
            return run(folder, type);
        } finally {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private double[] run(Path folder, Tensor.Type type) throws IOException, InterruptedException {
        var said = python.run(
                Autograd.class,
                "autograd.py",
                Map.of(),
                List.of(folder.toString(), String.valueOf(BATCH), "<f" + type.bytes()));
        var found = new double[3];
        for (var line : said.lines().toList()) {
            if (line.startsWith("outputs ")) {
                found[0] = Double.parseDouble(line.substring("outputs ".length()));
            } else if (line.startsWith("gradients ")) {
                found[1] = Double.parseDouble(line.substring("gradients ".length()));
            } else if (line.startsWith("norm ")) {
                found[2] = Double.parseDouble(line.substring("norm ".length()));
            }
        }
        return found;
    }

    private static void write(Path file, List<Tensor> tensors) throws IOException {
        try (var out = Files.newByteChannel(
                file, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.WRITE)) {
            for (var tensor : tensors) {
                var bytes = tensor.data().asByteBuffer();
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
        }
    }
}
