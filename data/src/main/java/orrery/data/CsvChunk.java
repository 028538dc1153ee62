package orrery.data;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.data.ReadOptions.Role;
import orrery.store.Printable;

/**
 * Parses a chunk of a delimited text to examples. Where the schema is still being found, features are numbered
 * provisionally: numeric columns from 0 in their order, from there on a marker of missing values per numeric column, then
 * words by {@link #words}, categories as -1 - hash, or -1 - their place among the chunk's keys; {@link Csv} renumbers them
 * once all is known.
 */
final class CsvChunk {
    private static final int BYTES_PER_FEATURE = 7; // a guess at the room to begin with
    private static final int LONGEST_NUMBER = 40; // characters of a category that may be a number with a fraction of 0

    private final Fields fields;
    private final boolean labelsAreNumbers;
    private final boolean needsLabels;
    private final @Nullable WordIndex fixedWords;
    private final int firstWord;
    private final int[] columnOf; // of the schema, by field; -1 for a field that it does not know
    private final Schema.Column[] columns; // of the schema
    private final Role[] roles; // by column
    private final int[] numberOf; // a numeric column's feature, by column
    private final int[] markerOf; // the feature that says that a value is missing, by column; -1 for none
    private final boolean missingMayBeNumbers; // such as -999
    private final boolean areKeyed; // categories
    private final int hashMask;
    private boolean isPermuted; // fields come in another order than the schema's columns
    private final Fields.@Nullable Field[] permuted; // by column: features are in the schema's order, and so their sums
    private final PartBuilder builder;

    /** Words of this chunk, or the fixed ones. */
    final WordIndex words;

    /** Class names of this chunk, by provisional label. */
    final WordIndex classes = new WordIndex();

    /** By column of the schema. */
    final ColumnTally[] tallies;

    /**
     * @param isFitting whether the schema is still being found: missing values are all marked
     * @param countsDistinct whether distinct numbers are counted, too
     */
    CsvChunk(
            Scan scan,
            Schema schema,
            int[] columnOf,
            boolean labelsAreNumbers,
            boolean needsLabels,
            @Nullable WordIndex fixedWords,
            boolean isFitting,
            boolean countsDistinct) {
        fields = new Fields(scan, schema.dialect());
        builder = new PartBuilder((scan.end - scan.at) / BYTES_PER_FEATURE + 16);
        this.columnOf = columnOf;
        this.labelsAreNumbers = labelsAreNumbers;
        this.needsLabels = needsLabels;
        this.fixedWords = fixedWords;
        words = fixedWords == null ? new WordIndex() : fixedWords;
        int numeric = schema.numeric().size();
        firstWord = isFitting ? 2 * numeric : schema.firstWord();
        columns = schema.columns().toArray(Schema.Column[]::new);
        roles = new Role[columns.length];
        numberOf = new int[columns.length];
        markerOf = new int[columns.length];
        tallies = new ColumnTally[columns.length];
        int indicator = numeric;
        for (int column = 0, number = 0; column < columns.length; column++) {
            var what = columns[column];
            roles[column] = what.role();
            numberOf[column] = what.role() == Role.NUMERIC ? number++ : -1;
            markerOf[column] = isFitting ? numeric + numberOf[column] : what.hasIndicator() ? indicator++ : -1;
            tallies[column] = new ColumnTally(what.origin(), countsDistinct || what.role() == Role.LABEL);
        }
        for (int field = 0, before = -1; field < columnOf.length; field++) {
            isPermuted |= columnOf[field] >= 0 && columnOf[field] < before;
            before = Math.max(before, columnOf[field]);
        }
        permuted = new Fields.Field[isPermuted ? columns.length : 0];
        missingMayBeNumbers =
                schema.dialect().missing().stream().anyMatch(word -> Look.isNumber(word, schema.dialect()));
        areKeyed = schema.hashBits() == ReadOptions.KEYS;
        hashMask = (1 << schema.hashBits()) - 1;
    }

    Part parse(boolean skipHeader) {
        if (skipHeader && fields.nextRecord()) {
            fields.skipRecord();
        }
        while (fields.nextRecord()) {
            record();
        }
        return builder.buildLoose();
    }

    // the example under way
    private double label;
    private float weight;
    private int group;
    private boolean hasWeight;
    private boolean hasGroup;

