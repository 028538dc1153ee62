package orrery.spark;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.data.Columns;
import orrery.data.DataException;
import orrery.data.Schema;

/**
 * What must be known of all rows before examples are made of them: sums by feature, the classes, what is missing or not a
 * number, and a sum of the contents. Made part by part on the executors, added up in the order of the parts, so that it is the
 * same to the last bit each time.
 */
final class Survey implements Serializable {
    private static final long serialVersionUID = 1;
    private static final int MOST_CLASSES = 10_000;
    /** Beyond, sums by feature would take more memory than executors have to spare; then vectors are taken as they are. */
    private static final int MOST_SUMMED = 1 << 20;

    private final Flaws[] flaws; // by column
    private final HashMap<Object, Long> labels = new HashMap<>(); // one more than the most, if there are more
    private Moments moments = new Moments(0); // of the numeric columns, or of the entries of vectors
    private long rows;
    private long nonZeros; // of numeric columns, or vectors
    private double weights;
    private int features; // of vectors; -1 if they differ
    private int otherFeatures; // of a vector that differs
    private long nullVectors;
    private long content;

    private Survey(int columns) {
        flaws = new Flaws[columns];
        for (int c = 0; c < columns; c++) {
            flaws[c] = new Flaws();
        }
    }

    /** How often a column has no value that its role can have. */
    static final class Flaws implements Serializable {
        private static final long serialVersionUID = 1;
        long nulls;
        long nans;
        long infinite;
        long negative;

        void add(Flaws more) {
            nulls += more.nulls;
            nans += more.nans;
            infinite += more.infinite;
            negative += more.negative;
        }

        /** Notes a number that may be none. Returns whether it is a number. */
        boolean isNumber(double value) {
            if (Double.isNaN(value)) {
                nans++;
            } else if (Double.isInfinite(value)) {
                infinite++;
            } else {
                return true;
            }
            return false;
        }

        private String text(long rows) {
            var texts = new ArrayList<String>();
            note(nulls, "null", texts);
            note(nans, "NaN", texts);
            note(infinite, "infinite", texts);
            note(negative, "below 0", texts);
            return String.join(", ", texts) + String.format(Locale.ROOT, " of %,d rows", rows);
        }

        private static void note(long count, String what, List<String> texts) {
            if (count > 0) {
                texts.add(String.format(Locale.ROOT, "%s in %,d", what, count));
            }
        }
    }

    /** Which columns rows have, in their order. */
    record Of(List<Input> inputs) implements Serializable {

        /** The survey of a part, as bytes. */
        byte[] part(Iterator<Row> rows) {
            var survey = new Survey(inputs.size());
            survey.room(this);
            var as = inputs.stream().map(Input::as).toArray(Input.As[]::new);
            rows.forEachRemaining(row -> survey.add(row, as));
            return Bytes.of(survey);
        }

        /** All parts together; the sizes and sums of each are given to {@code sizes} and {@code contents}. */
        Survey sum(List<byte[]> parts, List<Long> sizes, List<Long> contents) {
            var all = new Survey(inputs.size());
            all.room(this);
            for (var bytes : parts) {
                var part = Bytes.<Survey>value(bytes);
                sizes.add(part.rows);
                contents.add(part.content);
                all.add(part);
            }
            return all;
        }

        private boolean isOfVectors() {
            return inputs.stream().anyMatch(input -> input.as() == Input.As.VECTOR);
        }
    }

    private void room(Of of) {
        moments.room(
                of.isOfVectors()
                        ? 0
                        : (int) of.inputs.stream()
                                .filter(input -> input.as() == Input.As.NUMBER)
                                .count());
    }

    private void add(Row row, Input.As[] as) {
        rows++;
        content += content(row);
        for (int c = 0, number = 0; c < as.length; c++) {
            @Nullable Object value = row.get(c);
            switch (as[c]) {
                case NUMBER -> number(number++, value, flaws[c]);
                case VECTOR -> vector(value, flaws[c]);
                case LABEL -> label(value, flaws[c]);
                case WEIGHT -> weight(value, flaws[c]);
                case CATEGORY -> flaws[c].nulls += value == null ? 1 : 0;
                case KEY, RATING, TEXT -> throw new IllegalStateException("examples have no " + as[c]);
            }
        }
    }

