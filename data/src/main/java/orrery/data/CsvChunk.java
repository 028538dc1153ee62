package orrery.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.data.ReadOptions.Role;

/**
 * Parses a chunk of a CSV file. Features are numbered provisionally: numeric columns from 0 in their order, words from
 * there on by {@link #words}, categories as -1 - hash; {@link Csv} renumbers them once all is known.
 */
final class CsvChunk {
    private final Scan scan;
    private final Schema schema;
    private final boolean labelsAreNumbers;
    private final boolean needsLabels;
    private final @Nullable WordIndex fixedWords;
    private final int numericColumns;
    private final int[] columnOf; // of the schema, by field; -1 for a field that it does not know
    private final int[] numberOf; // a numeric column's feature, by column
    private final int hashMask;
    private final PartBuilder builder = new PartBuilder();
    private byte[] scratch = new byte[256];

    /** Words of this chunk, or the fixed ones. */
    final WordIndex words;

    /** Class names of this chunk, by provisional label. */
    final WordIndex classes = new WordIndex();

    // the field that was read last
    private byte[] field = {};
    private int from;
    private int to;

    CsvChunk(
            Scan scan,
            Schema schema,
            int[] columnOf,
            boolean labelsAreNumbers,
            boolean needsLabels,
            @Nullable WordIndex fixedWords) {
        this.scan = scan;
        this.schema = schema;
        this.columnOf = columnOf;
        this.labelsAreNumbers = labelsAreNumbers;
        this.needsLabels = needsLabels;
        this.fixedWords = fixedWords;
        words = fixedWords == null ? new WordIndex() : fixedWords;
        numericColumns = schema.numeric().size();
        numberOf = new int[schema.columns().size()];
        for (int column = 0, number = 0; column < numberOf.length; column++) {
            numberOf[column] = schema.columns().get(column).role() == Role.NUMERIC ? number++ : -1;
        }
        hashMask = (1 << schema.hashBits()) - 1;
    }

    Part parse(boolean skipHeader) {
        if (skipHeader) {
            skipRecord();
        }
        while (!scan.isAtEnd()) {
            if (scan.isAtLineEnd()) {
                endLine();
            } else {
                record();
            }
        }
        return builder.build();
    }

    private void skipRecord() {
        do {
            field();
        } while (nextField());
        endLine();
    }

    private void record() {
        float label = 0;
        float weight = 1;
        int group = 0;
        boolean hasWeight = false;
        boolean hasGroup = false;
        int at = 0;
        while (true) {
            field();
            if (at == columnOf.length) {
                throw bad("expected " + columnOf.length + " fields, found more");
            }
            int column = columnOf[at++];
            if (column >= 0) {
                var what = schema.columns().get(column);
                switch (what.role()) {
                    case LABEL -> label = needsLabels ? label(what) : 0;
                    case WEIGHT -> {
                        weight = number(what);
                        hasWeight = true;
                        if (!(weight >= 0) || Float.isInfinite(weight)) {
                            throw bad(
                                    "column '" + what.name() + "': a weight must be 0 or more, found '" + text() + "'");
                        }
                    }
                    case GROUP -> {
                        group = Long.hashCode(WordIndex.hash(field, from, to));
                        hasGroup = true;
                    }
                    case NUMERIC -> {
                        if (from < to) {
                            builder.feature(numberOf[column], (float) ((number(what) - what.mean()) / what.scale()));
                        }
                    }
                    case CATEGORICAL -> {
                        int hash = (int) Columns.hash(WordIndex.hash(field, from, to), column);
                        builder.feature(-1 - (hash & hashMask), 1);
                    }
                    case TEXT -> text(builder.open());
                    case IGNORE -> {}
                }
            }
            if (!nextField()) {
                break;
            }
        }
        if (at < columnOf.length) {
            throw bad("expected " + columnOf.length + " fields, found " + at);
        }
        builder.example(label);
        if (hasWeight) {
            builder.weight(weight);
        }
        if (hasGroup) {
            builder.group(group);
        }
        endLine();
    }

    private BadLine bad(String message) {
        return new BadLine(scan.line, message);
    }

    private String text() {
        int length = Math.min(to - from, 40);
        return new String(field, from, length, StandardCharsets.UTF_8) + (length < to - from ? "..." : "");
    }

