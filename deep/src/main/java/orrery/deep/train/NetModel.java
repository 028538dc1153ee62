package orrery.deep.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.data.Cache;
import orrery.data.Columns;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.KeyIndex;
import orrery.data.Keys;
import orrery.data.Schema;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.KeyBags;
import orrery.deep.layer.Operation;
import orrery.deep.net.Loss;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.tensor.Tensor;
import orrery.engine.train.KeyedRows;
import orrery.engine.train.Model;
import orrery.engine.train.ModelFile;
import orrery.engine.train.ModelParts;
import orrery.engine.train.RocCurve;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Safetensors;
import orrery.table.spec.TableSpec;

/**
 * A net that has learned.
 *
 * @param schema what features and labels mean
 * @param scaling of the images that it was trained on; null if it was on numbers as they are
 * @param parameters by layer and parameter, in the net's order
 * @param rows of embeddings, by layer
 * @param provenance where it comes from
 */
public record NetModel(
        Net net,
        Schema schema,
        Classes classes,
        @Nullable Scaling scaling,
        float[][][] parameters,
        Map<String, KeyedRows> rows,
        Map<String, String> provenance)
        implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-net-1";

    private static final int BATCH = 64;
    private static final String KEYS = ".keys";
    private static final String ROWS = ".rows";

    /** Takes what a net gives for an example. */
    @FunctionalInterface
    public interface Taker {
        /**
         * Takes an example's classes.
         *
         * @param best the likeliest
         * @param probabilities by class; the number, if the net gives one
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
        rows.forEach((layer, of) -> crc.update((layer + of.sum()).getBytes(StandardCharsets.UTF_8)));
        return String.format("crc32c:%08x", crc.getValue());
    }

    /**
     * The rows of an embedding.
     *
     * @throws IllegalArgumentException if the layer is none
     */
    public KeyedRows rows(Net.Node embedding) {
        var found = rows.get(embedding.name());
        if (found == null) {
            throw new IllegalArgumentException("the model has no rows of layer '" + embedding.name() + "'");
        }
        return found;
    }

    /** The rows of an embedding that are in files. */
    static KeyedRows inParts(ModelParts parts, Net.Node embedding) {
        int width = ((Embedding) embedding.layer()).width();
        return new KeyedRows.InParts(parts, NetRecipe.rows(embedding), TableSpec.OPEN, width);
    }

    /** The names of the classes; none if the net gives numbers. */
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

    /** Brings the rows of the batch's keys, which are complete. */
    private void fillRows(Pass pass) {
        if (net.fields() == 0) {
            return;
        }
        pass.keysAreComplete();
        var keys = pass.keys().keys();
        for (int layer = 0; layer < parameters.length; layer++) {
            var node = net.nodes().get(layer);
            if (node.layer() instanceof Embedding(int width, boolean _)) {
                var values = new float[keys.length * width];
                try {
                    rows(node).gather(keys, keys.length, values);
                } catch (IOException e) {
                    throw new UncheckedIOException("the model's rows cannot be read: " + e.getMessage(), e);
                }
                pass.parameters(layer).getFirst().copy(values, 0, 0, values.length);
            }
        }
    }

    /** The outputs of an example by class; of a single output, the logarithm of the odds, after a 0. */
    private double[] byClass(Pass pass, int example) {
        int count = net.outputSize();
        if (count == 1 && !classes.names().isEmpty()) {
            return new double[] {0, pass.output().get(example)};
        }
        var outputs =
                new double[classes.names().isEmpty() ? count : classes.names().size()];
        for (int c = 0; c < outputs.length; c++) {
            outputs[c] = pass.output().get((long) example * count + c);
        }
        return outputs;
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
        private final Slots slots;

        private Scorer() {
            fill(pass);
            try {
                slots = net.steps() > 1 ? Slots.ofSteps(net) : Slots.of(schema, net);
            } catch (DataException e) {
                throw new IllegalStateException(e.getMessage(), e); // it was trained on such data
            }
        }

        /** A feature of the example; those beyond the net's input are left out, as no training has seen them. */
        @Override
        public void feature(long feature, float value) {
            if (slots.isKey(feature)) {
                pass.keys().add(feature, value);
                if (slots.areColumns()) {
                    pass.keys().endBag();
                }
                return;
            }
            long at = feature - slots.first();
            if (at >= 0 && at < row.length) {
                row[(int) at] = value;
            }
        }

        /** What the net gives for each class, of the example whose features were given; the next begins anew. */
        public double[] outputs() {
            compute();
            return byClass(pass, 0);
        }

        /** The same of a net with an output at each step: of one of them. Steps after those whose features were given have none. */
        public double[] outputs(int step) {
            compute();
            var outputs = new double[classes.names().size()];
            long from = (long) step * (net.outputSize() / net.steps());
            Arrays.setAll(outputs, c -> pass.output().get(from + c));
            return outputs;
        }

        /** The output of a layer, likewise. */
        public double[] outputs(String layer) {
            compute();
            return numbers(pass.output(layer), Math.toIntExact(Tensor.size(net.output(layer))));
        }

        private void compute() {
            pass.input().copy(row, 0, 0, row.length);
            Arrays.fill(row, 0);
            if (net.fields() > 0) {
                while (pass.keys().bags() < net.fields()) {
                    pass.keys().endBag();
                }
                fillRows(pass);
            }
            pass.forward(new Operation.Call(1, false, 0), Pass.NOBODY);
            if (net.fields() > 0) {
                pass.keys().clear();
            }
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
        visit(data, (first, count, cursor, pass) -> {
            for (int i = 0; i < count; i++) {
                var outputs = byClass(pass, i);
                int best = 0;
                for (int c = 0; c < outputs.length; c++) {
                    best = outputs[c] > outputs[best] ? c : best;
                }
                taker.take(first + i, best, net.loss() == Loss.SQUARES ? outputs : probabilities(outputs));
            }
        });
    }

    /**
     * {@code accuracy}, {@code loss}, the mean cross-entropy, and of two classes {@code auc}; of a net that gives numbers {@code rmse} and
     * {@code loss}.
     */
    public Map<String, Double> score(Examples examples) throws IOException {
        return score(NetData.of(examples, schema, net));
    }

    /** The same for other data, scaled as the model says. */
    public Map<String, Double> score(NetData data) throws IOException {
        double[] sums = new double[2];
        boolean isBinary = classes.names().size() == 2 && net.steps() == 1;
        var margins = new double[isBinary ? Math.toIntExact(data.size()) : 0];
        var isPositive = new boolean[margins.length];
        var targets = new Targets(net, classes, BATCH);
        visit(data, (first, count, cursor, pass) -> {
            for (int i = 0; i < count; i++) {
                targets.take(i, data, cursor, first + i);
                if (isBinary) {
                    var outputs = byClass(pass, i);
                    margins[(int) first + i] = outputs[1] - outputs[0];
                    isPositive[(int) first + i] = targets.of(i) == 1;
                }
            }
            targets.leaveWeights();
            sums[0] += net.classes() > 0 ? targets.right(pass, count) : 0;
            sums[1] += targets.loss(pass, count, 1);
        });
        double count = (double) data.size() * net.steps();
        var scores = new LinkedHashMap<String, Double>();
        if (net.classes() > 0) {
            scores.put("accuracy", sums[0] / count);
        } else {
            scores.put("rmse", Math.sqrt(2 * sums[1] / count));
        }
        double auc = isBinary ? RocCurve.area(margins, isPositive) : Double.NaN;
        if (!Double.isNaN(auc)) { // of one class there is none
            scores.put("auc", auc);
        }
        scores.put("loss", sums[1] / count);
        if (net.steps() > 1) {
            scores.put("bits", sums[1] / count / Math.log(2));
        }
        return scores;
    }

    /**
     * The rows of embeddings for some examples at a time, so that no more need be in memory, and files are read in the order of their keys.
     * Confined to one thread.
     */
    private final class Ahead {
        private static final int MOST_KEYS = 1 << 18; // unless a batch has more

        private final NetData data;
        private final NetData.Cursor cursor;
        private final KeyIndex known = new KeyIndex(); // keys whose rows are here
        private final float[][] values = new float[parameters.length][0]; // by layer
        private long to; // they are those of the examples before

        Ahead(NetData data) {
            this.data = data;
            cursor = data.cursor();
        }

        /** Fills in the rows of a batch, whose keys the pass has. */
        void fill(Pass pass, long first, int count) throws IOException {
            if (net.fields() == 0) {
                return;
            }
            if (first + count > to) {
                fetch(first, first + count);
            }
            pass.keysAreComplete();
            var keys = pass.keys().keys();
            for (int layer = 0; layer < parameters.length; layer++) {
                if (net.nodes().get(layer).layer() instanceof Embedding(int width, boolean _)) {
                    var rows = pass.parameters(layer).getFirst();
                    for (int i = 0; i < keys.length; i++) {
                        rows.copy(values[layer], known.number(keys[i]) * width, (long) i * width, width);
                    }
                }
            }
        }

        private void fetch(long from, long atLeast) throws IOException {
            var bags = new KeyBags(net.fields());
            for (to = from; to < data.size() && (to < atLeast || bags.count() < MOST_KEYS); to++) {
                cursor.keys(to, bags);
            }
            var keys = Keys.distinct(bags.keys());
            known.clear();
            for (long key : keys) {
                known.number(key);
            }
            for (int layer = 0; layer < parameters.length; layer++) {
                var node = net.nodes().get(layer);
                if (node.layer() instanceof Embedding(int width, boolean _)) {
                    values[layer] = new float[keys.length * width];
                    rows(node).gather(keys, keys.length, values[layer]);
                }
            }
        }
    }

    private interface Visit {
        void take(long first, int count, NetData.Cursor cursor, Pass pass) throws IOException;
    }

    private void visit(NetData data, Visit visit) throws IOException {
        try (var pass = new Pass(net, Backends.chosen(), Tensor.Type.FLOAT32, BATCH, false)) {
            fill(pass);
            var cursor = data.cursor();
            var row = new float[net.inputSize()];
            var ahead = new Ahead(data);
            for (long first = 0; first < data.size(); first += BATCH) {
                int count = (int) Math.min(BATCH, data.size() - first);
                if (net.fields() > 0) {
                    pass.keys().clear();
                }
                for (int i = 0; i < count; i++) {
                    cursor.put(first + i, row, null);
                    pass.input().copy(row, 0, (long) i * row.length, row.length);
                    if (net.fields() > 0) {
                        cursor.keys(first + i, pass.keys());
                    }
                }
                ahead.fill(pass, first, count);
                pass.forward(new Operation.Call(count, false, 0), Pass.NOBODY);
                visit.take(first, count, cursor, pass);
            }
        }
    }

    @Override
    public NetModel from(Map<String, String> source) {
        return new NetModel(net, schema, classes, scaling, parameters, rows, source);
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
        for (var node : net.nodes()) {
            if (node.layer() instanceof Embedding(int width, boolean _)) {
                switch (rows(node)) {
                    case KeyedRows.Sparse(var keys, var values, int _) -> {
                        tensors.add(Safetensors.Tensor.longs(node.name() + KEYS, keys));
                        tensors.add(Safetensors.Tensor.floats(node.name() + ROWS, values, keys.length, width));
                    }
                    case KeyedRows.InParts _ -> {}
                    case KeyedRows.Dense _ -> throw new IllegalStateException("rows of embeddings have keys");
                }
            }
        }
        for (var of : rows.values()) {
            if (of instanceof KeyedRows.InParts in) { // all are in the same
                in.parts().save(file, about);
                break;
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
            var parts = ModelParts.has(opened) ? ModelParts.open(opened, file) : null;
            var rows = new TreeMap<String, KeyedRows>();
            for (var node : net.nodes()) {
                if (node.layer() instanceof Embedding(int width, boolean _)) {
                    rows.put(node.name(), parts == null ? inFile(opened, node, width) : inParts(parts, node));
                }
            }
            var classes =
                    new Classes(Cache.splitWords(opened.bytes("classes")), ModelFile.finiteDoubles(opened, "labels"));
            if (classes.names().size() != classes.labels().length
                    || classes.names().size() > net.classes()) {
                throw new IOException(file + ": is damaged: its classes do not fit its net");
            }
            Scaling scaling = null;
            if (opened.metadata().containsKey("scaling")) {
                scaling = new Scaling(ModelFile.finite(opened, "means"), ModelFile.finite(opened, "deviations"));
            }
            return new NetModel(net, schema, classes, scaling, parameters, rows, ModelFile.provenance(opened));
        }
    }

    private static KeyedRows inFile(Safetensors opened, Net.Node node, int width) throws IOException {
        var values = ModelFile.finite(opened, node.name() + ROWS);
        var keys = opened.longs(node.name() + KEYS);
        if (values.length != (long) keys.length * width) {
            throw new IOException(opened.where() + ": is damaged: layer '" + node.name() + "' has " + keys.length
                    + " keys and " + values.length + " numbers of rows with " + width + " each");
        }
        return new KeyedRows.Sparse(keys, values, width);
    }
}
