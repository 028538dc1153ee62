package orrery.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a delimited text apart, field by field. All that reads such texts goes through here: the first look, the cutting
 * into pieces that are parsed side by side, the parsing, and the reading of lists; so they cannot disagree about where a
 * field or a record ends. Confined to one thread.
 *
 * <p>A field that begins with a quote, blanks before it aside, goes on to the next quote that is not doubled; blanks may
 * follow, then the delimiter or the line's end. Within any other field a quote is a character like others.
 */
final class Fields {
    private static final byte PLAIN = 0;
    private static final byte STOP = 1; // of a plain field: a delimiter, or a line's end

    final Scan scan;
    private final Dialect dialect;
    private final byte delimiter;
    private final boolean isDoubled; // '::'
    private final boolean isBlanks;
    private final byte[] kinds = new byte[256];
    private final byte[][] missing;
    private byte[] scratch = new byte[256];

    // the field that was read last
    byte[] field = {};
    int from;
    int to;
    boolean isQuoted;

    /** Lines that were passed over so far. */
    long comments;

    Fields(Scan scan, Dialect dialect) {
        this.scan = scan;
        this.dialect = dialect;
        delimiter = (byte) dialect.delimiter().charAt(0);
        isDoubled = dialect.delimiter().length() == 2;
        isBlanks = dialect.isBlanks();
        missing = dialect.missing().stream()
                .map(word -> word.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        scan.linesEndWithCr = true;
        kinds['\n'] = STOP;
        kinds['\r'] = STOP;
        kinds[delimiter] = STOP;
        if (isBlanks) {
            kinds['\t'] = STOP;
        }
    }

    /** Goes to the next line that is not empty. Returns whether there is one. */
    boolean nextRecord() {
        while (!scan.isAtEnd()) {
            int start = scan.at;
            if (dialect.comments() && isComment(start)) {
                comments++;
                while (!scan.isAtLineEnd()) {
                    scan.at++;
                }
                endRecord();
                continue;
            }
            while (scan.at < scan.end && isBlank(scan.bytes[scan.at])) {
                scan.at++;
            }
            if (!scan.isAtLineEnd()) {
                scan.at = isBlanks ? scan.at : start;
                return true;
            }
            endRecord();
        }
        return false;
    }

    private boolean isComment(int at) {
        byte mark = scan.bytes[at];
        if (mark != '#' && mark != '%') {
            return false;
        }
        byte next = at + 1 < scan.end ? scan.bytes[at + 1] : (byte) '\n';
        return next == ' ' || next == '\t' || next == '\n' || next == '\r' || next == mark;
    }

    /** Reads a field, without its quotes. */
    void read() {
        int i = scan.at;
        if (dialect.quotes()) {
            while (i < scan.end && isBlank(scan.bytes[i])) {
                i++;
            }
            if (i < scan.end && scan.bytes[i] == '"') {
                quoted(i);
                return;
            }
        }
        isQuoted = false;
        field = scan.bytes;
        from = scan.at;
        to = endOfPlain(scan.at);
        scan.at = to;
    }

    private int endOfPlain(int start) {
        var bytes = scan.bytes;
        int end = scan.end;
        int i = start;
        while (true) {
            while (i < end && kinds[bytes[i] & 0xff] == PLAIN) {
                i++;
            }
            if (!isDoubled || i == end || bytes[i] != delimiter || (i + 1 < end && bytes[i + 1] == delimiter)) {
                return i;
            }
            i++; // one colon alone
        }
    }

    private void quoted(int quote) {
        long startLine = scan.line;
        var bytes = scan.bytes;
        int length = 0;
        int i = quote + 1;
        for (; ; i++) {
            if (i >= scan.end) {
                throw BadLine.withoutEnd(
                        startLine, "a quoted field has no end; if quotes are plain characters here: --no-quotes");
            }
            byte b = bytes[i];
            if (b == '"') {
                if (i + 1 < scan.end && bytes[i + 1] == '"') {
                    i++;
                } else {
                    break;
                }
            } else if (b == '\n' || (b == '\r' && (i + 1 == scan.end || bytes[i + 1] != '\n'))) {
                scan.line++;
            }
            if (length == scratch.length) {
                scratch = Arrays.copyOf(scratch, 2 * length);
            }
            scratch[length++] = b;
        }
        scan.at = i + 1;
        while (scan.at < scan.end && isBlank(bytes[scan.at])) {
            scan.at++;
        }
        if (!isAtFieldEnd() && !(isBlanks && scan.at > i + 1)) {
            throw new BadLine(
                    scan.line,
                    "expected " + dialect.delimiterName() + " or the line's end behind the closing quote, found '"
                            + Names.printable(scan.word()) + "'; if quotes are plain characters here: --no-quotes");
        }
        isQuoted = true;
        field = scratch;
        from = 0;
        to = length;
    }

    /** Blanks that mean nothing around a quoted field. */
    private boolean isBlank(byte b) {
        return (b == ' ' || b == '\t') && (b != delimiter || isBlanks);
    }

    private boolean isAtFieldEnd() {
        return scan.isAtLineEnd()
                || (scan.bytes[scan.at] == delimiter
                        && (!isDoubled || scan.at + 1 == scan.end || scan.bytes[scan.at + 1] == delimiter));
    }

    /** Whether there is one more field in the record; goes to it. */
    boolean next() {
        if (isBlanks) {
            while (scan.at < scan.end && isBlank(scan.bytes[scan.at])) {
                scan.at++;
            }
            return !scan.isAtLineEnd();
        }
        if (scan.isAtLineEnd()) {
            return false;
        }
        scan.at += isDoubled ? 2 : 1;
        return true;
    }

    /** Goes behind the line's end. */
    void endRecord() {
        if (scan.at >= scan.end) {
            return;
        }
        boolean isCr = scan.bytes[scan.at] == '\r';
        scan.at++;
        if (isCr && scan.at < scan.end && scan.bytes[scan.at] == '\n') {
            scan.at++;
        }
        scan.line++;
    }

    /** Passes by what is left of the record. */
    void skipRecord() {
        do {
            read();
        } while (next());
        endRecord();
    }

    /** Leaves the blanks around the field out, if it was not quoted. */
    void trim() {
        if (!isQuoted) {
            strip();
        }
    }

    /** Leaves the blanks around the field out. */
    void strip() {
        while (from < to && isSpace(field[from])) {
            from++;
        }
        while (from < to && isSpace(field[to - 1])) {
            to--;
        }
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t';
    }

    /** Whether the field stands for no value. Changes its bounds: blanks are left out. */
    boolean isMissing() {
        strip();
        for (var word : missing) {
            if (word.length == to - from && Arrays.equals(word, 0, word.length, field, from, to)) {
                return true;
            }
        }
        return false;
    }

    /** The number that the field is, blanks left out; NaN if it is none. */
    double number() {
        strip();
        var number = new Scan(field, from, to);
        double value = number.number(dialect.point());
        return number.isAtEnd() ? value : Double.NaN;
    }

    String text() {
        return new String(field, from, to - from, StandardCharsets.UTF_8);
    }

    /** The field for a message. */
    String shown() {
        int length = Math.min(to - from, 40);
        return Names.printable(new String(field, from, length, StandardCharsets.UTF_8))
                + (length < to - from ? "..." : "");
    }

    /** The fields of the next record as texts, blanks around them left out; null at the end. */
    @Nullable
    List<String> strings() {
        if (!nextRecord()) {
            return null;
        }
        var fields = new ArrayList<String>();
        do {
            read();
            trim();
            fields.add(text());
        } while (next());
        endRecord();
        return fields;
    }

    /** A cutter that ends chunks where records end. */
    static Chunks.Cutter cutter(Dialect dialect) {
        return (bytes, length) -> {
            var fields = new Fields(new Scan(bytes, 0, length), dialect);
            int end = 0;
            try {
                while (fields.nextRecord()) {
                    fields.skipRecord();
                    boolean isWhole = fields.scan.at < length || bytes[length - 1] == '\n';
                    end = isWhole ? fields.scan.at : end;
                }
            } catch (BadLine bad) {
                if (!bad.isAtEnd()) {
                    return length; // the parser finds the same, and tells where
                }
            }
            return end;
        };
    }
}
