package orrery.spark;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.data.Columns;

/** What must be known of all rows before examples are made of them. */
final class Survey implements Serializable {
    private static final long serialVersionUID = 1;
    private static final int MOST_CLASSES = 10_000;

    private final Moments moments;
    private final TreeSet<String> classes = new TreeSet<>(); // one more than the most, if there are more
    private int features; // of vectors; -1 if they differ
    private boolean lacksLabel;

    private Survey(Moments moments) {
        this.moments = moments;
    }

    /**
     * Which columns are looked at, by position in a row.
     *
     * @param numbers numeric ones
     * @param label -1 for none
     * @param vectors -1 for none
     */
    record Of(int[] numbers, int label, int vectors) implements Serializable {
        Survey part(Iterator<Row> rows) {
            var survey = new Survey(new Moments(numbers));
            rows.forEachRemaining(row -> survey.add(row, this));
            return survey;
        }

        Survey sum(List<Survey> parts) {
            var all = new Survey(
                    Moments.sum(parts.stream().map(part -> part.moments).toList(), numbers));
            for (var part : parts) {
                part.classes.stream()
                        .limit(Math.max(0, MOST_CLASSES + 1 - all.classes.size()))
                        .forEach(all.classes::add);
                all.lacksLabel |= part.lacksLabel;
                if (part.moments.rows() > 0) {
                    all.sees(part.features);
                }
            }
            return all;
        }
    }

    private void add(Row row, Of of) {
        moments.add(row);
        if (of.label >= 0) {
            var label = row.<@Nullable Object>getAs(of.label);
            if (label == null) {
                lacksLabel = true;
            } else if (classes.size() <= MOST_CLASSES) {
                classes.add(Columns.className(label));
            }
        }
        if (of.vectors >= 0 && !row.isNullAt(of.vectors)) {
            sees(row.<Vector>getAs(of.vectors).size());
        }
    }

    private void sees(int size) {
        features = features == 0 || features == size ? size : -1;
    }

    long rows() {
        return moments.rows();
    }

    Moments moments() {
        return moments;
    }

    /** The labels that there are, by name; more than the most if there are more. */
    List<String> classes() {
        return List.copyOf(classes);
    }

    boolean hasTooManyClasses() {
        return classes.size() > MOST_CLASSES;
    }

    boolean lacksLabel() {
        return lacksLabel;
    }

    /** How many features all vectors have; -1 if not all have as many. */
    int features() {
        return features;
    }
}
