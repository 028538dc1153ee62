package orrery.learn.linear;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import orrery.data.ReadOptions;
import orrery.data.Schema;

/**
 * A model that a training begins with, as the data has its features: those that both have by their names, or numbers of
 * libsvm, or keys; others begin at 0. A numeric column's weight is brought to the mean and deviation that it has now. Safe
 * for use by many threads.
 */
final class Initial {
    private final LinearModel model;
    private final Schema now;
    private final int[] classes; // by margin of now: that of the model, or -1
    private final Map<String, Integer> known = new HashMap<>(); // the model's features by name, but for those without
    private final boolean areSame; // numbers and keys mean the same in both

    /**
     * @param now of the data
     * @param labels of the data
     * @param margins that an example has
     */
    Initial(LinearModel model, Schema now, Labels labels, int margins) {
        this.model = model;
        this.now = now;
        var before = model.schema();
        boolean areNumbers = !before.hasNames() && !now.hasNames();
        if (areNumbers != (!before.hasNames() || !now.hasNames()) || before.areKeyed() != now.areKeyed()) {
            throw new IllegalArgumentException("the training cannot begin with a model of data of another kind: "
                    + kind(before) + " before, " + kind(now) + " now");
        }
        if (now.areKeyed() && now.hasNames() && !before.hashesAlike(now)) {
            throw new IllegalArgumentException(
                    "the training cannot begin with that model: the keys of its categories follow"
                            + " from the places of their columns, and these are others now: " + before.columnNames()
                            + " before, " + now.columnNames() + " now");
        }
        areSame = areNumbers || (now.areKeyed() && before.firstHashed() == now.firstHashed() && before.equals(now));
        for (int f = 0; !areSame && f < before.firstHashed(); f++) {
            known.put(before.featureName(f), f);
        }
        classes = classes(model, labels, margins);
    }

    private static String kind(Schema schema) {
        return schema.format() + (schema.areKeyed() ? " with 64-bit keys" : "");
    }

    private static int[] classes(LinearModel model, Labels labels, int margins) {
        if (model.margins() != margins && (model.margins() == 1 || margins == 1)) {
            throw new IllegalArgumentException("the training cannot begin with that model: it has " + model.margins()
                    + " margins per example, and now there are " + margins);
        }
        if (margins == 1) {
            if (!model.classes().equals(labels.names())) {
                throw new IllegalArgumentException("the training cannot begin with that model: its classes are "
                        + model.classes() + ", those of the data are " + labels.names());
            }
            return new int[] {0};
        }
        return labels.names().stream().mapToInt(model.classes()::indexOf).toArray();
    }

    /** The weights of a feature of the data, on the data's scale, of all margins. */
    void fill(long feature, float[] into) {
        long of = before(feature);
        if (of == NONE) {
            Arrays.fill(into, 0);
            return;
        }
        var row = new float[model.margins()];
        model.gather(new long[] {of}, 1, row);
        double scale = column(now, feature).scale() / column(model.schema(), of).scale();
        for (int c = 0; c < into.length; c++) {
            into[c] = classes[c] < 0 ? 0 : scale == 1 ? row[classes[c]] : (float) (row[classes[c]] * scale);
        }
    }

    private static final long NONE = Long.MIN_VALUE + 1;

    /** The model's feature, or {@link #NONE}. */
    private long before(long feature) {
        if (areSame) {
            return now.areKeyed() || (feature < model.features()) ? feature : NONE;
        }
        if (feature < 0) {
            return feature; // a category's key
        }
        if (feature >= now.firstHashed()) {
            return model.schema().hashesAlike(now)
                    ? feature - now.firstHashed() + model.schema().firstHashed()
                    : NONE;
        }
        var of = known.get(now.featureName(feature));
        return of == null ? NONE : of;
    }

    /** The intercepts, with what follows from the numbers that columns are counted from, which are others now. */
    double[] intercepts() {
        var intercepts = new double[classes.length];
        for (int c = 0; c < intercepts.length; c++) {
            intercepts[c] = classes[c] < 0 ? 0 : model.intercept(classes[c]);
        }
        var row = new float[model.margins()];
        for (long f : counted()) {
            long of = before(f);
            if (of == NONE) {
                continue;
            }
            var is = column(now, f);
            var was = column(model.schema(), of);
            model.gather(new long[] {of}, 1, row);
            double shift = (is.original(0) - was.original(0)) / was.scale();
            for (int c = 0; c < intercepts.length; c++) {
                intercepts[c] += classes[c] < 0 ? 0 : row[classes[c]] * shift;
            }
        }
        return intercepts;
    }

    /** The features that are numbers counted from somewhere, now or before. */
    private long[] counted() {
        if (now.hasNames()) {
            return LongStream.range(0, now.firstHashed())
                    .filter(f -> now.numericColumn(f).isPresent())
                    .toArray();
        }
        return LongStream.concat(now.entries(), model.schema().entries())
                .distinct()
                .sorted()
                .toArray();
    }

    /** How a feature is counted; as it is if nothing is said. */
    private static Schema.Column column(Schema schema, long feature) {
        return schema.numericColumn(feature).orElse(Schema.Column.of("", ReadOptions.Role.NUMERIC));
    }

    /** A sum of the model. */
    String sum() {
        return model.sum();
    }

    /** Visits the features of the data that the model has, those among them that the data has not shown yet. */
    void forEachFeature(LongConsumer action) {
        try {
            model.forEachWeight((feature, row) -> {
                if (areSame ? now.areKeyed() || feature < now.features() : feature < 0) {
                    action.accept(feature);
                } else if (!areSame
                        && feature >= model.schema().firstHashed()
                        && model.schema().hashesAlike(now)) {
                    action.accept(feature - model.schema().firstHashed() + now.firstHashed());
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        for (int f = 0; !areSame && f < now.firstHashed(); f++) {
            action.accept(f);
        }
    }
}
