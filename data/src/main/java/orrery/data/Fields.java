package orrery.data;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.store.Printable;

/**
 * Takes a delimited text apart, field by field. All that reads such texts goes through here: the first look, the cutting
 * into pieces that are parsed side by side, the parsing, and the reading of lists; so they cannot disagree about where a
 * field or a record ends. Confined to one thread.
 *
 * <p>A field that begins with a quote, blanks before it aside, goes on to the next quote that is not doubled; blanks may
 * follow, then the delimiter or the line's end. Within any other field a quote is a character like others.
 */
final class Fields {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long QUOTES = 0x2222222222222222L;
    private static final byte PLAIN = 0;
    private static final byte STOP = 1; // of a plain field: a delimiter, or a line's end

    final Scan scan;
    private final Dialect dialect;
    private final byte delimiter;
    private final boolean isDoubled; // '::'
    private final boolean isBlanks;
    private final boolean hasQuotes;
    private final boolean hasComments;
    private final byte[] kinds = new byte[256];
    private final byte[][] missing;
    private final boolean[] beginsMissing = new boolean[256]; // by the first byte
    private final boolean emptyIsMissing;
    private final char point;
    private byte[] scratch = new byte[256];

    // the field that was read last
    byte[] field = {};
    int from;
    int to;
    boolean isQuoted;
    private boolean isCopy; // in scratch, which the next field changes

    /** Lines that were passed over so far. */
    long comments;

    Fields(Scan scan, Dialect dialect) {
        this.scan = scan;
        this.dialect = dialect;
        delimiter = (byte) dialect.delimiter().charAt(0);
        isDoubled = dialect.delimiter().length() == 2;
        isBlanks = dialect.isBlanks();
        point = dialect.point();
        hasQuotes = dialect.quotes();
        hasComments = dialect.comments();
        missing = dialect.missing().stream()
                .map(word -> word.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        for (var word : missing) {
            if (word.length > 0) {
                beginsMissing[word[0] & 0xff] = true;
            }
        }
        emptyIsMissing = dialect.missing().contains("");
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
            if (hasComments && isComment(start)) {
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
        if (hasQuotes) {
            while (i < scan.end && isBlank(scan.bytes[i])) {
                i++;
            }
            if (i < scan.end && scan.bytes[i] == '"') {
                quoted(i);
                return;
            }
        }
        isQuoted = false;
        isCopy = false;
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
        int end = scan.end;
        int length = -1; // of what is in scratch, once a doubled quote has made a copy necessary
        int begin = quote + 1;
        int i = begin;
        for (; ; i++) {
            if (i >= end) {
                throw BadLine.withoutEnd(
                        startLine, "a quoted field has no end; if quotes are plain characters here: --no-quotes");
            }
            byte b = bytes[i];
            if (b == '"') {
                if (i + 1 == end || bytes[i + 1] != '"') {
                    break;
                }
                if (length < 0) {
                    length = i - begin;
                    room(length);
                    System.arraycopy(bytes, begin, scratch, 0, length);
                }
                i++;
            } else if (b == '\n' || (b == '\r' && (i + 1 == end || bytes[i + 1] != '\n'))) {
                scan.line++;
            }
            if (length >= 0) {
                room(length);
                scratch[length++] = b;
            }
        }
        scan.at = i + 1;
        while (scan.at < end && isBlank(bytes[scan.at])) {
            scan.at++;
        }
        if (!isAtFieldEnd() && !(isBlanks && scan.at > i + 1)) {
            throw new BadLine(
                    scan.line,
                    "expected " + dialect.delimiterName() + " or the line's end behind the closing quote, found '"
                            + Printable.of(scan.word()) + "'; if quotes are plain characters here: --no-quotes");
        }
        isQuoted = true;
        isCopy = length >= 0;
        field = length < 0 ? bytes : scratch;
        from = length < 0 ? begin : 0;
        to = length < 0 ? i : length;
    }

    private void room(int length) {
        if (length >= scratch.length) {
            scratch = Arrays.copyOf(scratch, 2 * length + 2);
        }
    }

    /** Reads a field that is a number and nothing else, as most are; else stays where it is, and returns NaN. */
    double readNumber() {
        if (isDoubled) {
            return Double.NaN;
        }
        int start = scan.at;
        double value = scan.number(point);
        int at = scan.at;
        if (at == start || (at < scan.end && kinds[scan.bytes[at] & 0xff] == PLAIN)) {
            scan.at = start;
            return Double.NaN;
        }
        field = scan.bytes;
        from = start;
        to = at;
        isQuoted = false;
        isCopy = false;
        return value;
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

    /** A field that is looked at later, before the chunk changes. */
    record Field(byte[] bytes, int from, int to, boolean isQuoted) {}

    /** The field that was read last, to go back to. */
    Field kept() {
        return isCopy
                ? new Field(Arrays.copyOfRange(scratch, from, to), 0, to - from, isQuoted)
                : new Field(field, from, to, isQuoted);
    }

    /** Makes a field the one that was read last. */
    void goTo(Field kept) {
        field = kept.bytes();
        from = kept.from();
        to = kept.to();
        isQuoted = kept.isQuoted();
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
        if (from == to) {
            return emptyIsMissing;
        }
        if (!beginsMissing[field[from] & 0xff]) {
            return false;
        }
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
        double value = number.number(point);
        return number.at == to ? value : Double.NaN;
    }

    String text() {
        return new String(field, from, to - from, StandardCharsets.UTF_8);
    }

    /** The field for a message. */
    String shown() {
        int length = Math.min(to - from, 40);
        return Printable.of(new String(field, from, length, StandardCharsets.UTF_8))
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
            if (!dialect.quotes() || !hasQuote(bytes, length)) {
                return lastLine(bytes, length);
            }
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

    /** Looks at eight bytes at once: of a word that differs from quotes nowhere, a byte becomes 0, and 0 less 1 borrows. */
    private static boolean hasQuote(byte[] bytes, int length) {
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            long differs = (long) WORDS.get(bytes, i) ^ QUOTES;
            if (((differs - 0x0101010101010101L) & ~differs & 0x8080808080808080L) != 0) {
                return true;
            }
        }
        for (; i < length; i++) {
            if (bytes[i] == '"') {
                return true;
            }
        }
        return false;
    }

    /** Where no field is quoted, each line is a record; a CR at the end may still be followed by its LF. */
    private static int lastLine(byte[] bytes, int length) {
        int end = length > 0 && bytes[length - 1] == '\r' ? length - 1 : length;
        while (end > 0 && bytes[end - 1] != '\n' && bytes[end - 1] != '\r') {
            end--;
        }
        return end;
    }
}
