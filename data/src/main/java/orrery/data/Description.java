package orrery.data;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What there is in a data set.
 *
 * @param reading how it was read
 * @param examples lines that hold one
 * @param columns those that are features; none for formats without columns
 * @param facts of formats without columns, such as the number of features
 * @param label its distribution; empty if there is none
 */
public record Description(
        Reading reading, long examples, List<Column> columns, Map<String, Object> facts, Map<String, Object> label) {
    private static final int MOST_CLASSES = 1000;

    /**
     * A column.
     *
     * @param count values that are there
     * @param mean of numbers; NaN for others, as are min and max
     * @param distinct different values; one more than {@code most} if there are more
     * @param most distinct values that are counted
     */
    public record Column(
            String name,
            String role,
            long count,
            long missing,
            double min,
            double mean,
            double max,
            int distinct,
            int most) {
        static Column of(Schema.Column column, ColumnTally tally) {
            boolean isNumeric = column.role() == ReadOptions.Role.NUMERIC && tally.count > 0;
            return new Column(
                    column.name(),
                    column.role().name().toLowerCase(java.util.Locale.ROOT),
                    tally.count,
                    tally.missing,
                    isNumeric ? tally.min : Double.NaN,
                    isNumeric ? tally.mean() : Double.NaN,
                    isNumeric ? tally.max : Double.NaN,
                    tally.distinctCount(),
                    ColumnTally.MOST_DISTINCT);
        }

        public boolean isConstant() {
            return count > 0 && distinct == 1 && missing == 0;
        }

        /** For JSON. */
        public Map<String, Object> toMap() {
            var map = new LinkedHashMap<String, Object>();
            map.put("name", name);
            map.put("role", role);
            map.put("count", count);
            map.put("missing", missing);
            if (!Double.isNaN(mean)) {
                map.put("min", min);
                map.put("mean", mean);
                map.put("max", max);
            }
            map.put("distinct", distinct > most ? ">" + most : (Object) distinct);
            map.put("constant", isConstant());
            return map;
        }
    }

    public Description {
        columns = List.copyOf(columns);
    }

    /** Of examples without columns. */
    static Description of(Loaded loaded) {
        var examples = loaded.examples();
        var facts = new LinkedHashMap<String, Object>();
        facts.put("features", examples.areKeyed() ? "64-bit keys" : examples.features());
        facts.put("nonZeros", examples.nonZeros());
        var used = new BitSet(Math.max(1, examples.features()));
        var keys = new KeyIndex(); // of those that have such
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (var part : examples.parts()) {
            for (int k = 0; k < part.nonZeros(); k++) {
                long feature = part.key(k);
                if (part.keyed() == null) {
                    used.set((int) feature);
                } else {
                    keys.number(feature);
                }
                double value = loaded.schema().original(feature, part.values()[k]);
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        facts.put("featuresUsed", used.cardinality() + keys.size());
        if (examples.nonZeros() > 0) {
            facts.put("min", least);
            facts.put("max", most);
        }
        return new Description(
                loaded.reading(),
                examples.size(),
                List.of(),
                facts,
                label(examples, loaded.schema().classes()));
    }

    /** The distribution of labels: by class, or, of very many, their bounds and mean. */
    static Map<String, Object> label(Examples examples, List<String> classes) {
        var counts = new TreeMap<Double, Long>();
        double sum = 0;
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (var part : examples.parts()) {
            for (double label : part.labels()) {
                sum += label;
                least = Math.min(least, label);
                most = Math.max(most, label);
                if (counts.size() <= MOST_CLASSES) {
                    counts.merge(label, 1L, Long::sum);
                }
            }
        }
        var map = new LinkedHashMap<String, Object>();
        if (counts.size() <= MOST_CLASSES) {
            var byName = new LinkedHashMap<String, Object>();
            counts.forEach((label, count) -> byName.put(nameOf(label, classes), count));
            map.put("classes", byName);
        }
        if (classes.isEmpty()) {
            map.put("min", least);
            map.put("mean", sum / examples.size());
            map.put("max", most);
        }
        return map;
    }

    private static String nameOf(double label, List<String> classes) {
        return classes.isEmpty() ? numberName(label) : classes.get((int) label);
    }

    /** What a number is called as a class: whole numbers without a point. */
    public static String numberName(double label) {
        return label == Math.rint(label) && Math.abs(label) < 1e15
                ? String.valueOf((long) label)
                : String.valueOf(label);
    }

    /** For JSON. */
    public Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("read", reading.toMap());
        map.put("examples", examples);
        map.putAll(facts);
        if (!columns.isEmpty()) {
            var list = new ArrayList<Map<String, Object>>();
            columns.forEach(column -> list.add(column.toMap()));
            map.put("columns", list);
        }
        map.put("label", label);
        return map;
    }
}
