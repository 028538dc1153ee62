package orrery.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.data.ReadOptions.Role;

/**
 * Comma- or tab-separated values. A first look at some lines finds header and roles; one pass parses; then words are
 * chosen, numeric columns standardised and features numbered: numeric columns, words, hashed categories.
 */
final class Csv {
    private static final int LOOK_AT = 1000;
    private static final int LOOK_BYTES = 1 << 22;
    private static final List<String> LABEL_NAMES = List.of("label", "target", "class", "y");

    private final String name;
    private final ReadOptions options;

    Csv(String name, ReadOptions options) {
        this.name = name;
        this.options = options;
    }

    /** What was read. */
    record Result(Examples examples, Schema schema) {}

    // A first look

    /** Header, columns and whether labels are numbers. */
    private record Look(Schema schema, boolean labelsAreNumbers) {}

    private Look look(byte[] start, int length, char delimiter) throws IOException {
        var rows = firstRows(start, length, delimiter);
        if (rows.isEmpty()) {
            throw new DataException(name + ": there is nothing in it");
        }
        boolean hasHeader = options.header().orElseGet(() -> namesAreAsked(rows.getFirst()) || looksLikeHeader(rows));
        var names = new ArrayList<String>();
        for (int c = 0; c < rows.getFirst().size(); c++) {
            names.add(hasHeader ? rows.getFirst().get(c).strip() : String.valueOf(c + 1));
        }
        var body = rows.subList(hasHeader ? 1 : 0, rows.size());
        var roles = new Role[names.size()];
        for (var asked : options.roles().entrySet()) {
            roles[position(asked.getKey(), names)] = asked.getValue();
        }
        if (!Arrays.asList(roles).contains(Role.LABEL)) {
            roles[defaultLabel(names, roles)] = Role.LABEL;
        }
        var columns = new ArrayList<Schema.Column>();
        boolean labelsAreNumbers = true;
        for (int c = 0; c < roles.length; c++) {
            int column = c;
            var values = body.stream()
                    .filter(row -> column < row.size())
                    .map(row -> row.get(column))
                    .toList();
            var role = roles[c] == null ? guess(values) : roles[c];
            columns.add(new Schema.Column(names.get(c), role, 0, 1));
            if (role == Role.LABEL) {
                labelsAreNumbers = values.stream().allMatch(Csv::isNumberOrEmpty);
            }
        }
        if (columns.stream().filter(column -> column.role() == Role.LABEL).count() > 1) {
            throw new DataException(name + ": more than one column was given as label");
        }
        if (columns.stream().noneMatch(column -> CsvChunk.isFeature(column.role()))) {
            throw new DataException(name + ": no column is left for features, only the label of " + names
                    + "; is another --delimiter between the fields?");
        }
        var schema = new Schema(
                "csv",
                delimiter,
                hasHeader,
                columns,
                options.hashBits(),
                List.of(),
                List.of(),
                options.log1p(),
                options.normalize(),
                0);
        return new Look(schema, labelsAreNumbers);
    }

    private List<List<String>> firstRows(byte[] start, int length, char delimiter) throws DataException {
        var schema = new Schema("csv", delimiter, false, List.of(), 1, List.of(), List.of(), false, false, 0);
        var chunk = new CsvChunk(new Scan(start, 0, length), schema, new int[0], true, true, null);
        var rows = new ArrayList<List<String>>();
        try {
            for (var row = chunk.strings(); row != null && rows.size() < LOOK_AT; row = chunk.strings()) {
                rows.add(row);
            }
        } catch (BadLine bad) {
            throw new DataException(name + ":" + (bad.line + 1) + ": " + bad.getMessage(), bad);
        }
        return rows;
    }

    /** The first line holds a name that was given a role, or one by which labels go. */
    private boolean namesAreAsked(List<String> first) {
        return first.stream()
                .map(String::strip)
                .anyMatch(field -> LABEL_NAMES.contains(field.toLowerCase(Locale.ROOT))
                        || (options.roles().containsKey(field) && !isNumberOrEmpty(field)));
    }

    /** Names are distinct, not empty and no numbers, and something below one of them is a number. */
    private static boolean looksLikeHeader(List<List<String>> rows) {
        var first = rows.getFirst();
        boolean areNames = new HashSet<>(first).size() == first.size()
                && first.stream().noneMatch(field -> isNumberOrEmpty(field) || field.length() > 60);
        return areNames
                && rows.size() > 1
                && rows.get(1).stream().anyMatch(field -> !field.isEmpty() && isNumberOrEmpty(field));
    }

