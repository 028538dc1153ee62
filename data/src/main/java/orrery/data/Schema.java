package orrery.data;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import orrery.data.ReadOptions.Role;

/**
 * What features and labels mean: found out from the training data, kept with the model, and used to read other data in
 * the same way.
 *
 * @param format libsvm, csv, or the name of a built-in set
 * @param delimiter between fields; csv only
 * @param hasHeader whether the first line names the columns; csv only
 * @param columns in the order of the file; csv only
 * @param hashBits categories are hashed to 2^hashBits features, which come last
 * @param words the words that are features, in their order, after the numeric columns; or the features' names
 * @param classes the labels' names, by label; empty if labels are numbers
 * @param log1p whether values become log(1 + value)
 * @param normalize whether each example is scaled to length 1
 * @param features how many features there are
 */
public record Schema(
        String format,
        char delimiter,
        boolean hasHeader,
        List<Column> columns,
        int hashBits,
        List<String> words,
        List<String> classes,
        boolean log1p,
        boolean normalize,
        int features)
        implements Serializable {

    /**
     * A column of a CSV file.
     *
     * @param mean of a numeric column; its values become (value - mean) / scale
     */
    public record Column(String name, Role role, double mean, double scale) implements Serializable {}

    public Schema {
        columns = List.copyOf(columns);
        words = List.copyOf(words);
        classes = List.copyOf(classes);
    }

    static Schema libsvm(ReadOptions options, int features) {
        return new Schema(
                "libsvm",
                ' ',
                false,
                List.of(),
                0,
                List.of(),
                List.of(),
                options.log1p(),
                options.normalize(),
                features);
    }

    static Schema named(String name, List<String> featureNames, List<String> classes) {
        return new Schema(name, ' ', false, List.of(), 0, featureNames, classes, false, false, featureNames.size());
    }

    /** The same for the text that {@link TableFormat} makes of a table. */
    Schema ofTable() {
        return new Schema(format, ',', true, columns, hashBits, words, classes, log1p, normalize, features);
    }

    List<Column> numeric() {
        return columns.stream().filter(column -> column.role() == Role.NUMERIC).toList();
    }

    boolean hasRole(Role role) {
        return columns.stream().anyMatch(column -> column.role() == role);
    }

    /** First feature of the hashed categories. */
    int firstHashed() {
        return numeric().size() + words.size();
    }

    /** What a feature is called. */
    public String featureName(int feature) {
        if (format.equals("libsvm")) {
            return String.valueOf(feature);
        }
        var numbers = numeric();
        if (feature < numbers.size()) {
            return numbers.get(feature).name();
        }
        int word = feature - numbers.size();
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
        if (!columns.isEmpty()) {
            map.put("delimiter", String.valueOf(delimiter));
            map.put("header", hasHeader);
            map.put("hashBits", hashBits);
            var list = new ArrayList<Map<String, Object>>();
            for (var column : columns) {
                var entry = new LinkedHashMap<String, Object>();
                entry.put("name", column.name());
                entry.put("role", column.role().name().toLowerCase(Locale.ROOT));
                if (column.role() == Role.NUMERIC) {
                    entry.put("mean", column.mean());
                    entry.put("scale", column.scale());
                }
                list.add(entry);
            }
            map.put("columns", list);
        }
        return map;
    }

    /** Reads what {@link #toMap} gave; {@code where} names the place in messages. */
    public static Schema fromMap(Map<String, Object> map, List<String> words, String where) throws IOException {
        try {
            var columns = new ArrayList<Column>();
            if (map.get("columns") instanceof List<?> list) {
                for (var entry : list) {
                    var column = (Map<?, ?>) entry;
                    columns.add(new Column(
                            (String) require(column, "name"),
                            Role.valueOf(((String) require(column, "role")).toUpperCase(Locale.ROOT)),
                            column.get("mean") instanceof Number mean ? mean.doubleValue() : 0,
                            column.get("scale") instanceof Number scale ? scale.doubleValue() : 1));
                }
            }
            return new Schema(
                    (String) require(map, "format"),
                    map.get("delimiter") instanceof String s && s.length() == 1 ? s.charAt(0) : ' ',
                    Boolean.TRUE.equals(map.get("header")),
                    columns,
                    map.get("hashBits") instanceof Number bits ? bits.intValue() : 0,
                    words,
                    ((List<?>) require(map, "classes"))
                            .stream().map(String::valueOf).toList(),
                    Boolean.TRUE.equals(map.get("log1p")),
                    Boolean.TRUE.equals(map.get("normalize")),
                    ((Number) require(map, "features")).intValue());
        } catch (ClassCastException | IllegalArgumentException e) {
            throw new IOException(where + ": the schema cannot be read: " + e.getMessage(), e);
        }
    }

    private static Object require(Map<?, ?> map, String key) {
        var value = map.get(key);
        if (value == null) {
            throw new IllegalArgumentException("'" + key + "' is missing");
        }
        return value;
    }
}
