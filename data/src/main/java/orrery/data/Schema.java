package orrery.data;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import orrery.data.ReadOptions.Role;
import orrery.store.Json;

/**
 * What features and labels mean: found out from the training data, kept with the model, and used to read other data in
 * the same way. Features of columns are numbered: numeric columns, indicators of missing values, words, hashed categories.
 *
 * @param format libsvm, csv, or the name of a built-in set
 * @param dialect how the text was written; csv only
 * @param hasHeader whether the first line names the columns; csv only
 * @param columns in the order of the file; of libsvm those features, by their numbers, that lie far from 0 in every
 *     example, and are counted from an origin
 * @param hashBits categories are hashed to 2^hashBits features, which come last; of 64 bits, they are keys themselves
 * @param words the words that are features, in their order; or the features' names
 * @param classes the labels' names, by label; empty if labels are numbers
 * @param log1p whether values become log(1 + value)
 * @param normalize whether each example is scaled to length 1
 * @param features how many features there are; {@link Examples#OPEN} where they have keys
 * @param firstIndex the number from which features are counted in the file; libsvm only
 */
public record Schema(
        String format,
        Dialect dialect,
        boolean hasHeader,
        List<Column> columns,
        int hashBits,
        List<String> words,
        List<String> classes,
        boolean log1p,
        boolean normalize,
        int features,
        int firstIndex)
        implements Serializable {

    /**
     * A column, or a feature. A number x becomes {@code ((x - origin) - mean) / scale}; the first difference is taken of
     * doubles, so that values far from 0, such as seconds since 1970, keep their resolution.
     *
     * @param imputed what stands for a missing value of a numeric column
     * @param hasIndicator whether a missing value is a feature, too
     */
    public record Column(
            String name, Role role, double origin, double mean, double scale, float imputed, boolean hasIndicator)
            implements Serializable {
        private static final double FAR = 8; // deviations from 0
        private static final double FAR_AT_LEAST = 30;

        /** A column whose numbers, if it has any, are left as they are. */
        public static Column of(String name, Role role) {
            return new Column(name, role, 0, 0, 1, 0, false);
        }

        /** A numeric column that is brought to mean 0 and deviation 1. */
        public static Column standardised(String name, double mean, double deviation) {
            return new Column(name, Role.NUMERIC, mean, 0, deviation, 0, false);
        }

        /**
         * A feature by its number.
         *
         * @param origin from which its values are counted; 0 if they do not lie far from 0
         * @param imputed what stands for a missing value
         */
        public static Column entry(int feature, double origin, float imputed) {
            return new Column(String.valueOf(feature), Role.NUMERIC, origin, 0, 1, imputed, false);
        }

        /** Whether values lie so far from 0, for their differences, that floats would lose what tells one from another. */
        public static boolean isFar(double mean, double deviation) {
            return Math.abs(mean) > Math.max(FAR_AT_LEAST, FAR * deviation);
        }

        /** A column of weights, which are divided by their mean. */
        public static Column weight(String name, double mean) {
            return new Column(name, Role.WEIGHT, 0, 0, mean, 0, false);
        }

        /** What a number becomes. */
        public float value(double x) {
            return finish((float) (x - origin));
        }

        /** What a difference from the origin becomes. */
        float finish(float difference) {
            return mean == 0 && scale == 1 ? difference : (float) ((difference - mean) / scale);
        }

        /** The number that became a value. */
        public double original(double value) {
            return value * scale + mean + origin;
        }
    }

    public Schema {
        columns = List.copyOf(columns);
        words = List.copyOf(words);
        classes = List.copyOf(classes);
    }

    /** The format of data frames whose features are a column of vectors, which has no role. */
    public static final String VECTORS = "vectors";

    /**
     * Features that are the entries of a column of vectors.
     *
     * @param columns labels, weights, the vectors; and, as numeric columns, those entries, by their numbers, that lie far
     *     from 0, and are counted from an origin
     */
    public static Schema ofVectors(List<Column> columns, List<String> classes, int features) {
        return ofFeatures(VECTORS, columns, classes, features);
    }

    /** Features without columns. */
    public static Schema ofFeatures(String format, List<Column> columns, List<String> classes, int features) {
        return new Schema(format, Dialect.CSV, false, columns, 0, List.of(), classes, false, false, features, 0);
    }

    /** Features that are words of documents, by their names. */
    public static Schema ofWords(List<String> words) {
        return named(DocumentOptions.NAMED, words, List.of());
    }

    static Schema libsvm(ReadOptions options, List<Column> far, int features, int firstIndex) {
        boolean areKeyed = options.hashBits() == ReadOptions.KEYS;
        return new Schema(
                "libsvm",
                Dialect.CSV,
                false,
                far,
                areKeyed ? ReadOptions.KEYS : 0,
                List.of(),
                List.of(),
                options.log1p(),
                options.normalize(),
                areKeyed ? Examples.OPEN : features,
                firstIndex);
    }

    static Schema named(String name, List<String> featureNames, List<String> classes) {
        return new Schema(
                name, Dialect.CSV, false, List.of(), 0, featureNames, classes, false, false, featureNames.size(), 0);
    }

    /** The same for the text that {@link TableFormat} makes of a table. */
    Schema ofTable() {
        return new Schema(
                format, Dialect.CSV, true, columns, hashBits, words, classes, log1p, normalize, features, firstIndex);
    }

    /** Whether features are the entries of a column of vectors, as those of data frames may be. */
    public boolean isOfVectors() {
        return format.equals(VECTORS);
    }

    /** Whether features have keys, any number of them, instead of numbers: of libsvm all, of columns the categories. */
    public boolean areKeyed() {
        return features == Examples.OPEN;
    }

    /** Whether features have names; if not, they are numbers of a file or entries of vectors. */
    public boolean hasNames() {
        return !isLibsvm() && !isOfVectors();
    }

    /** Whether equal categories have equal hashes in both: columns of the same names in the same places, as many bits. */
    public boolean hashesAlike(Schema other) {
        return hashBits == other.hashBits && categorical().equals(other.categorical());
    }

    private Map<Integer, String> categorical() {
        var places = new LinkedHashMap<Integer, String>();
        for (int c = 0; c < columns.size(); c++) {
            if (columns.get(c).role() == Role.CATEGORICAL) {
                places.put(c, columns.get(c).name());
            }
        }
        return places;
    }

    /** The columns' names, in their order. */
    public List<String> columnNames() {
        return columns.stream().map(Column::name).toList();
    }

    /** The features without names that are counted from an origin. */
    public LongStream entries() {
        return hasNames()
                ? LongStream.empty()
                : columns.stream()
                        .filter(column -> column.role() == Role.NUMERIC)
                        .mapToLong(column -> Long.parseLong(column.name()));
    }

    /** The numeric column that a feature is, or how it is counted; empty if it is none, or is taken as it is. */
    public Optional<Column> numericColumn(long feature) {
        if (!hasNames()) {
            return columns.stream()
                    .filter(column ->
                            column.role() == Role.NUMERIC && column.name().equals(String.valueOf(feature)))
                    .findFirst();
        }
        var numbers = hasNames() ? numeric() : List.<Column>of();
        return feature >= 0 && feature < numbers.size() ? Optional.of(numbers.get((int) feature)) : Optional.empty();
    }

    boolean isLibsvm() {
        return format.equals("libsvm");
    }

    List<Column> numeric() {
        return columns.stream().filter(column -> column.role() == Role.NUMERIC).toList();
    }

    boolean hasRole(Role role) {
        return columns.stream().anyMatch(column -> column.role() == role);
    }

    /** Columns whose missing values are features. */
    List<Column> indicators() {
        return columns.stream().filter(Column::hasIndicator).toList();
    }

    /** First feature of the words. */
    int firstWord() {
        return isLibsvm() || isOfVectors() ? 0 : numeric().size() + indicators().size();
    }

    /** First feature of the hashed categories. */
    public int firstHashed() {
        return firstWord() + words.size();
    }

    /** The number that a value of a feature was in the data, where that is known. */
    public double original(long feature, double value) {
        if (isLibsvm() || isOfVectors()) {
            for (var column : columns) {
                if (column.role() == Role.NUMERIC && column.name().equals(String.valueOf(feature))) {
                    return column.original(value);
                }
            }
            return value;
        }
        var numbers = numeric();
        return feature >= 0 && feature < numbers.size()
                ? numbers.get((int) feature).original(value)
                : value;
    }

    /** What a feature is called, by its number or key. */
    public String featureName(long key) {
        if (areKeyed() && (isLibsvm() || key < 0 || key >= firstHashed())) {
            return isLibsvm() ? Long.toUnsignedString(key) : "hash#" + Long.toHexString(key);
        }
        int feature = (int) key;
        if (isLibsvm() || isOfVectors()) {
            return String.valueOf(feature);
        }
        if (format.equals(DocumentOptions.DOCWORD)) {
            return String.valueOf(feature + 1); // as the file counts them
        }
        var numbers = numeric();
        if (feature < numbers.size()) {
            return numbers.get(feature).name();
        }
        if (feature < firstWord()) {
            return indicators().get(feature - numbers.size()).name() + " is missing";
        }
        int word = feature - firstWord();
        return word < words.size() ? words.get(word) : "hash#" + (word - words.size());
    }

    /** All but the words, for JSON. */
    public Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("format", format);
        map.put("features", features);
        map.put("classes", classes);
        map.put("log1p", log1p);
        map.put("normalize", normalize);
        if (isLibsvm()) {
            map.put("firstIndex", firstIndex);
        }
        if (!columns.isEmpty()) {
            map.put("delimiter", dialect.delimiter());
            map.put("quotes", dialect.quotes());
            map.put("decimalComma", dialect.decimalComma());
            map.put("missing", dialect.missing());
            map.put("header", hasHeader);
            map.put("hashBits", hashBits);
            map.put("columns", columns.stream().map(Schema::toMap).toList());
        }
        return map;
    }

    private static Map<String, Object> toMap(Column column) {
        var map = new LinkedHashMap<String, Object>();
        map.put("name", column.name());
        map.put("role", column.role().name().toLowerCase(Locale.ROOT));
        if (column.role() == Role.NUMERIC) {
            map.put("origin", column.origin());
            map.put("mean", column.mean());
            map.put("scale", column.scale());
            map.put("imputed", column.imputed());
            map.put("indicator", column.hasIndicator());
        }
        return map;
    }

    /** Reads what {@link #toMap} gave; {@code where} names the place in messages. */
    public static Schema fromMap(Map<String, Object> map, List<String> words, String where) throws IOException {
        try {
            var columns = new ArrayList<Column>();
            if (map.get("columns") instanceof List<?> list) {
                for (var entry : list) {
                    columns.add(column((Map<?, ?>) entry));
                }
            }
            return new Schema(
                    (String) require(map, "format"),
                    columns.isEmpty() ? Dialect.CSV : dialect(map),
                    Boolean.TRUE.equals(map.get("header")),
                    columns,
                    (int) number(map, "hashBits", 0),
                    words,
                    strings(require(map, "classes")),
                    Boolean.TRUE.equals(map.get("log1p")),
                    Boolean.TRUE.equals(map.get("normalize")),
                    (int) Json.whole(map.get("features"), where, "features", Examples.OPEN, Integer.MAX_VALUE),
                    (int) number(map, "firstIndex", 0));
        } catch (ClassCastException | IllegalArgumentException e) {
            throw new IOException(where + ": the schema cannot be read: " + e.getMessage(), e);
        }
    }

    private static Column column(Map<?, ?> map) {
        return new Column(
                (String) require(map, "name"),
                Role.valueOf(((String) require(map, "role")).toUpperCase(Locale.ROOT)),
                number(map, "origin", 0),
                number(map, "mean", 0),
                number(map, "scale", 1),
                (float) number(map, "imputed", 0),
                Boolean.TRUE.equals(map.get("indicator")));
    }

    private static Dialect dialect(Map<?, ?> map) {
        return new Dialect(
                (String) require(map, "delimiter"),
                Boolean.TRUE.equals(map.get("quotes")),
                Boolean.TRUE.equals(map.get("decimalComma")),
                false,
                strings(require(map, "missing")));
    }

    private static List<String> strings(Object list) {
        return ((List<?>) list).stream().map(String::valueOf).toList();
    }

    private static double number(Map<?, ?> map, String key, double otherwise) {
        return map.get(key) instanceof Number number ? number.doubleValue() : otherwise;
    }

    private static Object require(Map<?, ?> map, String key) {
        var value = map.get(key);
        if (value == null) {
            throw new IllegalArgumentException("'" + key + "' is missing");
        }
        return value;
    }
}