    /** What a row adds to the sum of the contents, whatever the order of rows. */
    static long content(Row row) {
        long hash = 0;
        for (int c = 0; c < row.length(); c++) {
            @Nullable Object value = row.get(c);
            hash = 31 * hash + (value == null ? 0 : Entries.hash(value));
        }
        hash *= 0x9e3779b97f4a7c15L;
        return hash ^ hash >>> 29;
    }

    private void number(int number, @Nullable Object value, Flaws of) {
        if (value == null) {
            of.nulls++;
        } else if (of.isNumber((double) value)) {
            moments.add(number, (double) value);
            nonZeros++;
        }
    }

    private void vector(@Nullable Object value, Flaws of) {
        if (value == null) {
            of.nulls++;
            nullVectors++;
            return;
        }
        int size = Entries.size(value);
        sees(size);
        if (size <= MOST_SUMMED) {
            moments.room(size);
        }
        boolean[] isSound = {true, true}; // without NaN, without infinite entries
        Entries.of(value, (f, x) -> {
            if (Double.isNaN(x)) {
                isSound[0] = false;
                if (f < moments.features()) {
                    moments.addMissing(f);
                }
            } else if (Double.isInfinite(x)) {
                isSound[1] = false;
            } else if (x != 0) {
                nonZeros++;
                if (f < moments.features()) {
                    moments.add(f, x);
                }
            }
        });
        of.nans += isSound[0] ? 0 : 1;
        of.infinite += isSound[1] ? 0 : 1;
    }

    private void sees(int size) {
        if (features == 0 || features == size) {
            features = size;
        } else if (features > 0) {
            otherFeatures = size;
        }
    }

    private void label(@Nullable Object value, Flaws of) {
        if (value == null) {
            of.nulls++;
        } else if (!(value instanceof Number number) || of.isNumber(number.doubleValue())) {
            if (labels.size() <= MOST_CLASSES || labels.containsKey(value)) {
                labels.merge(value, 1L, Long::sum);
            }
        }
    }

    private void weight(@Nullable Object value, Flaws of) {
        if (value == null) {
            of.nulls++;
        } else if (of.isNumber((double) value)) {
            of.negative += (double) value < 0 ? 1 : 0;
            weights += (double) value;
        }
    }

    private void add(Survey part) {
        for (int c = 0; c < flaws.length; c++) {
            flaws[c].add(part.flaws[c]);
        }
        part.labels.forEach((label, count) -> {
            if (labels.size() <= MOST_CLASSES || labels.containsKey(label)) {
                labels.merge(label, count, Long::sum);
            }
        });
        moments.add(part.moments);
        rows += part.rows;
        nonZeros += part.nonZeros;
        weights += part.weights;
        content += part.content;
        nullVectors += part.nullVectors;
        if (part.features != 0) {
            sees(part.features);
        }
        otherFeatures = Math.max(otherFeatures, part.otherFeatures);
    }

    /**
     * What is wrong with the rows, in the order in which a user would look.
     *
     * @throws DataException which says it
     */
    void check(List<Input> inputs, Invalid invalid) throws DataException {
        if (rows == 0) {
            throw new DataException("the data frame has no rows"
                    + (invalid == Invalid.SKIP ? " whose numbers are all there (handleInvalid is \"skip\")" : ""));
        }
        for (int c = 0; c < flaws.length; c++) {
            check(inputs.get(c), flaws[c], invalid);
        }
        if (otherFeatures > 0) {
            throw new DataException(
                    "not all vectors have as many entries: some have " + features + ", some " + otherFeatures);
        }
    }

    /** Whether a label is a whole number that as a double is another one. */
    private static boolean isRounded(Object label) {
        return switch (label) {
            case Long whole -> Math.abs(whole) > 1L << 53;
            case BigDecimal decimal ->
                decimal.stripTrailingZeros().scale() <= 0
                        && new BigDecimal(decimal.doubleValue()).compareTo(decimal) != 0;
            default -> false;
        };
    }

