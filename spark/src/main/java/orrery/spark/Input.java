package orrery.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.UserDefinedType;
import org.jspecify.annotations.Nullable;
import orrery.data.Nearest;

/**
 * A column of a data frame that is looked at, in a role: found by its name as Spark finds it, of a type that the role can
 * have, and brought to one form, the same at training and at prediction.
 *
 * @param name as the user, or the model, says it
 * @param path as Spark's expressions name it
 * @param entries of vectors, if the frame's metadata say how many they have; else -1
 */
record Input(String name, As as, String path, DataType type, int entries) implements Serializable {

    /** What a column is looked at as. */
    enum As {
        /** A feature: a number, or a boolean as 0 and 1. Becomes a double. */
        NUMBER("a number", "a number or a boolean; cast it, or name it in categoricalCols"),
        /** A feature by name: numbers by their value, so 1 and 1.0 are one category. */
        CATEGORY("a category", "a number, a boolean, a date or a text; cast it"),
        /** Features: a vector of Spark ML, or an array of numbers. */
        VECTOR(
                "a vector",
                "a vector or an array of numbers; make one with VectorAssembler, or name numericCols and"
                        + " categoricalCols"),
        /** What is to be predicted. */
        LABEL("a label", "a number, a boolean, a date or a text; cast it"),
        /** How much an example counts: a number of 0 or more. Becomes a double. */
        WEIGHT("a weight", "a number; cast it"),
        /** A user or an item: a whole number, whatever its type, or a text. */
        KEY("a user or an item", "a whole number or a text; cast it"),
        /** A document: a text, or its words. */
        TEXT("a text", "a text, or an array of texts, which are its words; cast it"),
        /** Becomes a double. */
        RATING("a rating", "a number; cast it");

        private final String what;
        private final String wanted;

        As(String what, String wanted) {
            this.what = what;
            this.wanted = wanted;
        }

        private boolean canBe(DataType type) {
            return switch (this) {
                case NUMBER -> isNumber(type);
                case WEIGHT, RATING -> type instanceof NumericType;
                case VECTOR ->
                    type.equals(SQLDataTypes.VectorType())
                            || (type instanceof ArrayType array && array.elementType() instanceof NumericType);
                case TEXT ->
                    type instanceof StringType
                            || (type instanceof ArrayType array && array.elementType() instanceof StringType);
                case KEY -> type instanceof NumericType || type instanceof StringType;
                case CATEGORY, LABEL -> isNumber(type) || type instanceof StringType || type instanceof DateType;
            };
        }
    }

    private static boolean isNumber(DataType type) {
        return type instanceof NumericType || type instanceof BooleanType;
    }

    /** A column's path, type, and entries if its metadata say how many. */
    private record Found(String path, DataType type, int entries) {}

    /** How many entries vectors have, as VectorAssembler and others note it; -1 if that is not known. */
    private static int entries(StructField field) {
        return field.dataType().equals(SQLDataTypes.VectorType())
                ? AttributeGroup.fromStructField(field).size()
                : -1;
    }

    /** A type's name; of vectors of Spark's older library, which look like those of Spark ML, the class. */
    private static String text(DataType type) {
        return type instanceof UserDefinedType<?> of ? of.getClass().getName() : type.catalogString();
    }

    /**
     * Finds a column.
     *
     * @throws IllegalArgumentException if there is none, more than one, or its type does not suit; in words for a user
     */
    static Input of(StructType frame, String name, As as) {
        return of(frame, name, as, () -> "it must be " + as.wanted);
    }

    /** The same for a column that a model was trained on. */
    static Input ofModel(StructType frame, String name, As as) {
        return of(frame, name, as, () -> "the model takes " + as.what + " there: cast it");
    }

    private static Input of(StructType frame, String name, As as, Supplier<String> advice) {
        var found = find(frame, name, "");
        if (found == null) {
            throw new IllegalArgumentException("the data frame has no column '" + name + "'"
                    + Nearest.hint(name, Arrays.asList(frame.fieldNames())));
        }
        if (!as.canBe(found.type)) {
            throw new IllegalArgumentException(
                    "column '" + name + "' is of type " + text(found.type) + "; " + advice.get());
        }
        return new Input(name, as, found.path, found.type, found.entries);
    }

    /** The column of a name, or of a field within a struct ({@code a.b}). */
    private static @Nullable Found find(StructType frame, String name, String before) {
        var same = new ArrayList<String>();
        Found found = null;
        for (var field : frame.fields()) {
            if (isSame(field.name(), name)) {
                same.add(field.name());
                found = new Found(before + quoted(field.name()), field.dataType(), entries(field));
            }
        }
        if (same.size() > 1) {
            throw new IllegalArgumentException("the data frame has " + same.size() + " columns '" + name + "': " + same
                    + "; rename all but one, or drop them");
        }
        for (int dot = name.indexOf('.'); found == null && dot > 0; dot = name.indexOf('.', dot + 1)) {
            var outer = find(frame, name.substring(0, dot), before);
            if (outer != null && outer.type instanceof StructType struct) {
                found = find(struct, name.substring(dot + 1), outer.path + ".");
            }
        }
        return found;
    }

    /** Whether Spark takes two names for one: without regard to case, unless {@code spark.sql.caseSensitive} is set. */
    static boolean isSame(String a, String b) {
        return SQLConf.get().caseSensitiveAnalysis() ? a.equals(b) : a.equalsIgnoreCase(b);
    }

    /** Whether a frame has a column of a name. */
    static boolean isIn(StructType frame, String name) {
        return Arrays.stream(frame.fieldNames()).anyMatch(known -> isSame(known, name));
    }

    /** A name as an expression, whatever is in it. */
    static String quoted(String name) {
        return "`" + name.replace("`", "``") + "`";
    }

    /** Whether values are numbers of whatever type. */
    boolean isNumber() {
        return isNumber(type);
    }

    /** The column's values in the form that its role has. */
    Column of(Dataset<Row> frame) {
        var column = frame.col(path);
        return switch (as) {
            case NUMBER, WEIGHT, RATING -> column.cast("double");
            case VECTOR -> type instanceof ArrayType ? column.cast("array<double>") : column;
            case LABEL -> type instanceof FloatType ? column.cast("double") : column; // as evaluators do
            case CATEGORY, KEY, TEXT -> column;
        };
    }

    /** All in the forms of their roles. */
    static Column[] of(Dataset<Row> frame, List<Input> inputs) {
        return inputs.stream().map(input -> input.of(frame)).toArray(Column[]::new);
    }

    @Override
    public String toString() {
        return as.name().toLowerCase(Locale.ROOT) + " '" + name + "' (" + type.catalogString() + ")";
    }
}