    private float label(Schema.Column column) {
        if (from == to) {
            throw bad("column '" + column.name() + "': the label is empty");
        }
        if (labelsAreNumbers) {
            return number(column);
        }
        return word(classes, WordIndex.hash(field, from, to), from, to);
    }

    private int word(WordIndex index, long hash, int begin, int end) {
        int known = index.find(hash);
        return known >= 0 ? known : index.enter(hash, new String(field, begin, end - begin, StandardCharsets.UTF_8));
    }

    private float number(Schema.Column column) {
        var number = new Scan(field, from, to);
        number.skipBlanks();
        float value = number.number();
        number.skipBlanks();
        if (Float.isNaN(value) || !number.isAtEnd()) {
            throw bad("column '" + column.name() + "': expected a number, found '" + text() + "'");
        }
        if (Float.isInfinite(value)) {
            throw bad("column '" + column.name() + "': values must be within the range of a float, found '" + text()
                    + "'");
        }
        return value;
    }

    // Text

    /** Adds the counts of the field's words: runs of letters, digits, apostrophes and all that is not ASCII. */
    private void text(int openBefore) {
        int i = from;
        while (i < to) {
            if (field[i] == '<') {
                i = afterTag(i);
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
                int word = fixedWords == null ? word(words, hash, start, i) : words.find(hash);
                if (word >= 0) {
                    builder.feature(numericColumns + word, 1);
                }
            }
        }
        builder.sortAndMerge(openBefore);
    }

    /** Behind a tag such as {@code <br />}; the next byte if it is none. */
    private int afterTag(int at) {
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

    // Fields

    /** Reads a field, without its quotes; where tabs delimit, a quote is a character like others. */
    private void field() {
        if (scan.at < scan.end && scan.bytes[scan.at] == '"' && schema.delimiter() != '\t') {
            quoted();
        } else {
            field = scan.bytes;
            from = scan.at;
            while (!scan.isAtLineEnd() && scan.bytes[scan.at] != schema.delimiter()) {
                scan.at++;
            }
            to = scan.at;
        }
    }

    private void quoted() {
        long startLine = scan.line;
        int length = 0;
        int i = scan.at + 1;
        for (; ; i++) {
            if (i >= scan.end) {
                throw new BadLine(startLine, "a quoted field has no end");
            }
            byte b = scan.bytes[i];
            if (b == '"') {
                if (i + 1 < scan.end && scan.bytes[i + 1] == '"') {
                    i++;
                } else {
                    break;
                }
            } else if (b == '\n') {
                scan.line++;
            }
            if (length == scratch.length) {
                scratch = Arrays.copyOf(scratch, 2 * length);
            }
            scratch[length++] = b;
        }
        scan.at = i + 1;
        if (!scan.isAtLineEnd() && scan.bytes[scan.at] != schema.delimiter()) {
            throw bad("expected '" + schema.delimiter() + "' behind the closing quote, found '" + scan.word() + "'");
        }
        field = scratch;
        from = 0;
        to = length;
    }

    /** Whether there is one more field in the record; goes to it. */
    private boolean nextField() {
        if (scan.isAtLineEnd()) {
            return false;
        }
        scan.at++;
        return true;
    }

    private void endLine() {
        if (scan.at < scan.end && scan.bytes[scan.at] == '\r') {
            scan.at++;
        }
        if (scan.at < scan.end && scan.bytes[scan.at] == '\n') {
            scan.at++;
            scan.line++;
        }
    }

    /** The fields of a record as strings, or null at the end; for looking at the first lines. */
    @Nullable
    List<String> strings() {
        while (!scan.isAtEnd() && scan.isAtLineEnd()) {
            endLine();
        }
        if (scan.isAtEnd()) {
            return null;
        }
        var fields = new ArrayList<String>();
        do {
            field();
            fields.add(new String(field, from, to - from, StandardCharsets.UTF_8));
        } while (nextField());
        endLine();
        return fields;
    }

    /** A cutter for records that may hold line ends within quotes. */
    static int lastRecord(byte[] bytes, int length) {
        boolean isQuoted = false;
        int end = 0;
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '"') {
                isQuoted = !isQuoted;
            } else if (bytes[i] == '\n' && !isQuoted) {
                end = i + 1;
            }
        }
        return end;
    }

    static boolean isFeature(Role role) {
        return role == Role.NUMERIC || role == Role.CATEGORICAL || role == Role.TEXT;
    }
}
