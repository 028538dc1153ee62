package orrery.learn.linear;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.data.Cache;
import orrery.data.Columns;
import orrery.data.Examples;
import orrery.data.Schema;
import orrery.learn.Model;
import orrery.learn.ModelFile;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Safetensors.Tensor;

/** What was learned: a margin per class is a weighted sum of an example's features. Immutable. */
public final class LinearModel implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-linear-2";

    private static final long serialVersionUID = 1;

    private final Loss loss;
    private final Schema schema;
    private final Labels labels;
    private final int width; // margins per example: 1, or one per class
    private final float[] weights; // (features, width)
    private final double[] intercept; // (width); of numbers far from 0 a float would round all there is to learn
    private final double baseline; // the commonest class's number, or the mean label; NaN if it is not known

    @SuppressWarnings("serial") // an immutable map, which is serializable
    private final Map<String, String> provenance;

    LinearModel(
            Loss loss,
            Schema schema,
            Labels labels,
            int width,
            float[] weights,
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

    /** The weight of a feature for a class; class 0 where there is one margin only. */
    public float weight(int feature, int margin) {
        return weights[feature * width + margin];
    }

    /** What a margin has before any feature. */
    public double intercept(int margin) {
        return intercept[margin];
    }

    public int features() {
        return weights.length / width;
    }

    /** Margins per example: one per class under softmax or of more than two classes, else 1. */
    public int margins() {
        return width;
    }

    private void margins(Examples.Cursor example, float[] out) {
        for (int c = 0; c < width; c++) {
            out[c] = (float) intercept[c];
        }
        var indices = example.indices();
        var values = example.values();
        int known = features();
        for (int k = example.from(); k < example.to(); k++) {
            if (indices[k] < known) {
                int row = indices[k] * width;
                for (int c = 0; c < width; c++) {
                    out[c] += values[k] * weights[row + c];
                }
            }
        }
    }

    /** What least squares predicts. */
    private double number(Examples.Cursor example) {
        double sum = intercept[0];
        int known = features();
        for (int k = example.from(); k < example.to(); k++) {
            int feature = example.indices()[k];
            sum += feature < known ? (double) example.values()[k] * weights[feature] : 0;
        }
        return sum;
    }

    /**
     * Predicts each example: under least squares one number; otherwise a probability per class. A support vector
     * machine's margin is no probability; it gives 1 to the class that it chooses.
     */
    public void predict(Examples examples, Predictions each) throws IOException {
        var predicted = new double[loss.isClassification() ? labels.count() : 1];
        if (!loss.isClassification()) {
            var cursor = examples.cursor();
            for (long i = 0; i < examples.size(); i++) {
                cursor.move(i);
                predicted[0] = number(cursor);
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

        @Override
        public void feature(int index, float value) {
            if (index < features()) {
                int row = index * width;
                for (int c = 0; c < width; c++) {
                    sums[c] += (double) value * weights[row + c];
                }
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
        var cursor = examples.cursor();
        var of = new float[width];
        for (long i = 0; i < examples.size(); i++) {
            cursor.move(i);
            margins(cursor, of);
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
        var cursor = examples.cursor();
        double squares = 0;
        double ofBaseline = 0;
        for (long i = 0; i < examples.size(); i++) {
            cursor.move(i);
            double off = number(cursor) - cursor.label();
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
        var cursor = examples.cursor();
        var margins = new float[width];
        var confusion = new long[classes][classes];
        var scores = new double[width == 1 ? n : 0];
        var isPositive = new boolean[width == 1 ? n : 0];
        double cost = 0;
        long right = 0;
        long ofBaseline = 0;
        for (int i = 0; i < n; i++) {
            cursor.move(i);
            int actual = labels.require(cursor.label(), i);
            margins(cursor, margins);
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
        double auc = width == 1 ? Metrics.auc(scores, isPositive) : Double.NaN;
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

    @Override
    public LinearModel from(Map<String, String> provenance) {
        return new LinearModel(loss, schema, labels, width, weights, intercept, baseline, provenance);
    }

    @Override
    public void save(Place file) throws IOException {
        var metadata = new LinkedHashMap<String, String>();
        metadata.put("loss", loss.name().toLowerCase(Locale.ROOT));
        metadata.put("classes", Json.line(Map.of("names", labels.names())));
        metadata.put("schema", Json.line(schema.toMap()));
        metadata.put("baseline", String.valueOf(baseline));
        var tensors = new ArrayList<Tensor>();
        tensors.add(Tensor.floats("weights", weights, features(), width));
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
            long[] shape = file.shape("weights");
            int width = loss == Loss.SOFTMAX || labels.count() > 2 ? labels.count() : 1;
            if (shape.length != 2
                    || shape[1] != width
                    || shape[0] != schema.features()
                    || file.shape("intercept")[0] != width) {
                throw new IOException(path + ": weights are of shape " + Arrays.toString(shape) + ", expected "
                        + schema.features() + " x " + width);
            }
            if (labels.names().size() != labels.count()) {
                throw new IOException(path + ": has " + labels.count() + " labels and "
                        + labels.names().size() + " class names");
            }
            var weights = ModelFile.finite(file, "weights");
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
