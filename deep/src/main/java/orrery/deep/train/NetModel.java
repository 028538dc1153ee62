package orrery.deep.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.data.Cache;
import orrery.data.Columns;
import orrery.data.Examples;
import orrery.data.Schema;
import orrery.deep.layer.Operation;
import orrery.deep.net.Losses;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.tensor.Tensor;
import orrery.engine.train.Model;
import orrery.engine.train.ModelFile;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Safetensors;

/**
 * A net that has learned to tell classes apart.
 *
 * @param schema what features and labels mean
 * @param scaling of the images that it was trained on; null if it was on numbers as they are
 * @param parameters by layer and parameter, in the net's order
 * @param provenance where it comes from
 */
public record NetModel(
        Net net,
        Schema schema,
        Classes classes,
        @Nullable Scaling scaling,
        float[][][] parameters,
        Map<String, String> provenance)
        implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-net-1";

    private static final int BATCH = 64;

    /** Takes what a net gives for an example. */
    @FunctionalInterface
    public interface Taker {
        /**
         * Takes an example's classes.
         *
         * @param best the likeliest
         * @param probabilities by class
         */
        void take(long example, int best, double[] probabilities) throws IOException;
    }

    /** A sum of what was learned. */
    String sum() {
        var crc = new CRC32C();
        for (var layer : parameters) {
            for (var of : layer) {
                for (float value : of) {
                    int bits = Float.floatToIntBits(value);
                    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                        crc.update(bits >>> shift);
                    }
                }
            }
        }
        return String.format("crc32c:%08x", crc.getValue());
    }

    /** The names of the classes. */
    public List<String> classNames() {
        return classes.names();
    }

    private void fill(Pass pass) {
        for (int layer = 0; layer < parameters.length; layer++) {
            for (int p = 0; p < parameters[layer].length; p++) {
                pass.parameters(layer).get(p).copy(parameters[layer][p], 0, 0, parameters[layer][p].length);
            }
        }
    }

    /** Probabilities of the net's outputs for an example. */
    public static double[] probabilities(double[] outputs) {
        double most = Arrays.stream(outputs).max().orElse(0);
        var probabilities = Arrays.stream(outputs).map(x -> Math.exp(x - most)).toArray();
        double sum = Arrays.stream(probabilities).sum();
        for (int c = 0; c < probabilities.length; c++) {
            probabilities[c] /= sum;
        }
        return probabilities;
    }

    /** What computes an example at a time. */
    public Scorer scorer() {
        return new Scorer();
    }

    /** Computes an example at a time. Confined to one thread; closing gives back its memory. */
    public final class Scorer implements Columns.Sink, AutoCloseable {
        private final Pass pass = new Pass(net, Backends.chosen(), Tensor.Type.FLOAT32, 1, true);
        private final float[] row = new float[net.inputSize()];

        private Scorer() {
            fill(pass);
        }

        /** A feature of the example; those beyond the net's input are left out, as no training has seen them. */
        @Override
        public void feature(long feature, float value) {
            long at = feature - schema.firstIndex();
            if (at >= 0 && at < row.length) {
                row[(int) at] = value;
            }
        }

        /** What the net gives for each class, of the example whose features were given; the next begins anew. */
        public double[] outputs() {
            compute();
            return numbers(pass.output(), classes.names().size());
        }

        /** The output of a layer, likewise. */
        public double[] outputs(String layer) {
            compute();
            return numbers(pass.output(layer), Math.toIntExact(Tensor.size(net.output(layer))));
        }

        private void compute() {
            pass.input().copy(row, 0, 0, row.length);
            Arrays.fill(row, 0);
            pass.forward(new Operation.Call(1, false, 0), Pass.NOBODY);
        }

        private static double[] numbers(Tensor from, int count) {
            var numbers = new double[count];
            Arrays.setAll(numbers, from::get);
            return numbers;
        }

        @Override
        public void close() {
            pass.close();
        }
    }

    /** Predicts the class of each example. */
    public void predict(Examples examples, Taker taker) throws IOException {
        predict(NetData.of(examples, schema, net), taker);
    }

    /** The same for other data, scaled as the model says. */
    public void predict(NetData data, Taker taker) throws IOException {
        visit(data, (first, count, pass) -> {
            var outputs = new double[classes.names().size()];
            for (int i = 0; i < count; i++) {
                int best = 0;
                for (int c = 0; c < outputs.length; c++) {
                    outputs[c] = pass.output().get((long) i * net.outputSize() + c);
                    best = outputs[c] > outputs[best] ? c : best;
                }
                taker.take(first + i, best, probabilities(outputs));
            }
        });
    }

    /** {@code accuracy}, and {@code loss}, the mean cross-entropy. */
    public Map<String, Double> score(Examples examples) throws IOException {
        return score(NetData.of(examples, schema, net));
    }

    /** The same for other data, scaled as the model says. */
    public Map<String, Double> score(NetData data) throws IOException {
        double[] sums = new double[2];
        visit(data, (first, count, pass) -> {
            var right = new int[count];
            for (int i = 0; i < count; i++) {
                right[i] = classes.of(data.label(first + i), first + i);
                sums[0] += Losses.best(pass.output(), i, net.outputSize()) == right[i] ? 1 : 0;
            }
            sums[1] += Losses.crossEntropy(pass.output(), right, count, net.outputSize(), pass.outputGradient(), 1);
        });
        var scores = new LinkedHashMap<String, Double>();
        scores.put("accuracy", sums[0] / data.size());
        scores.put("loss", sums[1] / data.size());
        return scores;
    }

    private interface Visit {
        void take(long first, int count, Pass pass) throws IOException;
    }

    private void visit(NetData data, Visit visit) throws IOException {
        try (var pass = new Pass(net, Backends.chosen(), Tensor.Type.FLOAT32, BATCH, false)) {
            fill(pass);
            var cursor = data.cursor();
            var row = new float[net.inputSize()];
            for (long first = 0; first < data.size(); first += BATCH) {
                int count = (int) Math.min(BATCH, data.size() - first);
                for (int i = 0; i < count; i++) {
                    cursor.put(first + i, row, null);
                    pass.input().copy(row, 0, (long) i * row.length, row.length);
                }
                pass.forward(new Operation.Call(count, false, 0), Pass.NOBODY);
                visit.take(first, count, pass);
            }
        }
    }

    @Override
    public NetModel from(Map<String, String> source) {
        return new NetModel(net, schema, classes, scaling, parameters, source);
    }

    @Override
    public void save(Place file) throws IOException {
        var about = new LinkedHashMap<String, String>();
        about.put("net", net.json());
        about.put("schema", Json.line(schema.toMap()));
        var tensors = new ArrayList<Safetensors.Tensor>();
        for (int layer = 0; layer < parameters.length; layer++) {
            var node = net.nodes().get(layer);
            var of = net.parameters(node);
            for (int p = 0; p < of.size(); p++) {
                tensors.add(
                        Safetensors.Tensor.floats(node.name() + "." + of.get(p).name(), parameters[layer][p]));
            }
        }
        if (scaling != null) {
            about.put("scaling", "images, by channel: tensors means and deviations");
            tensors.add(Safetensors.Tensor.floats("means", scaling.means()));
            tensors.add(Safetensors.Tensor.floats("deviations", scaling.deviations()));
        }
        tensors.add(Safetensors.Tensor.doubles("labels", classes.labels()));
        tensors.add(Safetensors.Tensor.bytes("classes", Cache.joinWords(classes.names())));
        tensors.add(Safetensors.Tensor.bytes("words", Cache.joinWords(schema.words())));
        ModelFile.write(file, FORMAT, about, provenance, tensors);
    }

    /** Loads what was saved. */
    public static NetModel load(Place file) throws IOException {
        try (var opened = ModelFile.open(file, FORMAT, "a net")) {
            var net = Net.parse(opened.metadata().getOrDefault("net", ""), file + ", net");
            var schema = Schema.fromMap(
                    Json.object(opened.metadata().getOrDefault("schema", ""), file + ", schema"),
                    Cache.splitWords(opened.bytes("words")),
                    file.toString());
            var parameters = new float[net.nodes().size()][][];
            for (int layer = 0; layer < parameters.length; layer++) {
                var node = net.nodes().get(layer);
                var of = net.parameters(node);
                parameters[layer] = new float[of.size()][];
                for (int p = 0; p < of.size(); p++) {
                    String name = node.name() + "." + of.get(p).name();
                    parameters[layer][p] = ModelFile.finite(opened, name);
                    if (parameters[layer][p].length != of.get(p).size()) {
                        throw new IOException(file + ": is damaged: '" + name + "' has " + parameters[layer][p].length
                                + " numbers, its layer " + of.get(p).size());
                    }
                }
            }
            var classes =
                    new Classes(Cache.splitWords(opened.bytes("classes")), ModelFile.finiteDoubles(opened, "labels"));
            if (classes.names().size() != classes.labels().length
                    || classes.names().size() > net.outputSize()) {
                throw new IOException(file + ": is damaged: its classes do not fit its net");
            }
            Scaling scaling = null;
            if (opened.metadata().containsKey("scaling")) {
                scaling = new Scaling(ModelFile.finite(opened, "means"), ModelFile.finite(opened, "deviations"));
            }
            return new NetModel(net, schema, classes, scaling, parameters, ModelFile.provenance(opened));
        }
    }
}
