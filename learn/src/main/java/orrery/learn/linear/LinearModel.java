package orrery.learn.linear;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.data.Cache;
import orrery.data.Columns;
import orrery.data.Examples;
import orrery.data.KeyIndex;
import orrery.data.Keys;
import orrery.data.Schema;
import orrery.engine.train.KeyedRows;
import orrery.engine.train.Model;
import orrery.engine.train.ModelFile;
import orrery.engine.train.ModelParts;
import orrery.engine.train.RocCurve;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.table.hold.TableRows;
import orrery.table.spec.TableSpec;

/** What was learned: a margin per class is a weighted sum of an example's features. Immutable. */
public final class LinearModel implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-linear-2";

    private static final long serialVersionUID = 2;
    private static final String WEIGHTS = "weights";
    private static final String KEYS = "keys"; // ascending, beside the weights
    private static final String LAYOUT = "layout"; // of weights in parts
    private static final String BY_KEY = "keys and values, sorted by block";
    private static final String BY_NUMBER = "values by number";

    private final Loss loss;
    private final Schema schema;
    private final Labels labels;
    private final int width; // margins per example: 1, or one per class
    private final KeyedRows weights; // by feature
    private final double[] intercept; // (width); of numbers far from 0 a float would round all there is to learn
    private final double baseline; // the commonest class's number, or the mean label; NaN if it is not known

    @SuppressWarnings("serial") // an immutable map, which is serializable
    private final Map<String, String> provenance;

    LinearModel(
            Loss loss,
            Schema schema,
            Labels labels,
            int width,
            KeyedRows weights,
            double[] intercept,
            double baseline,
            Map<String, String> provenance) {
        this.loss = loss;
        this.schema = schema;
        this.labels = labels;
        this.width = width;
        this.weights = weights;
        this.intercept = intercept;
        this.baseline = baseline;
        this.provenance = Map.copyOf(provenance);
    }

    public Loss loss() {
        return loss;
    }

    /** What features and labels mean; other data is read by it. */
    public Schema schema() {
        return schema;
    }

    /** The classes' names; empty for least squares. */
    public List<String> classes() {
        return labels.names();
    }

    @Override
    public Map<String, String> provenance() {
        return provenance;
    }

    /** The weight of a feature, by its number or key, for a class; class 0 where there is one margin only. */
    public float weight(long feature, int margin) {
        var row = new float[width];
        gather(new long[] {feature}, 1, row);
        return row[margin];
    }

    /** The rows of features; zeros for those that the model does not know. */
    void gather(long[] keys, int count, float[] out) {
        try {
            weights.gather(keys, count, out);
        } catch (IOException e) {
            throw new UncheckedIOException("the model's weights cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Visits the weights of all features: a row has one per margin. Of features that have keys, those that were learned; a
     * model may be larger than memory.
     */
    public void forEachWeight(TableRows.Action action) throws IOException {
        weights.forEachRow(action);
    }

    /** What a margin has before any feature. */
    public double intercept(int margin) {
        return intercept[margin];
    }

    /** How many features there are; {@link Examples#OPEN} where any key may be one. */
    public int features() {
        return schema.features();
    }

    /** Margins per example: one per class under softmax or of more than two classes, else 1. */
    public int margins() {
        return width;
    }

    /**
     * The examples of a pass with the weights of their features: all that there are, if these are in memory side by side;
     * else those of some examples at a time, so that no more need be here. Confined to one thread.
     */
    private final class Pass {
        private static final int MOST_FEATURES = 1 << 18; // at a time, unless one example has more

        final Examples.Cursor cursor;
        private final Examples.Cursor ahead;
        private final long end;
        private final float @Nullable [] dense;
        private final KeyIndex known = new KeyIndex(); // whose weights are here
        private float[] some = new float[0]; // by number of these
        private long to; // they are those of the examples before

        Pass(Examples examples) {
            cursor = examples.cursor();
            ahead = examples.cursor();
            end = examples.size();
            dense = weights instanceof KeyedRows.Dense(var values, int _) && !examples.areKeyed() ? values : null;
        }

        void move(long example) {
            cursor.move(example);
            if (dense == null && example >= to) {
                fetch(example);
            }
        }

        private void fetch(long from) {
            known.clear();
            for (to = from; to < end; to++) {
                ahead.move(to);
                if (to > from && known.size() + ahead.to() - ahead.from() > MOST_FEATURES) {
                    break;
                }
                for (int k = ahead.from(); k < ahead.to(); k++) {
                    known.number(ahead.key(k));
                }
            }
            var keys = Keys.distinct(known.keys()); // numbered weights are read in the order of their files
            known.clear();
            for (long key : keys) {
                known.number(key);
            }
            some = new float[keys.length * width];
            gather(keys, keys.length, some);
        }

        void margins(float[] out) {
            for (int c = 0; c < width; c++) {
                out[c] = (float) intercept[c];
            }
            var values = cursor.values();
            for (int k = cursor.from(); k < cursor.to(); k++) {
                add(k, values[k], out);
            }
        }

        private void add(int k, float value, float[] out) {
            var here = dense;
            if (here == null) {
                int row = known.number(cursor.key(k)) * width;
                for (int c = 0; c < width; c++) {
                    out[c] += value * some[row + c];
                }
            } else if (cursor.indices()[k] < here.length / width) {
                int row = cursor.indices()[k] * width;
                for (int c = 0; c < width; c++) {
                    out[c] += value * here[row + c];
                }
            }
        }

        /** What least squares predicts. */
        double number() {
            double sum = intercept[0];
            var here = dense;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                if (here == null) {
                    sum += (double) cursor.values()[k] * some[known.number(cursor.key(k))];
                } else if (cursor.indices()[k] < here.length) {
                    sum += (double) cursor.values()[k] * here[cursor.indices()[k]];
                }
            }
            return sum;
        }
    }

    /**
     * Predicts each example: under least squares one number; otherwise a probability per class. A support vector
     * machine's margin is no probability; it gives 1 to the class that it chooses.
     */
    public void predict(Examples examples, Predictions each) throws IOException {
        var predicted = new double[loss.isClassification() ? labels.count() : 1];
        if (!loss.isClassification()) {
            var pass = new Pass(examples);
            for (long i = 0; i < examples.size(); i++) {
                pass.move(i);
                predicted[0] = pass.number();
                each.prediction(i, predicted);
            }
            return;
        }
        var probabilities = new float[labels.count()];
        forEach(examples, (i, margins) -> {
            probabilities(margins, probabilities);
            for (int k = 0; k < predicted.length; k++) {
                predicted[k] = probabilities[k];
            }
            each.prediction(i, predicted);
        });
    }

    /** Ready to score examples one at a time. */
    public Scorer scorer() {
        return new Scorer();
    }

    /** Margins and probabilities of one example after another, from its features; sums of doubles. Not thread-safe. */
    public final class Scorer implements Columns.Sink {
        private final double[] sums = intercept.clone();
        private final float[] row = new float[width];
        private final long[] key = new long[1];

        @Override
        public void feature(long feature, float value) {
            key[0] = feature;
            gather(key, 1, row);
            for (int c = 0; c < width; c++) {
                sums[c] += (double) value * row[c];
            }
        }

        /** The margins by class of the example whose features were given; of two classes the first's is minus the second's. */
        public double[] margins() {
            var margins = width == 1 && loss.isClassification() ? new double[] {-sums[0], sums[0]} : sums.clone();
            System.arraycopy(intercept, 0, sums, 0, width);
            return margins;
        }
    }

    /**
     * Probabilities by class of margins by class.
     *
     * @throws IllegalStateException if the loss has none
     */
    public double[] probabilities(double[] margins) {
        return switch (loss) {
            case LOGISTIC -> {
                if (margins.length == 2) {
                    double second = 1 / (1 + Math.exp(-margins[1]));
                    yield new double[] {1 / (1 + Math.exp(margins[1])), second};
                }
                var each = Arrays.stream(margins)
                        .map(margin -> 1 / (1 + Math.exp(-margin)))
                        .toArray();
                double sum = Arrays.stream(each).sum();
                yield Arrays.stream(each)
                        .map(one -> sum > 0 ? one / sum : 1.0 / each.length)
                        .toArray();
            }
            case SOFTMAX -> {
                double most = Arrays.stream(margins).max().orElse(0);
                var shares = Arrays.stream(margins)
                        .map(margin -> Math.exp(margin - most))
                        .toArray();
                double sum = Arrays.stream(shares).sum();
                yield Arrays.stream(shares).map(share -> share / sum).toArray();
            }
            case HINGE, SQUARED_HINGE, SQUARED ->
                throw new IllegalStateException("margins of the loss " + loss + " are no probabilities");
        };
    }

    /** Takes the margins of an example; the array is used again. */
    @FunctionalInterface
    private interface EachMargin {
        void margins(long example, float[] margins) throws IOException;
    }

    private void forEach(Examples examples, EachMargin each) throws IOException {
        var pass = new Pass(examples);
        var of = new float[width];
        for (long i = 0; i < examples.size(); i++) {
            pass.move(i);
            pass.margins(of);
            each.margins(i, of);
        }
    }

    /** What margins say of an example; they are not the same afterwards. */
    private void probabilities(float[] margins, float[] probabilities) {
        switch (loss) {
            case SQUARED -> throw new IllegalStateException("least squares has no classes");
            case SOFTMAX -> {
                Loss.softmax(margins);
                System.arraycopy(margins, 0, probabilities, 0, width);
            }
            case LOGISTIC -> {
                if (width > 1) { // each class against the rest, brought to the sum 1
                    shares(margins, probabilities);
                    return;
                }
                probabilities[1] = (float) (1 / (1 + Math.exp(-margins[0])));
                probabilities[0] = 1 - probabilities[1];
            }
            case HINGE, SQUARED_HINGE -> {
                if (width > 1) {
                    Arrays.fill(probabilities, 0);
                    probabilities[largest(margins)] = 1;
                    return;
                }
                probabilities[1] = margins[0] > 0 ? 1 : 0;
                probabilities[0] = 1 - probabilities[1];
            }
        }
    }

    private static void shares(float[] margins, float[] shares) {
        double sum = 0;
        for (int k = 0; k < shares.length; k++) {
            shares[k] = (float) (1 / (1 + Math.exp(-margins[k])));
            sum += shares[k];
        }
        for (int k = 0; k < shares.length; k++) {
            shares[k] = sum > 0 ? (float) (shares[k] / sum) : 1f / shares.length;
        }
    }

    /** Takes predictions; the array is used again. */
    @FunctionalInterface
    public interface Predictions {
        void prediction(long example, double[] predicted) throws IOException;
    }

    /** How good the model is on labelled examples. */
    public Metrics score(Examples examples) {
        return loss.isClassification() ? scoreClasses(examples) : scoreNumbers(examples);
    }

    private Metrics scoreNumbers(Examples examples) {
        var pass = new Pass(examples);
        var cursor = pass.cursor;
        double squares = 0;
        double ofBaseline = 0;
        for (long i = 0; i < examples.size(); i++) {
            pass.move(i);
            double off = pass.number() - cursor.label();
            squares += off * off;
            ofBaseline += (baseline - cursor.label()) * (baseline - cursor.label());
        }
        double mean = squares / examples.size();
        var values = new LinkedHashMap<String, Double>();
        values.put("rmse", Math.sqrt(mean));
        values.put("loss", mean / 2);
        if (!Double.isNaN(baseline)) {
            values.put("baselineRmse", Math.sqrt(ofBaseline / examples.size()));
        }
        return new Metrics(values);
    }

    private Metrics scoreClasses(Examples examples) {
        int n = Math.toIntExact(examples.size());
        int classes = labels.count();
        var pass = new Pass(examples);
        var cursor = pass.cursor;
        var margins = new float[width];
        var confusion = new long[classes][classes];
        var scores = new double[width == 1 ? n : 0];
        var isPositive = new boolean[width == 1 ? n : 0];
        double cost = 0;
        long right = 0;
        long ofBaseline = 0;
        for (int i = 0; i < n; i++) {
            pass.move(i);
            int actual = labels.require(cursor.label(), i);
            pass.margins(margins);
            int predicted;
            if (width == 1) {
                predicted = margins[0] > 0 ? 1 : 0;
                scores[i] = margins[0];
                isPositive[i] = actual == 1;
                cost += loss.of(margins[0], actual == 1 ? 1 : -1);
            } else {
                predicted = largest(margins);
                cost += costOfMany(margins, actual);
            }
            confusion[actual][predicted]++;
            right += actual == predicted ? 1 : 0;
            ofBaseline += actual == baseline ? 1 : 0;
        }
        var values = new LinkedHashMap<String, Double>();
        values.put("accuracy", right / (double) n);
        if (!Double.isNaN(baseline)) {
            values.put("baselineAccuracy", ofBaseline / (double) n);
        }
        double auc = width == 1 ? RocCurve.area(scores, isPositive) : Double.NaN;
        if (!Double.isNaN(auc)) { // of one class there is none
            values.put("auc", auc);
        }
        values.put(loss == Loss.LOGISTIC || loss == Loss.SOFTMAX ? "logLoss" : "loss", cost / n);
        values.put("macroF1", Metrics.macroF1(confusion));
        return new Metrics(values);
    }

    /** Of margins by class, which are not the same afterwards: minus the log of the probability, or the losses' sum. */
    private double costOfMany(float[] margins, int actual) {
        if (loss == Loss.SOFTMAX) {
            float mine = margins[actual];
            return Loss.softmax(margins) - mine;
        }
        double sum = 0;
        for (int k = 0; k < margins.length; k++) {
            sum += loss == Loss.LOGISTIC ? 1 / (1 + Math.exp(-margins[k])) : loss.of(margins[k], k == actual ? 1 : -1);
        }
        return loss == Loss.LOGISTIC ? Loss.log1pExp(-margins[actual]) + Math.log(sum) : sum;
    }

    static int largest(float[] margins) {
        int best = 0;
        for (int k = 1; k < margins.length; k++) {
            best = margins[k] > margins[best] ? k : best;
        }
        return best;
    }

    // Keeping

    /** A sum of its weights and intercepts, whichever way they are kept in. */
    String sum() {
        var crc = new CRC32C();
        crc.update((weights.sum() + Arrays.toString(intercept) + labels.names()).getBytes(StandardCharsets.UTF_8));
        return String.format("crc32c:%08x", crc.getValue());
    }

    @Override
    public LinearModel from(Map<String, String> provenance) {
        return new LinearModel(loss, schema, labels, width, weights, intercept, baseline, provenance);
    }

    /** Saves it to a file; of a model in parts, these are copied to files beside it, and an index names them. */
    @Override
    public void save(Place file) throws IOException {
        var metadata = new LinkedHashMap<String, String>();
        metadata.put("loss", loss.name().toLowerCase(Locale.ROOT));
        metadata.put("classes", Json.line(Map.of("names", labels.names())));
        metadata.put("schema", Json.line(schema.toMap()));
        metadata.put("baseline", String.valueOf(baseline));
        var tensors = new ArrayList<Tensor>();
        switch (weights) {
            case KeyedRows.Dense(var values, int _) ->
                tensors.add(Tensor.floats(WEIGHTS, values, values.length / width, width));
            case KeyedRows.Sparse(var keys, var values, int _) -> {
                tensors.add(Tensor.longs(KEYS, keys));
                tensors.add(Tensor.floats(WEIGHTS, values, keys.length, width));
            }
            case KeyedRows.InParts parts -> {
                parts.parts().save(file, metadata);
                metadata.put(LAYOUT, parts.areByKey() ? BY_KEY : BY_NUMBER);
            }
        }
        tensors.add(Tensor.doubles("intercept", intercept));
        tensors.add(Tensor.doubles("labels", labels.values()));
        tensors.add(Tensor.bytes("words", Cache.joinWords(schema.words())));
        ModelFile.write(file, FORMAT, metadata, provenance, tensors);
    }

    /** Loads a model that {@link #save} has saved. */
    public static LinearModel load(Path path) throws IOException {
        return load(Place.of(path));
    }

    /** The same from any place. */
    public static LinearModel load(Place path) throws IOException {
        try (var file = ModelFile.open(path, FORMAT, "a linear model")) {
            var metadata = file.metadata();
            var loss = loss(metadata.get("loss"), path);
            var schema = Schema.fromMap(
                    Json.object(metadata.getOrDefault("schema", ""), path + ", schema"),
                    Cache.splitWords(file.bytes("words")),
                    path.toString());
            var names = Json.object(metadata.getOrDefault("classes", ""), path + ", classes")
                    .get("names");
            var labels = new Labels(
                    names instanceof List<?> list
                            ? list.stream().map(String::valueOf).toList()
                            : List.of(),
                    file.doubles("labels"));
            int width = loss == Loss.SOFTMAX || labels.count() > 2 ? labels.count() : 1;
            var weights = weights(file, path, schema, width);
            if (file.shape("intercept")[0] != width) {
                throw new IOException(
                        path + ": there are " + file.shape("intercept")[0] + " intercepts for " + width + " margins");
            }
            if (labels.names().size() != labels.count()) {
                throw new IOException(path + ": has " + labels.count() + " labels and "
                        + labels.names().size() + " class names");
            }
            var intercept = ModelFile.finiteDoubles(file, "intercept");
            return new LinearModel(
                    loss,
                    schema,
                    labels,
                    width,
                    weights,
                    intercept,
                    baseline(metadata.get("baseline"), path),
                    ModelFile.provenance(file));
        }
    }

    private static KeyedRows weights(Safetensors file, Place path, Schema schema, int width) throws IOException {
        if (ModelParts.has(file)) {
            long rows = BY_KEY.equals(file.metadata().get(LAYOUT)) ? TableSpec.OPEN : schema.features();
            return new KeyedRows.InParts(ModelParts.open(file, path), WEIGHTS, rows, width);
        }
        long[] shape = file.shape(WEIGHTS);
        boolean isSparse = file.names().contains(KEYS);
        long rows = isSparse ? file.shape(KEYS)[0] : schema.features();
        if (shape.length != 2 || shape[1] != width || shape[0] != rows) {
            throw new IOException(
                    path + ": weights are of shape " + Arrays.toString(shape) + ", expected " + rows + " x " + width);
        }
        var values = ModelFile.finite(file, WEIGHTS);
        return isSparse ? new KeyedRows.Sparse(file.longs(KEYS), values, width) : new KeyedRows.Dense(values, width);
    }

    private static double baseline(@Nullable String text, Place path) throws IOException {
        try {
            return text == null ? Double.NaN : Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IOException(path + ": the baseline '" + text + "' is no number", e);
        }
    }

    private static Loss loss(@Nullable String name, Place path) throws IOException {
        for (var loss : Loss.values()) {
            if (loss.name().toLowerCase(Locale.ROOT).equals(name)) {
                return loss;
            }
        }
        throw new IOException(path + ": unknown loss '" + name + "'");
    }
}