    private void record() {
        label = 0;
        hasWeight = false;
        hasGroup = false;
        int at = 0;
        do {
            if (at == columnOf.length) {
                throw bad("expected " + columnOf.length + " fields, found more");
            }
            int column = columnOf[at++];
            if (isPermuted) {
                fields.read();
                if (column >= 0) {
                    permuted[column] = fields.kept();
                }
                continue;
            }
            if (column >= 0 && roles[column] == Role.NUMERIC && !missingMayBeNumbers) {
                double number = fields.readNumber();
                if (!Double.isNaN(number)) {
                    numeric(columns[column], column, number);
                    continue;
                }
            }
            fields.read();
            if (column >= 0) {
                take(column);
            }
        } while (fields.next());
        if (at < columnOf.length) {
            throw bad("expected " + columnOf.length + " fields, found " + at);
        }
        for (int column = 0; column < permuted.length; column++) {
            var field = permuted[column];
            if (field != null) {
                fields.goTo(field);
                take(column);
            }
        }
        builder.example(label);
        if (hasWeight) {
            builder.weight(weight);
        }
        if (hasGroup) {
            builder.group(group);
        }
        fields.endRecord();
    }

    /** Takes the field that was read last. */
    private void take(int column) {
        var what = columns[column];
        switch (roles[column]) {
            case LABEL -> label = needsLabels ? label(what, tallies[column]) : 0;
            case WEIGHT -> {
                weight = weight(what);
                hasWeight = true;
            }
            case GROUP -> {
                fields.trim();
                group = Long.hashCode(WordIndex.hash(fields.field, fields.from, fields.to));
                hasGroup = true;
            }
            case NUMERIC -> numeric(what, column);
            case CATEGORICAL -> categorical(column);
            case TEXT -> text(builder.open());
            case IGNORE -> {}
        }
    }

    private BadLine bad(String message) {
        return new BadLine(fields.scan.line, message);
    }

    private static String name(Schema.Column column) {
        return "column '" + Printable.of(column.name()) + "'";
    }

    private void numeric(Schema.Column what, int column) {
        double x = missingMayBeNumbers && fields.isMissing() ? Double.NaN : fields.number();
        if (Double.isNaN(x)) {
            if (!fields.isMissing()) {
                throw bad(name(what) + ": expected a number, found '" + fields.shown()
                        + "'; if that stands for no value: --missing '" + fields.shown()
                        + "', if the column holds categories: --categorical '" + Printable.of(what.name()) + "'");
            }
            tallies[column].missing();
            if (markerOf[column] >= 0) {
                builder.feature(markerOf[column], 1);
            }
            if (what.imputed() != 0) {
                builder.feature(numberOf[column], what.imputed());
            }
            return;
        }
        numeric(what, column, x);
    }

    private void numeric(Schema.Column what, int column, double x) {
        tallies[column].number(finite(what, x));
        float value = what.value(x);
        if (Float.isInfinite(value)) {
            throw bad(name(what) + ": values must be within the range of a float, found '" + fields.shown() + "'");
        }
        builder.feature(numberOf[column], value);
    }

    private double finite(Schema.Column what, double x) {
        if (Double.isInfinite(x)) {
            throw bad(name(what) + ": values must be within the range of a double, found '" + fields.shown() + "'");
        }
        return x;
    }

    private void categorical(int column) {
        fields.trim();
        long hash;
        if (fields.isMissing()) {
            tallies[column].missing();
            hash = WordIndex.ofCategory(fields.field, fields.from, fields.from); // of nothing
        } else {
            dropFractionOfZero();
            hash = WordIndex.ofCategory(fields.field, fields.from, fields.to);
            tallies[column].text(hash);
        }
        if (areKeyed) {
            builder.provisional(Columns.key(hash, column), 1);
        } else {
            builder.feature(-1 - ((int) Columns.hash(hash, column) & hashMask), 1);
        }
    }