    private int position(String column, List<String> names) throws DataException {
        int at = names.indexOf(column);
        if (at >= 0) {
            return at;
        }
        if (column.matches("-?[0-9]{1,9}")) {
            int number = Integer.parseInt(column);
            int index = number > 0 ? number - 1 : names.size() + number;
            if (number != 0 && index >= 0 && index < names.size()) {
                return index;
            }
            throw new DataException(name + ": has columns 1 to " + names.size() + ", asked for column " + column);
        }
        throw new DataException(name + ": has no column '" + column + "'" + Nearest.hint(column, names));
    }

    private int defaultLabel(List<String> names, @Nullable Role[] roles) throws DataException {
        for (var label : LABEL_NAMES) {
            for (int c = 0; c < names.size(); c++) {
                if (roles[c] == null && names.get(c).toLowerCase(Locale.ROOT).equals(label)) {
                    return c;
                }
            }
        }
        if (roles[0] != null) {
            throw new DataException(name + ": which column is the label? Say it with --label");
        }
        return 0;
    }

    private static Role guess(List<String> values) {
        if (values.stream().allMatch(Csv::isNumberOrEmpty)) {
            return Role.NUMERIC;
        }
        long blanks = values.stream()
                .mapToLong(v -> v.chars().filter(c -> c == ' ').count())
                .sum();
        return blanks > 4L * values.size() ? Role.TEXT : Role.CATEGORICAL;
    }

