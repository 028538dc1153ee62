package orrery.data;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.data.ReadOptions.Role;

/**
 * Makes examples of rows of typed columns, such as those of a data frame, exactly as they are made of CSV columns with the
 * same roles. Confined to one thread.
 */
public final class Columns {
    private final Schema schema;
    private final Schema.Column[] columns;
    private final int[] numberOf; // by column: its number among the numeric ones
    private final int[] markerOf; // by column: the feature that marks a missing value; -1 for none
    private final int firstHashed;
    private final int hashMask;
    private final boolean hasLabels;
    private final @Nullable Labels labels;
    private final Examples.Packer packer = new Examples.Packer();
    private final Sink sink;

    /** Takes the features of one row, in the order of its columns. */
    @FunctionalInterface
    public interface Sink {
        /** Takes a feature, by its number or key. */
        void feature(long feature, float value);
    }

    /**
     * @param schema whose columns have the roles numeric, categorical, label, weight or ignore
     * @param hasLabels whether labels and weights are looked at
     */
    public Columns(Schema schema, boolean hasLabels) {
        this.schema = schema;
        this.hasLabels = hasLabels;
        sink = packer.sink(schema);
        columns = schema.columns().toArray(Schema.Column[]::new);
        firstHashed = schema.firstHashed();
        hashMask = (1 << schema.hashBits()) - 1;
        numberOf = new int[columns.length];
        markerOf = new int[columns.length];
        int number = 0;
        int marker = schema.numeric().size();
        Labels found = null;
        for (int c = 0; c < numberOf.length; c++) {
            var column = columns[c];
            numberOf[c] = -1;
            markerOf[c] = -1;
            switch (column.role()) {
                case NUMERIC -> {
                    numberOf[c] = number++;
                    markerOf[c] = column.hasIndicator() ? marker++ : -1;
                }
                case TEXT, GROUP ->
                    throw new IllegalArgumentException("column '" + column.name() + "' has the role " + column.role()
                            + ", which rows cannot have");
                case LABEL -> found = new Labels(schema, column);
                case WEIGHT, CATEGORICAL, IGNORE -> {}
            }
        }
        labels = found;
    }

    /** The schema of columns with these roles, which a CSV file with a line of their names has, too. */
    public static Schema schema(List<Schema.Column> columns, int hashBits, List<String> classes) {
        var numeric = columns.stream().filter(c -> c.role() == Role.NUMERIC).count();
        boolean hashes = columns.stream().anyMatch(c -> c.role() == Role.CATEGORICAL);
        int features = hashes && hashBits == ReadOptions.KEYS
                ? Examples.OPEN
                : Math.toIntExact(numeric + (hashes ? 1L << hashBits : 0));
        return new Schema(
                "csv", Dialect.OF_ROWS, true, columns, hashBits, List.of(), classes, false, false, features, 0);
    }

    /**
     * Adds a row.
     *
     * @param values by column, numbers, booleans or what has a text; null where there is none
     * @throws IllegalArgumentException if a value does not suit its column, which is named
     */
    public void add(@Nullable Object[] values) {
        features(values, sink);
        double label = 0;
        float weight = 1;
        for (int c = 0; hasLabels && c < columns.length; c++) {
            switch (columns[c].role()) {
                case LABEL -> label = labels == null ? 0 : labels.of(values[c]);
                case WEIGHT -> weight = weight(columns[c], values[c]);
                case NUMERIC, CATEGORICAL, TEXT, GROUP, IGNORE -> {}
            }
        }
        packer.example(label, weight);
    }

    /**
     * Gives the features of a row, without keeping it.
     *
     * @param values as for {@link #add}
     */
    public void features(@Nullable Object[] values, Sink to) {
        for (int c = 0; c < columns.length; c++) {
            var value = values[c];
            switch (columns[c].role()) {
                case NUMERIC -> numeric(c, value, to);
                case CATEGORICAL -> // nothing is a category, too
                    to.feature(hashed(category(value), c), 1);
                case LABEL, WEIGHT, TEXT, GROUP, IGNORE -> {}
            }
        }
    }

    /** A number; null and NaN are missing values, as the empty fields of a file are. */
    private void numeric(int c, @Nullable Object value, Sink to) {
        var column = columns[c];
        double number = value == null ? Double.NaN : number(column, value);
        if (Double.isNaN(number)) {
            if (markerOf[c] >= 0) {
                to.feature(markerOf[c], 1);
            }
            if (column.imputed() != 0) {
                to.feature(numberOf[c], column.imputed());
            }
            return;
        }
        float feature = column.value(number);
        if (Float.isInfinite(feature)) {
            throw new IllegalArgumentException(
                    "column '" + column.name() + "' has " + value + ", which is outside the range of a float");
        }
        to.feature(numberOf[c], feature);
    }

