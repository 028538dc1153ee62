package orrery.learn.linear;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import orrery.data.DataException;
import orrery.data.Description;
import orrery.data.Examples;
import orrery.data.Schema;

/** The classes of a model, and which of them a label is. */
record Labels(List<String> names, double[] values) implements Serializable {
    private static final int MOST = 10_000;

    /** The classes of training data: the schema's, or the distinct labels in ascending order. */
    static Labels of(Examples examples, Schema schema) throws DataException {
        if (!schema.classes().isEmpty()) {
            return named(schema.classes());
        }
        var distinct = new TreeSet<Double>();
        for (long i = 0; i < examples.size(); i++) {
            distinct.add(examples.label(i));
            if (distinct.size() > MOST) {
                break;
            }
        }
        return of(List.copyOf(distinct));
    }

    /** Classes with names, whose labels are their numbers. */
    static Labels named(List<String> names) {
        var values = new double[names.size()];
        for (int k = 0; k < values.length; k++) {
            values[k] = k;
        }
        return new Labels(names, values);
    }

    /** The classes of these labels, ascending. */
    static Labels of(List<Double> distinct) throws DataException {
        if (distinct.size() > MOST) {
            throw new DataException("the labels have more than 10,000 different values, such as " + distinct.getFirst()
                    + " and " + distinct.getLast() + "; are they numbers to predict? Then use least-squares");
        }
        var values = new double[distinct.size()];
        var names = new ArrayList<String>();
        for (double label : distinct) {
            values[names.size()] = label;
            names.add(Description.numberName(label));
        }
        return new Labels(List.copyOf(names), values);
    }

    /** What examples weigh by class. */
    float[] weights(LinearOptions options, Optional<Examples> inMemory) {
        var weights = new float[count()];
        for (int k = 0; k < weights.length; k++) {
            weights[k] = options.classWeights().getOrDefault(names.get(k), 1f);
        }
        if (options.balanced()) {
            var counts = new long[weights.length];
            var examples = inMemory.orElseThrow(() -> new IllegalArgumentException(
                    "classes are balanced by weights, where examples are not held in memory"));
            for (long i = 0; i < examples.size(); i++) {
                counts[find(examples.label(i))]++;
            }
            for (int k = 0; k < weights.length; k++) {
                weights[k] *= examples.size() / (float) (weights.length * counts[k]);
            }
        }
        return weights;
    }

    /** Classes with names are no numbers. */
    static void checkFit(String app, Loss loss, Schema schema) throws DataException {
        if (!loss.isClassification() && !schema.classes().isEmpty()) {
            throw new DataException(app + " needs numbers as labels, the data has the classes "
                    + named(schema.classes()).shortened());
        }
    }

    void checkWeights(LinearOptions options) throws DataException {
        for (var name : options.classWeights().keySet()) {
            if (!names.contains(name)) {
                throw new DataException("there is no class '" + name + "' to weigh, only " + shortened());
            }
        }
    }

    /** The names, as messages have them. */
    String shortened() {
        return names.size() <= 20 ? names.toString() : names.subList(0, 20) + " ...";
    }

    int count() {
        return values.length;
    }

    /** The class of a label, or -1. */
    int find(double label) {
        if (values.length == 2) {
            return label == values[1] ? 1 : label == values[0] ? 0 : -1;
        }
        int k = Arrays.binarySearch(values, label);
        return Math.max(-1, k);
    }

    /** The class of a label of the examples. */
    int require(double label, long example) {
        int k = find(label);
        if (k < 0) {
            throw new IllegalArgumentException("example " + example + " has the label " + label
                    + ", which is none of the model's classes " + names);
        }
        return k;
    }
}
