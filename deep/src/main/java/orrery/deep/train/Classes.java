package orrery.deep.train;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import orrery.data.DataException;
import orrery.data.Description;
import orrery.data.Schema;
import orrery.deep.net.Loss;
import orrery.deep.net.Net;

/** The classes of examples, in the order of a net's outputs. */
record Classes(List<String> names, double[] labels) implements Serializable {
    /**
     * The schema's, or the different labels, ascending; none if the net gives numbers.
     *
     * @throws DataException if the net cannot tell so many apart
     */
    static Classes of(NetData data, Schema schema, Net net) throws DataException {
        int most = net.classes();
        if (net.loss() == Loss.SQUARES) {
            if (!schema.classes().isEmpty()) {
                throw new DataException(
                        "the net gives a number, its loss is squares, and the labels are names, such as "
                                + schema.classes().getFirst());
            }
            return new Classes(List.of(), new double[0]);
        }
        if (!schema.classes().isEmpty()) {
            return named(schema.classes()).checked(most);
        }
        var labels = new TreeSet<Double>();
        for (long i = 0; net.steps() == 1 && i < data.size() && labels.size() <= most; i++) {
            labels.add(data.label(i));
        }
        return new Classes(
                        labels.stream().map(Description::numberName).toList(),
                        labels.stream().mapToDouble(label -> label).toArray())
                .checked(most);
    }

    private static Classes named(List<String> names) {
        var labels = new double[names.size()];
        Arrays.setAll(labels, k -> k);
        return new Classes(names, labels);
    }

    private Classes checked(int most) throws DataException {
        if (names.size() > most) {
            throw new DataException("the net has outputs for " + most + " classes, and the labels are more, such as "
                    + names.subList(0, Math.min(20, names.size())) + "; give the last layer an output for each class");
        }
        return this;
    }

    /** The class of a label. */
    int of(double label, long example) {
        int k = Arrays.binarySearch(labels, label);
        if (k < 0) {
            throw new IllegalArgumentException(
                    "example " + example + " has the label " + label + ", which is none of the classes " + names);
        }
        return k;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Classes classes && names.equals(classes.names) && Arrays.equals(labels, classes.labels);
    }

    @Override
    public int hashCode() {
        return names.hashCode();
    }

    @Override
    public String toString() {
        return names.toString();
    }
}