    private static boolean isNumberOrEmpty(String field) {
        var bytes = field.strip().getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0) {
            return true;
        }
        var scan = new Scan(bytes, 0, bytes.length);
        return !Float.isNaN(scan.number()) && scan.isAtEnd();
    }

    // Reading

    /** Reads training data: the schema is found out. */
    Result fit(InputStream in) throws IOException {
        var held = new Parts.Held();
        var fitted = fit(in, held);
        held.parts.replaceAll(fitted::finished);
        return new Result(Examples.of(held.parts, fitted.schema().features()), fitted.schema());
    }

    /** Reads training data to where parts are kept; they are still to be {@link Fitted#finished}. */
    Fitted fit(InputStream in, Parts into) throws IOException {
        char delimiter = options.delimiter().orElse(isTsv() ? '\t' : ',');
        var start = in.readNBytes(LOOK_BYTES);
        var look = look(start, whole(start, delimiter), delimiter);
        var all = new SequenceInputStream(new ByteArrayInputStream(start), in);
        var columns = IntStream.range(0, look.schema().columns().size()).toArray();
        var words = new WordIndex();
        var classes = new WordIndex();
        read(all, look.schema(), columns, look.labelsAreNumbers(), null, true, words, classes, into);
        return fit(look.schema(), into, words, classes);
    }

    private static int whole(byte[] start, char delimiter) {
        return start.length < LOOK_BYTES ? start.length : cutter(delimiter).lastEnd(start, start.length);
    }

    private boolean isTsv() {
        return options.format().map(f -> f.equals("tsv")).orElse(name.matches("(?i).*\\.(tsv|tab)(\\.gz)?"));
    }

    /** Reads data as the training data was read: columns by their names if there were names, else by their order. */
    Result apply(InputStream in, Schema schema, boolean needsLabels) throws IOException {
        var start = in.readNBytes(LOOK_BYTES);
        var rows = firstRows(start, whole(start, schema.delimiter()), schema.delimiter());
        if (rows.isEmpty()) {
            throw new DataException(name + ": there is nothing in it");
        }
        var columns = schema.hasHeader()
                ? byName(rows.getFirst(), schema, needsLabels)
                : byOrder(rows.getFirst().size(), schema, needsLabels);
        var all = new SequenceInputStream(new ByteArrayInputStream(start), in);
        var held = new Parts.Held();
        var words = WordIndex.of(schema.words());
        var classes = WordIndex.of(schema.classes());
        read(all, schema, columns, schema.classes().isEmpty(), words, needsLabels, words, classes, held);
        if (classes.size() > schema.classes().size() && !schema.classes().isEmpty()) {
            throw new DataException(name + ": the label '"
                    + classes.word(schema.classes().size()) + "' is none of the model's classes " + schema.classes());
        }
        held.parts.forEach(part -> scaleWords(part, schema));
        return new Result(Examples.of(held.parts, schema.features()), schema);
    }

    private int[] byName(List<String> header, Schema schema, boolean needsLabels) throws DataException {
        var names = schema.columns().stream().map(Schema.Column::name).toList();
        var columns =
                header.stream().mapToInt(field -> names.indexOf(field.strip())).toArray();
        for (int c = 0; c < names.size(); c++) {
            int column = c;
            var role = schema.columns().get(c).role();
            boolean isNeeded = CsvChunk.isFeature(role) || (role == Role.LABEL && needsLabels);
            if (isNeeded && Arrays.stream(columns).noneMatch(known -> known == column)) {
                throw new DataException(name + ":1: has no column '" + names.get(c)
                        + "', which the model needs; the first line is " + header);
            }
        }
        return columns;
    }

    private int[] byOrder(int fields, Schema schema, boolean needsLabels) throws DataException {
        int known = schema.columns().size();
        if (fields == known - 1 && !needsLabels) {
            return IntStream.range(0, known)
                    .filter(c -> schema.columns().get(c).role() != Role.LABEL)
                    .toArray();
        }
        if (fields != known) {
            throw new DataException(name + ":1: has " + fields + " fields, the model was trained on " + known);
        }
        return IntStream.range(0, known).toArray();
    }

    private static Chunks.Cutter cutter(char delimiter) {
        return delimiter == '\t' ? Chunks::lastLine : CsvChunk::lastRecord;
    }

    private record Parsed(Part part, CsvChunk chunk) {}

    private void read(
            InputStream in,
            Schema schema,
            int[] columns,
            boolean labelsAreNumbers,
            @Nullable WordIndex fixedWords,
            boolean needsLabels,
            WordIndex words,
            WordIndex classes,
            Parts into)
            throws IOException {
        int firstWord = schema.numeric().size();
        Chunks.parse(
                in,
                name,
                options.threads(),
                cutter(schema.delimiter()),
                (scan, isFirst) -> {
                    var chunk = new CsvChunk(scan, schema, columns, labelsAreNumbers, needsLabels, fixedWords);
                    return new Parsed(chunk.parse(isFirst && schema.hasHeader()), chunk);
                },
                parsed -> {
                    if (fixedWords == null) {
                        renumber(parsed.part(), firstWord, merge(parsed.chunk().words, words));
                    }
                    if (!labelsAreNumbers && needsLabels) {
                        relabel(parsed, classes);
                    }
                    into.add(parsed.part());
                });
    }

    private static int[] merge(WordIndex chunk, WordIndex all) {
        var numbers = new int[chunk.size()];
        for (int w = 0; w < numbers.length; w++) {
            numbers[w] = all.add(chunk.word(w));
        }
        return numbers;
    }

    private static void renumber(Part part, int firstWord, int[] numbers) {
        var indices = part.indices();
        for (int k = 0; k < indices.length; k++) {
            if (indices[k] >= firstWord) {
                indices[k] = firstWord + numbers[indices[k] - firstWord];
            }
        }
    }

    private static void relabel(Parsed parsed, WordIndex classes) {
        var numbers = merge(parsed.chunk().classes, classes);
        var labels = parsed.part().labels();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = numbers[(int) labels[i]];
        }
    }

    // Fitting

    /** What is known when all has been parsed. */
    record Fitted(Schema schema, int[] words, float[] classes) {
        /** A part as it is learned from: features have their numbers and scales, labels are the schema's. May change its own. */
        Part finished(Part parsed) {
            var part = withoutRareWords(parsed, schema.numeric().size(), words);
            var labels = part.labels();
            for (int i = 0; classes.length > 0 && i < labels.length; i++) {
                labels[i] = classes[(int) labels[i]];
            }
            standardise(part, schema.numeric());
            scaleWords(part, schema);
            return part;
        }
    }

    private Fitted fit(Schema look, Parts parts, WordIndex words, WordIndex classes) throws IOException {
        int firstWord = look.numeric().size();
        var texts = new int[words.size()];
        if (texts.length > 0) {
            parts.forEach(part -> {
                for (int k = 0; k < part.nonZeros(); k++) {
                    if (part.indices()[k] >= firstWord) {
                        texts[part.indices()[k] - firstWord]++;
                    }
                }
            });
        }
        var numbers = WordIndex.choose(texts, 2, options.words());
        var kept = new String[(int) Arrays.stream(numbers).filter(n -> n >= 0).count()];
        for (int w = 0; w < numbers.length; w++) {
            if (numbers[w] >= 0) {
                kept[numbers[w]] = words.word(w);
            }
        }
        var names = classes.words().stream().sorted().toList(); // classes are numbered by name, not by who came first
        var ofClasses = new float[names.size()];
        for (int c = 0; c < ofClasses.length; c++) {
            ofClasses[c] = Collections.binarySearch(names, classes.word(c));
        }
        boolean hashes = look.hasRole(Role.CATEGORICAL);
        int features = firstWord + kept.length + (hashes ? 1 << look.hashBits() : 0);
        var schema = new Schema(
                look.format(),
                look.delimiter(),
                look.hasHeader(),
                options.rawNumbers() ? look.columns() : standards(look.columns(), parts),
                look.hashBits(),
                Arrays.asList(kept),
                names,
                look.log1p(),
                look.normalize(),
                features);
        return new Fitted(schema, numbers, ofClasses);
    }

    private static Part withoutRareWords(Part part, int firstWord, int[] numbers) {
        var offsets = part.offsets();
        var indices = part.indices();
        var values = part.values();
        int to = 0;
        int k = 0;
        for (int i = 0; i < part.size(); i++) {
            for (int end = offsets[i + 1]; k < end; k++) {
                int index = indices[k];
                if (index >= firstWord) {
                    index = numbers[index - firstWord] < 0 ? Integer.MIN_VALUE : firstWord + numbers[index - firstWord];
                }
                if (index != Integer.MIN_VALUE) {
                    indices[to] = index;
                    values[to++] = values[k];
                }
            }
            offsets[i + 1] = to;
        }
        return new Part(
                offsets,
                Arrays.copyOf(indices, to),
                Arrays.copyOf(values, to),
                part.labels(),
                part.weights(),
                part.groups());
    }

    /** The columns with means and deviations of the numeric ones. */
    private static List<Schema.Column> standards(List<Schema.Column> columns, Parts parts) throws IOException {
        int n = (int)
                columns.stream().filter(column -> column.role() == Role.NUMERIC).count();
        var count = new long[n];
        var sum = new double[n];
        var squares = new double[n];
        if (n > 0) {
            parts.forEach(part -> {
                for (int k = 0; k < part.nonZeros(); k++) {
                    int index = part.indices()[k];
                    if (index >= 0 && index < n) {
                        count[index]++;
                        sum[index] += part.values()[k];
                    }
                }
            });
            parts.forEach(part -> {
                for (int k = 0; k < part.nonZeros(); k++) {
                    int index = part.indices()[k];
                    if (index >= 0 && index < n) {
                        double off = part.values()[k] - sum[index] / count[index];
                        squares[index] += off * off;
                    }
                }
            });
        }
        var fitted = new ArrayList<Schema.Column>();
        int c = 0;
        for (var column : columns) {
            if (column.role() != Role.NUMERIC) {
                fitted.add(column);
                continue;
            }
            double deviation = count[c] == 0 ? 0 : Math.sqrt(squares[c] / count[c]);
            double mean = count[c] == 0 ? 0 : sum[c] / count[c];
            fitted.add(new Schema.Column(column.name(), column.role(), mean, deviation > 0 ? deviation : 1));
            c++;
        }
        return fitted;
    }

    /** Brings the numeric columns to mean 0 and deviation 1. */
    private static void standardise(Part part, List<Schema.Column> numeric) {
        for (int k = 0; k < part.nonZeros(); k++) {
            int index = part.indices()[k];
            if (index >= 0 && index < numeric.size()) {
                var column = numeric.get(index);
                part.values()[k] = (float) ((part.values()[k] - column.mean()) / column.scale());
            }
        }
    }

    /** Numbers the categories last, and scales the words of each example: log(1 + count), then length 1. */
    private static void scaleWords(Part part, Schema schema) {
        int firstWord = schema.numeric().size();
        int firstHashed = schema.firstHashed();
        var indices = part.indices();
        var values = part.values();
        for (int i = 0; i < part.size(); i++) {
            double squares = 0;
            for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                if (indices[k] >= firstWord) {
                    values[k] = (float) Math.log1p(values[k]);
                    squares += (double) values[k] * values[k];
                } else if (indices[k] < 0) {
                    indices[k] = firstHashed - 1 - indices[k];
                }
            }
            float scale = squares == 0 ? 1 : (float) (1 / Math.sqrt(squares));
            for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                if (indices[k] >= firstWord && indices[k] < firstHashed) {
                    values[k] *= scale;
                }
            }
        }
    }
}
