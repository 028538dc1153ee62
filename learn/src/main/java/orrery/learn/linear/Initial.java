package orrery.learn.linear;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;
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
        double scale = scale(feature, of);
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

    /** By how much a numeric column's deviation is greater now. */
    private double scale(long feature, long of) {
        var is = now.numericColumn(feature);
        var was = model.schema().numericColumn(of);
        return is.isPresent() && was.isPresent() ? is.get().scale() / was.get().scale() : 1;
    }

    /** The intercepts, with what follows from columns' means that are others now. */
    double[] intercepts() {
        var intercepts = new double[classes.length];
        for (int c = 0; c < intercepts.length; c++) {
            intercepts[c] = classes[c] < 0 ? 0 : model.intercept(classes[c]);
        }
        var row = new float[model.margins()];
        for (int f = 0; !areSame && f < now.firstHashed(); f++) {
            long of = before(f);
            var is = now.numericColumn(f);
            if (of != NONE && is.isPresent()) {
                var was = model.schema().numericColumn(of).orElseThrow();
                model.gather(new long[] {of}, 1, row);
                double shift = (is.get().original(0) - was.original(0)) / was.scale();
                for (int c = 0; c < intercepts.length; c++) {
                    intercepts[c] += classes[c] < 0 ? 0 : row[classes[c]] * shift;
                }
            }
        }
        return intercepts;
    }

    /** Visits the features of the data that the model has, those among them that the data has not shown yet. */
    void forEachFeature(LongConsumer action) {
        try {
            model.forEachWeight((feature, row) -> {
                if (areSame || feature < 0) {
                    action.accept(feature);
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