    /** A category 3.0 is the category 3: whole numbers become fractions where a column has missing values. */
    private void dropFractionOfZero() {
        int from = fields.from;
        int to = fields.to;
        int end = to;
        while (end > from && fields.field[end - 1] == '0') {
            end--;
        }
        if (end == to || end == from || fields.field[end - 1] != '.' || to - from > LONGEST_NUMBER) {
            return;
        }
        int digits = end - 1;
        int first = from < digits && fields.field[from] == '-' ? from + 1 : from;
        for (int i = first; i < digits; i++) {
            if (fields.field[i] < '0' || fields.field[i] > '9') {
                return;
            }
        }
        fields.to = digits > first ? digits : to;
    }

    private float weight(Schema.Column column) {
        double weight = fields.number();
        if (!(weight >= 0) || Float.isInfinite((float) weight)) {
            throw bad(name(column) + ": a weight must be 0 or more, found '" + fields.shown() + "'");
        }
        return (float) weight;
    }

    private double label(Schema.Column column, ColumnTally tally) {
        if (labelsAreNumbers) {
            double label = fields.number();
            if (Double.isNaN(label)) {
                throw bad(name(column)
                        + (fields.isMissing()
                                ? ": the label is "
                                        + (fields.from == fields.to ? "empty" : "missing ('" + fields.shown() + "')")
                                        + "; leave the line out"
                                : ": expected a number as label, as in the lines before, found '" + fields.shown()
                                        + "'"));
            }
            if (hasLeadingZero()) {
                throw bad(name(column) + ": the label '" + fields.shown()
                        + "' is a code, the labels before are numbers; quote or prefix it throughout");
            }
            tally.number(finite(column, label));
            return label + 0.0; // which makes -0 a 0
        }
        fields.trim();
        if (fields.isMissing() && !isNone()) {
            throw bad(name(column) + ": the label is "
                    + (fields.from == fields.to ? "empty" : "missing ('" + fields.shown() + "')")
                    + "; leave the line out");
        }
        long hash = WordIndex.hash(fields.field, fields.from, fields.to);
        tally.text(hash);
        return word(classes, hash, fields.field, fields.from, fields.to);
    }

    /** Among classes, None may be one. */
    private boolean isNone() {
        return fields.to - fields.from == 4 && fields.text().equalsIgnoreCase("none");
    }

    /** As in 007, which is no number but a code. */
    private boolean hasLeadingZero() {
        int i = fields.from;
        if (fields.to - i < 2 || fields.field[i] != '0') {
            return false;
        }
        for (; i < fields.to; i++) {
            if (fields.field[i] < '0' || fields.field[i] > '9') {
                return false;
            }
        }
        return true;
    }

    private int word(WordIndex index, long hash, byte[] bytes, int begin, int end) {
        int known = index.find(hash);
        return known >= 0 ? known : index.enter(hash, new String(bytes, begin, end - begin, StandardCharsets.UTF_8));
    }

    // Text

    /** Adds the counts of the field's words: runs of letters, digits, apostrophes and all that is not ASCII. */
    private void text(int openBefore) {
        var field = fields.field;
        int to = fields.to;
        int i = fields.from;
        while (i < to) {
            if (field[i] == '<') {
                i = afterTag(field, i, to);
                continue;
            }
            if (!isWordByte(field[i]) || field[i] == '\'') {
                i++;
                continue;
            }
            int start = i;
            long hash = WordIndex.HASH_START;
            for (; i < to && isWordByte(field[i]); i++) {
                int b = field[i];
                if (b >= 'A' && b <= 'Z') {
                    b += 'a' - 'A';
                    field[i] = (byte) b;
                }
                hash = WordIndex.hash(hash, b);
            }
            if (i - start > 1 && i - start <= 64) {
                int word = fixedWords == null ? word(words, hash, field, start, i) : words.find(hash);
                if (word >= 0) {
                    builder.feature(firstWord + word, 1);
                }
            }
        }
        builder.sortAndMerge(openBefore);
    }

    /** Behind a tag such as {@code <br />}; the next byte if it is none. */
    private static int afterTag(byte[] field, int at, int to) {
        for (int i = at + 1; i < Math.min(to, at + 200); i++) {
            if (field[i] == '>') {
                return i + 1;
            }
            if (field[i] == '<') {
                break;
            }
        }
        return at + 1;
    }

    private static boolean isWordByte(int b) {
        return b < 0 || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '\'';
    }

    static boolean isFeature(Role role) {
        return role == Role.NUMERIC || role == Role.CATEGORICAL || role == Role.TEXT;
    }
}
