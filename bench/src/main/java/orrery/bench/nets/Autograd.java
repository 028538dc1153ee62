package orrery.bench.nets;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import orrery.bench.Report;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Operation;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.net.Zoo;
import orrery.deep.tensor.Tensor;
import orrery.deep.train.Backends;

/** Whole nets against PyTorch's automatic differentiation, in floats; without dropout, whose chance is another there. */
final class Autograd {
    private static final int BATCH = 4;
    private static final List<String> NETS =
            List.of("mlp", "lenet", "cifar10-quick", "alexnet", "googlenet", "resnet-18", "inception-v3");

    private final String python;

    Autograd(String python) {
        this.python = python;
    }

    void table(Report report) throws IOException, InterruptedException {
        report.say("largest difference to PyTorch, as a part of the largest of the layer's: net, outputs, gradients");
        for (var name : NETS) {
            var found = compare(withoutDropout(Zoo.net(name)));
            report.row(
                    String.format(Locale.ROOT, "%-14s %.1e  %.1e", name, found[0], found[1]),
                    "name",
                    name,
                    "outputs",
                    found[0],
                    "gradients",
                    found[1]);
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

    private double[] compare(Net net) throws IOException, InterruptedException {
        var folder = Files.createTempDirectory("autograd");
        try (var pass = new Pass(net, Backends.chosen(), Tensor.Type.FLOAT32, BATCH, false)) {
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
            return run(folder);
        } finally {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private double[] run(Path folder) throws IOException, InterruptedException {
        var script = folder.resolve("autograd.py");
        try (var in = Autograd.class.getResourceAsStream("autograd.py")) {
            if (in == null) {
                throw new IllegalStateException("autograd.py is not in the jar");
            }
            Files.copy(in, script);
        }
        var process = new ProcessBuilder(List.of(python, script.toString(), folder.toString(), String.valueOf(BATCH)))
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.HOURS) || process.exitValue() != 0) {
            throw new IOException("PyTorch failed: " + said);
        }
        var found = new double[2];
        for (var line : said.lines().toList()) {
            if (line.startsWith("outputs ")) {
                found[0] = Double.parseDouble(line.substring("outputs ".length()));
            } else if (line.startsWith("gradients ")) {
                found[1] = Double.parseDouble(line.substring("gradients ".length()));
            }
        }
        return found;
    }

    private static void write(Path file, List<Tensor> tensors) throws IOException {
        try (var out = Files.newByteChannel(
                file, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.WRITE)) {
            for (var tensor : tensors) {
                var numbers = new float[Math.toIntExact(tensor.size())];
                tensor.copyTo(0, numbers, 0, numbers.length);
                var bytes = ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(numbers);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
        }
    }
}