    /** The weight that a value gives; an error that names the column if it gives none. */
    public static float weight(Schema.Column column, @Nullable Object value) {
        if (value == null) {
            throw new IllegalArgumentException("the weight '" + column.name() + "' is missing");
        }
        float weight = (float) number(column, value);
        if (!(weight >= 0) || Float.isInfinite(weight)) {
            throw new IllegalArgumentException(
                    "the weight '" + column.name() + "' must be 0 or more, and finite, got " + value);
        }
        return weight;
    }

    private static double number(Schema.Column column, Object value) {
        return switch (value) {
            case Number n -> n.doubleValue();
            case Boolean b -> b ? 1 : 0;
            default ->
                throw new IllegalArgumentException(
                        "column '" + column.name() + "' is numeric, it has '" + value + "'; make it categorical");
        };
    }

    /** What values of a column of labels mean: the number of a class, or a number. */
    public static final class Labels {
        private final Schema.Column column;
        private final Map<String, Integer> classes; // empty if labels are numbers

        public Labels(Schema schema, Schema.Column column) {
            this.column = column;
            classes = HashMap.newHashMap(schema.classes().size());
            schema.classes().forEach(name -> classes.put(name, classes.size()));
        }

        /**
         * The label of a value.
         *
         * @throws IllegalArgumentException if there is none, or the schema does not have its class
         */
        public double of(@Nullable Object value) {
            if (value == null) {
                throw new IllegalArgumentException("the label '" + column.name() + "' is missing");
            }
            if (classes.isEmpty()) {
                double number = number(column, value);
                if (!Double.isFinite(number)) {
                    throw new IllegalArgumentException("the label '" + column.name() + "' is " + value);
                }
                return number;
            }
            var name = className(value);
            var k = classes.get(name);
            if (k == null) {
                throw new IllegalArgumentException("the label '" + column.name() + "' is " + name
                        + ", which is none of the classes " + classes.keySet());
            }
            return k;
        }
    }

    /**
     * A category as a file would name it: text without blanks around it, and a number by its value, whatever its type: 1,
     * 1.0 and the decimal 1.00 are one category.
     */
    private String category(@Nullable Object value) {
        if (value instanceof Number number) {
            return Double.isNaN(number.doubleValue()) ? "" : className(number);
        }
        if (value == null) {
            return "";
        }
        var text = value.toString().strip();
        return schema.dialect().isMissing(text) ? "" : withoutFractionOfZero(text);
    }

    /** The text 3.0 is the text 3: whole numbers become fractions where a column has missing values. */
    private static String withoutFractionOfZero(String text) {
        int point = text.indexOf('.');
        int first = text.startsWith("-") ? 1 : 0;
        if (point <= first || point == text.length() - 1) {
            return text;
        }
        for (int i = first; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isDue = i < point ? c >= '0' && c <= '9' : i == point || c == '0';
            if (!isDue) {
                return text;
            }
        }
        return text.substring(0, point);
    }

    /** What a label is called: numbers by their value, whole ones without a point, whatever their type; texts as they are. */
    public static String className(Object label) {
        return switch (label) {
            case Byte n -> n.toString();
            case Short n -> n.toString();
            case Integer n -> n.toString();
            case Long n -> n.toString();
            case Number n -> plain(n);
            default -> label.toString();
        };
    }

    private static String plain(Number number) {
        double value = number.doubleValue();
        if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
            return Long.toString((long) value);
        }
        return Double.isFinite(value)
                ? new BigDecimal(number.toString()).stripTrailingZeros().toPlainString()
                : number.toString();
    }

    private long hashed(String category, int column) {
        var bytes = category.getBytes(StandardCharsets.UTF_8);
        long hash = WordIndex.ofCategory(bytes, 0, bytes.length);
        return schema.areKeyed() ? key(hash, column) : firstHashed + (hash(hash, column) & hashMask);
    }

    /** A category's key, of a column of its own: below 0, as no feature with a number is. */
    static long key(long ofText, int column) {
        long x = ofText ^ (column + 1) * 0x9e3779b97f4a7c15L;
        x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L; // the finaliser of SplittableRandom
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return (x ^ (x >>> 31)) | Long.MIN_VALUE;
    }

    /** A category's hash, of a column of its own. */
    static long hash(long ofText, int column) {
        return ((ofText ^ (column + 1) * 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L) >>> 33;
    }

    public int size() {
        return packer.size();
    }

    /** The examples of all rows so far. */
    public Examples pack() {
        return packer.pack(schema.features());
    }
}
