package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * A delimited text of which each line names two things and has a number for them: ratings, edges. Its chunks are parsed
 * side by side; things are numbered in the order of their first mention. Confined to one thread.
 */
final class PairList {
    /** Lines, as they follow one another. */
    private static final class Lines {
        int[] first = new int[1 << 8];
        int[] second = new int[1 << 8];
        double[] values = new double[1 << 8];
        int size;

        void add(int one, int other, double value) {
            if (size == first.length) {
                if (size > Integer.MAX_VALUE / 2 - 8) {
                    throw new IllegalStateException("more than " + size + " lines");
                }
                first = Arrays.copyOf(first, 2 * size);
                second = Arrays.copyOf(second, 2 * size);
                values = Arrays.copyOf(values, 2 * size);
            }
            first[size] = one;
            second[size] = other;
            values[size++] = value;
        }
    }

    /**
     * Which column is what.
     *
     * @param value -1 if there is none
     * @param type -1 if there is none; of edges, a column that says whether they go both ways
     */
    record Places(int first, int second, int value, int type) {}

    private final String what; // for messages, such as "user, item and rating"
    private final boolean needsValues;
    private final boolean isOneKind; // the two things have names in common
    private final Lines lines = new Lines();
    final WordIndex firsts = new WordIndex();
    final WordIndex seconds;
    long undirected; // lines whose type says so
    private long comments;

    PairList(String what, boolean needsValues, boolean isOneKind) {
        this.what = what;
        this.needsValues = needsValues;
        this.isOneKind = isOneKind;
        seconds = isOneKind ? firsts : new WordIndex();
    }

    int size() {
        return lines.size;
    }

    int[] first() {
        return Arrays.copyOf(lines.first, lines.size);
    }

    int[] second() {
        return Arrays.copyOf(lines.second, lines.size);
    }

    double[] values() {
        return Arrays.copyOf(lines.values, lines.size);
    }

    long comments() {
        return comments;
    }

    void add(int one, int other, double value) {
        lines.add(one, other, value);
    }

    // Columns

    /** Names by which a column goes, as {@link Look#plain} writes them. */
    record Headings(Predicate<String> first, Predicate<String> second, Predicate<String> value) {}

    /** What was found of the columns, and how. */
    static Places places(
            Look look, ListOptions options, List<String> keys, Headings names, boolean hasValue, String file)
            throws DataException {
        int width = look.names().size();
        var found = new int[] {-1, -1, -1};
        for (int k = 0; k < 3; k++) {
            var column = options.columns().get(keys.get(k));
            found[k] = column == null
                    ? look.names().indexOf(options.known().getOrDefault(keys.get(k), ""))
                    : look.position(column, file);
        }
        int type = -1;
        if (look.hasHeader()) {
            var rules = List.of(names.first(), names.second(), names.value());
            for (int k : new int[] {0, 2, 1}) {
                for (int c = 0; c < width && found[k] < 0; c++) {
                    boolean isFree = found[0] != c && found[1] != c && found[2] != c;
                    if (isFree && rules.get(k).test(Look.plain(look.names().get(c)))) {
                        found[k] = c;
                    }
                }
            }
            for (int c = 0; c < width; c++) {
                boolean isFree = found[0] != c && found[1] != c && found[2] != c;
                type = isFree && Look.plain(look.names().get(c)).equals("type") ? c : type;
            }
        }
        for (int k = 0; k < 3; k++) {
            for (int c = 0; c < width && found[k] < 0 && (k < 2 || hasValue); c++) {
                boolean isFree = found[0] != c
                        && found[1] != c
                        && found[2] != c
                        && type != c
                        && !look.isRowName().get(c);
                if (isFree && (k < 2 || (isNumeric(look, c) && !isTime(look, c)))) {
                    found[k] = c;
                }
            }
        }
        return new Places(found[0], found[1], hasValue ? found[2] : -1, type);
    }

    private static boolean isTime(Look look, int column) {
        String name = Look.plain(look.names().get(column));
        return look.hasHeader() && (name.contains("time") || name.contains("date") || name.equals("ts"));
    }

    private static boolean isNumeric(Look look, int column) {
        var present = look.values(column).stream()
                .filter(v -> !look.dialect().isMissing(v))
                .toList();
        long numbers =
                present.stream().filter(v -> Look.isNumber(v, look.dialect())).count();
        return 2 * numbers >= present.size(); // the parser reports the line of any that is none
    }

    // Parsing

    private static final class Chunk {
        final Lines lines = new Lines();
        final WordIndex firsts = new WordIndex();
        final WordIndex seconds;
        long undirected;
        long comments;

        Chunk(boolean isOneKind) {
            seconds = isOneKind ? firsts : new WordIndex();
        }
    }