    private void check(Input input, Flaws of, Invalid invalid) throws DataException {
        switch (input.as()) {
            case LABEL -> {
                if (of.nulls + of.nans + of.infinite > 0) {
                    throw new DataException(
                            "the label '" + input.name() + "' is " + of.text(rows) + "; leave these rows out");
                }
                if (labels.size() > MOST_CLASSES) {
                    throw new DataException(String.format(
                            Locale.ROOT,
                            "the label '%s' has more than %,d different values",
                            input.name(),
                            MOST_CLASSES));
                }
                for (var label : labels.keySet()) {
                    if (isRounded(label)) {
                        throw new DataException("the label '" + input.name() + "' has " + label
                                + ", which no double holds, and predictions are doubles; cast it to string");
                    }
                }
            }
            case WEIGHT -> {
                if (of.nulls + of.nans + of.infinite + of.negative > 0) {
                    throw new DataException("the weight '" + input.name() + "' is " + of.text(rows)
                            + "; weights must be there, be finite, and 0 or more");
                }
                if (weights == 0) {
                    throw new DataException("the weight '" + input.name() + "' is 0 in all rows");
                }
            }
            case NUMBER, VECTOR -> {
                boolean isWrong = of.infinite > 0 || (invalid != Invalid.KEEP && of.nulls + of.nans > 0);
                if (isWrong) {
                    throw new DataException((input.as() == Input.As.VECTOR ? "the vector '" : "column '") + input.name()
                            + "' is " + of.text(rows) + "; setHandleInvalid(\"skip\") leaves such rows out, \"keep\""
                            + " puts the mean in place of null and NaN");
                }
            }
            case CATEGORY, KEY, RATING, TEXT -> {}
        }
    }

    long rows() {
        return rows;
    }

    /** The mean weight; 1 without weights. */
    double meanWeight() {
        return weights == 0 ? 1 : weights / rows;
    }

    /** A sum of all values, the same in whatever order and parts rows come. */
    long content() {
        return content;
    }

    Moments moments() {
        return moments;
    }

    /** How many values numeric columns have, or how many entries of vectors are not 0, in all rows. */
    long nonZeros() {
        return nonZeros;
    }

    /** How many entries all vectors have. */
    int features() {
        return features;
    }

    /** How many vectors have an entry, be it 0. */
    private long present(int feature) {
        return rows - nullVectors - moments.missing(feature);
    }

    /** Whether an entry is not 0 in any vector that has it. */
    private boolean isInAll(int feature) {
        return moments.count(feature) > 0 && moments.count(feature) == present(feature);
    }

    /** The mean of an entry over the vectors that have it. */
    double meanOfEntry(int feature) {
        long present = present(feature);
        return present == 0 ? 0 : moments.mean(feature) * moments.count(feature) / present;
    }

    /** Whether an entry is counted from its mean, since all its values lie far from 0. */
    boolean isFar(int feature) {
        return isInAll(feature) && Schema.Column.isFar(moments.mean(feature), moments.deviation(feature));
    }

    /** Whether there are sums by entry: not of very long vectors. */
    boolean isSummed() {
        return features <= MOST_SUMMED;
    }

    Flaws flaws(int column) {
        return flaws[column];
    }

    /** The classes and how many rows each has: numbers by size, others by name. */
    Map<String, Long> classes() {
        boolean areNumbers = labels.keySet().stream().allMatch(label -> label instanceof Number);
        var byName = labels.entrySet().stream()
                .collect(Collectors.toMap(entry -> Columns.className(entry.getKey()), Map.Entry::getValue, Long::sum));
        Comparator<String> bySize = Comparator.comparing(name -> new BigDecimal(name));
        var order = areNumbers ? bySize : Comparator.<String>naturalOrder();
        var sorted = new LinkedHashMap<String, Long>();
        byName.keySet().stream().sorted(order).forEach(name -> sorted.put(name, byName.get(name)));
        return sorted;
    }
}
