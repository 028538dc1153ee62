package orrery.data;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.data.ReadOptions.Role;

/**
 * Makes examples of rows of typed columns, such as those of a data frame, exactly as they are made of CSV columns with the
 * same roles. Confined to one thread.
 */
public final class Columns {
    private final Schema schema;
    private final int[] numberOf; // by column: its number among the numeric ones
    private final int hashMask;
    private final boolean hasLabels;
    private final Examples.Packer packer = new Examples.Packer();

    /**
     * @param schema whose columns have the roles numeric, categorical, label, weight or ignore
     * @param hasLabels whether labels and weights are looked at
     */
    public Columns(Schema schema, boolean hasLabels) {
        this.schema = schema;
        this.hasLabels = hasLabels;
        hashMask = (1 << schema.hashBits()) - 1;
        numberOf = new int[schema.columns().size()];
        int number = 0;
        for (int c = 0; c < numberOf.length; c++) {
            var column = schema.columns().get(c);
            switch (column.role()) {
                case NUMERIC -> numberOf[c] = number++;
                case TEXT, GROUP ->
                    throw new IllegalArgumentException("column '" + column.name() + "' has the role " + column.role()
                            + ", which rows cannot have");
                case LABEL, WEIGHT, CATEGORICAL, IGNORE -> numberOf[c] = -1;
            }
        }
    }

    /** The schema of columns with these roles, which a CSV file with a line of their names has, too. */
    public static Schema schema(List<Schema.Column> columns, int hashBits, List<String> classes) {
        var numeric = columns.stream().filter(c -> c.role() == Role.NUMERIC).count();
        boolean hashes = columns.stream().anyMatch(c -> c.role() == Role.CATEGORICAL);
        int features = Math.toIntExact(numeric + (hashes ? 1L << hashBits : 0));
        return new Schema("csv", Dialect.CSV, true, columns, hashBits, List.of(), classes, false, false, features, 0);
    }

    /**
     * Adds a row.
     *
     * @param values by column, numbers, booleans or what has a text; null where there is none
     * @throws IllegalArgumentException if a value does not suit its column, which is named
     */
    public void add(@Nullable Object[] values) {
        double label = 0;
        float weight = 1;
        for (int c = 0; c < numberOf.length; c++) {
            var column = schema.columns().get(c);
            var value = values[c];
            switch (column.role()) {
                case NUMERIC -> {
                    if (value != null) {
                        packer.feature(numberOf[c], column.value(number(column, value)));
                    }
                }
                case CATEGORICAL -> // nothing is a category, too
                    packer.feature(schema.firstHashed() + hash(category(value), c), 1);
                case LABEL -> label = hasLabels ? label(schema, column, value) : 0;
                case WEIGHT -> weight = hasLabels && value != null ? weight(column, value) : 1;
                case TEXT, GROUP, IGNORE -> {}
            }
        }
        packer.example(label, weight);
    }

    /** The weight that a value says; an error that names the column if it says none. */
    public static float weight(Schema.Column column, Object value) {
        float weight = (float) number(column, value);
        if (weight < 0) {
            throw new IllegalArgumentException("the weight '" + column.name() + "' must be 0 or more, got " + weight);
        }
        return weight;
    }

    private static double number(Schema.Column column, Object value) {
        double number = switch (value) {
            case Number n -> n.doubleValue();
            case Boolean b -> b ? 1 : 0;
            default ->
                throw new IllegalArgumentException(
                        "column '" + column.name() + "' is numeric, it has '" + value + "'; make it categorical");
        };
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException("column '" + column.name() + "' has " + value);
        }
        return number;
    }

    /** The label that a value says: the number of its class, if the schema has classes. */
    public static double label(Schema schema, Schema.Column column, @Nullable Object value) {
        if (value == null) {
            throw new IllegalArgumentException("the label '" + column.name() + "' is missing");
        }
        if (schema.classes().isEmpty()) {
            return number(column, value);
        }
        int k = schema.classes().indexOf(className(value));
        if (k < 0) {
            throw new IllegalArgumentException("the label '" + column.name() + "' is " + className(value)
                    + ", which is none of the classes " + schema.classes());
        }
        return k;
    }

    /** A category as a file would name it: without blanks around it, and a whole number without a fraction. */
    private String category(@Nullable Object value) {
        String text = value == null ? "" : value.toString().strip();
        return schema.dialect().isMissing(text) ? "" : text.replaceFirst("^(-?[0-9]+)\\.0+$", "$1");
    }

    /** What a label is called: whole numbers without a point. */
    public static String className(Object label) {
        return label instanceof Number n && n.doubleValue() == Math.rint(n.doubleValue())
                ? String.valueOf(n.longValue())
                : label.toString();
    }

    private int hash(String category, int column) {
        var bytes = category.getBytes(StandardCharsets.UTF_8);
        return (int) (hash(WordIndex.ofCategory(bytes, 0, bytes.length), column) & hashMask);
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