    /** Adds what is in a text. */
    void read(InputStream in, String name, Dialect dialect, int width, Places places, boolean skipsHeader, int threads)
            throws IOException {
        Chunks.parse(
                in,
                name,
                threads,
                Fields.cutter(dialect),
                (scan, isFirst) -> parse(new Fields(scan, dialect), width, places, isFirst && skipsHeader),
                this::take);
    }

    private Chunk parse(Fields fields, int width, Places places, boolean skipsHeader) {
        var chunk = new Chunk(isOneKind);
        if (skipsHeader && fields.nextRecord()) {
            fields.skipRecord();
        }
        int most = Math.max(Math.max(places.first(), places.second()), Math.max(places.value(), places.type()));
        while (fields.nextRecord()) {
            long line = fields.scan.line;
            int first = -1;
            int second = -1;
            double value = places.value() < 0 ? 1 : Double.NaN;
            int at = 0;
            do {
                fields.read();
                if (at == places.first()) {
                    first = name(fields, chunk.firsts, line, at);
                } else if (at == places.second()) {
                    second = name(fields, chunk.seconds, line, at);
                } else if (at == places.value()) {
                    value = value(fields, line);
                } else if (at == places.type()) {
                    fields.strip();
                    chunk.undirected += fields.text().equalsIgnoreCase("undirected") ? 1 : 0;
                }
                at++;
            } while (fields.next());
            boolean isShort = at <= most && !(at > Math.max(places.first(), places.second()) && !needsValues);
            if (isShort || at > width) {
                throw new BadLine(
                        line,
                        "expected " + what + " among " + width + (width == 1 ? " field" : " fields") + ", found " + at);
            }
            chunk.lines.add(first, second, value);
            fields.endRecord();
        }
        chunk.comments = fields.comments;
        return chunk;
    }

    private int name(Fields fields, WordIndex index, long line, int column) {
        fields.trim();
        if (fields.from == fields.to) {
            throw new BadLine(line, "expected " + what + ", and field " + (column + 1) + " is empty");
        }
        return index.number(fields.field, fields.from, fields.to);
    }

    private double value(Fields fields, long line) {
        double value = fields.number();
        if (Double.isNaN(value)) {
            if (!fields.isMissing()) {
                throw new BadLine(
                        line, "expected " + what + ", found '" + fields.shown() + "' where a number should be");
            }
            if (needsValues) {
                throw new BadLine(
                        line,
                        isOneKind
                                ? "the weight is missing; leave the line out, or all weights: --unweighted"
                                : "expected " + what + ", and the rating is missing; leave the line out");
            }
        }
        if (isOneKind && value < 0) {
            throw new BadLine(
                    line,
                    "an edge has the weight " + fields.shown()
                            + "; weights must be 0 or more: --unweighted leaves them out");
        }
        if (Math.abs(value) > Float.MAX_VALUE) {
            throw new BadLine(line, "numbers must be within the range of a float, found '" + fields.shown() + "'");
        }
        return value;
    }

    private void take(Chunk chunk) {
        var ofFirst = numbers(chunk.firsts, firsts);
        var ofSecond = isOneKind ? ofFirst : numbers(chunk.seconds, seconds);
        for (int i = 0; i < chunk.lines.size; i++) {
            lines.add(ofFirst[chunk.lines.first[i]], ofSecond[chunk.lines.second[i]], chunk.lines.values[i]);
        }
        undirected += chunk.undirected;
        comments += chunk.comments;
    }

    private static int[] numbers(WordIndex chunk, WordIndex all) {
        var numbers = new int[chunk.size()];
        for (int w = 0; w < numbers.length; w++) {
            numbers[w] = all.add(chunk.word(w));
        }
        return numbers;
    }

    // The report

    /** How a text was read. */
    static Reading reading(String format, Look look, Places places, List<String> roles, Text text, FileSet files) {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("delimiter", look.dialect().delimiterName());
        facts.put("header", look.hasHeader() ? "in the first line" : "none");
        text.about().forEach(fact -> facts.put(fact, true));
        if (files.isFolder()) {
            facts.put("files", files.size());
        }
        var columns = new ArrayList<Reading.Column>();
        for (int c = 0; c < look.names().size(); c++) {
            String role = c == places.first()
                    ? roles.get(0)
                    : c == places.second()
                            ? roles.get(1)
                            : c == places.value() ? roles.get(2) : c == places.type() ? "direction" : "ignore";
            columns.add(new Reading.Column(
                    look.names().get(c),
                    role.toLowerCase(Locale.ROOT),
                    look.isRowName().get(c) && role.equals("ignore") ? "index column" : ""));
        }
        return new Reading(format, facts, columns, List.of());
    }
}
