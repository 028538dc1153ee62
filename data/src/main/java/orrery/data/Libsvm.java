package orrery.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import orrery.data.Examples.Part;
import orrery.store.Printable;

/**
 * The format of LIBSVM and its kin: a line is {@code label qid:n index:value index:value ... # comment}. Indices are whole
 * numbers from 0 or 1 up, taken as they are; {@code qid}, which groups lines for ranking, is passed over; so are empty
 * lines. Lines end with LF or CRLF, or all of them with CR. Confined to one thread.
 */
final class Libsvm {
    private static final int LEAST_BYTES_PER_FEATURE = 6; // a guess at the room to begin with
    private static final int LOOK_AT = 2000; // lines

    private final boolean needsLabels;
    private final boolean areKeyed; // features are any numbers of 64 bits
    private final int firstIndex;
    private final int[] farOf; // by feature: its place among those that are counted from an origin, or -1
    private final int[] far; // their features
    private final double[] origins;
    private final boolean[] isThere; // of those, in the line under way
    private int smallest = Integer.MAX_VALUE;
    private boolean hasQueries;

    /**
     * @param needsLabels if not, a line may do without a label, and its label is not looked at
     * @param columns features that are counted from an origin
     * @param firstIndex 1 if there is no feature 0
     * @param areKeyed whether features are any numbers of 64 bits
     */
    Libsvm(boolean needsLabels, List<Schema.Column> columns, int firstIndex, boolean areKeyed) {
        this.needsLabels = needsLabels;
        this.areKeyed = areKeyed;
        this.firstIndex = firstIndex;
        far = columns.stream()
                .mapToInt(column -> Integer.parseInt(column.name()))
                .toArray();
        origins = columns.stream().mapToDouble(Schema.Column::origin).toArray();
        isThere = new boolean[far.length];
        farOf = new int[Arrays.stream(far).max().orElse(-1) + 1];
        Arrays.fill(farOf, -1);
        for (int k = 0; k < far.length; k++) {
            farOf[far[k]] = k;
        }
    }

    /**
     * What a chunk holds.
     *
     * @param features how many that takes
     * @param smallest index of a feature; of none the greatest number
     * @param hasQueries whether lines had a {@code qid}
     */
    record Parsed(Part part, int features, int smallest, boolean hasQueries) {}

    /** What the first lines say. */
    record Look(boolean linesEndWithCr, List<Schema.Column> far) {
        /** The last byte of a line. */
        byte lineEnd() {
            return (byte) (linesEndWithCr ? '\r' : '\n');
        }
    }

    /** Whether lines end with CR: there is one before any LF, and no LF right behind it. */
    static boolean linesEndWithCr(byte[] start, int length) {
        for (int i = 0; i < length; i++) {
            if (start[i] == '\n') {
                return false;
            }
        }
        for (int i = 0; i < length; i++) {
            if (start[i] == '\r') {
                return true;
            }
        }
        return false;
    }

    private static final class Moments {
        int count;
        double mean;
        double squares;

        void add(double x) {
            count++;
            double off = x - mean;
            mean += off / count;
            squares += off * (x - mean);
        }
    }

    /**
     * Looks at the first lines: features that lie far from 0 in each of them, such as years, are counted from their mean
     * there, so that they keep their resolution.
     */
    static Look look(byte[] start, boolean isAll, ReadOptions options) {
        boolean areCr = linesEndWithCr(start, start.length);
        if (options.log1p() || options.normalize() || options.numbers() == ReadOptions.Numbers.RAW) {
            return new Look(areCr, List.of());
        }
        int end = isAll
                ? start.length
                : Chunks.lines((byte) (areCr ? '\r' : '\n')).lastEnd(start, start.length);
        var scan = new Scan(start, 0, end);
        scan.linesEndWithCr = areCr;
        var moments = new LinkedHashMap<Integer, Moments>();
        int lines = 0;
        while (!scan.isAtEnd() && lines < LOOK_AT) {
            scan.skipBlanks();
            if (!scan.isAtLineEnd() && scan.bytes[scan.at] != '#') {
                lookAt(scan, moments, lines == 0);
                int seen = ++lines;
                moments.values().removeIf(of -> of.count != seen);
                if (moments.isEmpty()) {
                    break;
                }
            }
            scan.skipLine();
        }
        var columns = new ArrayList<Schema.Column>();
        moments.forEach((feature, of) -> {
            double deviation = Math.sqrt(of.squares / of.count);
            if (of.count > 1 && Schema.Column.isFar(of.mean, deviation)) {
                columns.add(Schema.Column.entry(feature, of.mean, 0));
            }
        });
        return new Look(areCr, List.copyOf(columns));
    }

    /** Notes the values of a line, as far as it can be read; the parser reports what is wrong in it. */
    private static void lookAt(Scan scan, Map<Integer, Moments> moments, boolean isFirst) {
        while (!scan.isAtLineEnd() && scan.bytes[scan.at] != '#') {
            int colon = scan.at;
            while (colon < scan.end && scan.bytes[colon] >= '0' && scan.bytes[colon] <= '9') {
                colon++;
            }
            boolean isFeature = colon > scan.at && colon - scan.at < 10 && colon < scan.end && scan.bytes[colon] == ':';
            if (isFeature) {
                int feature =
                        Integer.parseInt(new String(scan.bytes, scan.at, colon - scan.at, StandardCharsets.US_ASCII));
                scan.at = colon + 1;
                double value = scan.number();
                var known = isFirst ? moments.computeIfAbsent(feature, f -> new Moments()) : moments.get(feature);
                if (known != null && Double.isFinite(value)) {
                    known.add(value);
                }
            }
            while (!scan.isAtLineEnd() && !scan.isAtBlank()) {
                scan.at++;
            }
            scan.skipBlanks();
        }
    }

    /** Parses whole lines. */
    Parsed parse(Scan scan) {
        var part = new PartBuilder((scan.end - scan.at) / LEAST_BYTES_PER_FEATURE + 16);
        while (!scan.isAtEnd()) {
            line(scan, part);
        }
        return new Parsed(part.buildLoose(), part.largestIndex() + 1, smallest, hasQueries);
    }

    /** Parses one line, which may hold no example. */
    void line(Scan scan, PartBuilder part) {
        scan.skipBlanks();
        if (!scan.isAtLineEnd() && scan.bytes[scan.at] != '#') {
            example(scan, part);
        }
        scan.skipLine();
    }

    private void example(Scan scan, PartBuilder part) {
        double label = needsLabels ? label(scan) : skipLabel(scan);
        while (true) {
            scan.skipBlanks();
            if (scan.isAtLineEnd() || scan.bytes[scan.at] == '#') {
                break;
            }
            feature(scan, part);
        }
        for (int k = 0; k < far.length; k++) {
            if (!isThere[k] && areKeyed) {
                part.keyed(far[k], (float) -origins[k]);
            } else if (!isThere[k]) {
                part.feature(far[k], (float) -origins[k]);
            }
            isThere[k] = false;
        }
        part.example(label);
    }

    private static double label(Scan scan) {
        int start = scan.at;
        double label = scan.number();
        if (Double.isNaN(label) || !isBlankOrEnd(scan)) {
            scan.at = start;
            throw new BadLine(scan.line, "expected a number as label, found '" + Printable.of(scan.word()) + "'");
        }
        if (Double.isInfinite(label)) {
            scan.at = start;
            throw new BadLine(scan.line, "a label must be within the range of a double, found '" + scan.word() + "'");
        }
        return label + 0.0; // which makes -0 a 0
    }

    private static double skipLabel(Scan scan) {
        int i = scan.at;
        while (i < scan.end && scan.bytes[i] > ' ' && scan.bytes[i] != ':') {
            i++;
        }
        if (i == scan.end || scan.bytes[i] != ':') {
            scan.at = i;
        }
        return 0;
    }

    private void feature(Scan scan, PartBuilder part) {
        int start = scan.at;
        long index = 0;
        int i = start;
        for (int d; i < scan.end && (d = scan.bytes[i] - '0') >= 0 && d <= 9 && (areKeyed || index < 1L << 40); i++) {
            index = index * 10 + d;
        }
        checkKey(scan, start, i, index);
        while (index >= 1L << 40 && !areKeyed && i < scan.end && scan.bytes[i] >= '0' && scan.bytes[i] <= '9') {
            i++; // it is too large, however many digits follow
        }
        if (i == start || i >= scan.end || scan.bytes[i] != ':') {
            if (isQuery(scan)) {
                hasQueries = true;
                return;
            }
            throw new BadLine(scan.line, "expected index:value, found '" + Printable.of(scan.word()) + "'");
        }
        if (index > Integer.MAX_VALUE - 8 && !areKeyed) {
            throw new BadLine(
                    scan.line,
                    "the largest index is " + (Integer.MAX_VALUE - 8) + ", found '" + Printable.of(scan.word())
                            + "'; --hash-bits 64 takes any number of 64 bits");
        }
        if (index < firstIndex && !areKeyed) {
            throw new BadLine(
                    scan.line,
                    "found the feature 0, but the training data counts features from 1: was this file written by"
                            + " another tool? Its features would all be taken for others");
        }
        scan.at = i + 1;
        double value = scan.number();
        if (Double.isNaN(value) || !isBlankOrEnd(scan)) {
            scan.at = start;
            throw new BadLine(scan.line, "expected index:value, found '" + Printable.of(scan.word()) + "'");
        }
        smallest = (int) Math.min(smallest, index & Long.MAX_VALUE);
        int place = index >= 0 && index < farOf.length ? farOf[(int) index] : -1;
        if (place >= 0) {
            isThere[place] = true;
            value -= origins[place];
        }
        if (place >= 0 || value != 0) {
            add(part, index, finite((float) value, scan, start));
        }
    }

    private void add(PartBuilder part, long feature, float value) {
        if (areKeyed) {
            part.keyed(feature, value);
        } else {
            part.feature((int) feature, value);
        }
    }

    /** Refuses a key of more than 64 bits, which has wrapped around. */
    private void checkKey(Scan scan, int start, int end, long key) {
        if (areKeyed && end - start > 18) {
            var digits = new String(scan.bytes, start, end - start, StandardCharsets.US_ASCII).replaceFirst("^0+", "");
            if (!digits.isEmpty() && !digits.equals(Long.toUnsignedString(key))) {
                throw new BadLine(
                        scan.line, "the largest key is 18446744073709551615, found '" + Printable.of(digits) + "'");
            }
        }
    }

    private static float finite(float value, Scan scan, int start) {
        if (Float.isInfinite(value)) {
            scan.at = start;
            throw new BadLine(scan.line, "values must be within the range of a float, found '" + scan.word() + "'");
        }
        return value;
    }

    /** Passes by {@code qid:7}. */
    private static boolean isQuery(Scan scan) {
        if (scan.at + 4 > scan.end
                || scan.bytes[scan.at] != 'q'
                || scan.bytes[scan.at + 1] != 'i'
                || scan.bytes[scan.at + 2] != 'd'
                || scan.bytes[scan.at + 3] != ':') {
            return false;
        }
        int i = scan.at + 4;
        while (i < scan.end && scan.bytes[i] >= '0' && scan.bytes[i] <= '9') {
            i++;
        }
        int before = scan.at;
        scan.at = i;
        if (i == before + 4 || !isBlankOrEnd(scan)) {
            scan.at = before;
            return false;
        }
        return true;
    }

    private static boolean isBlankOrEnd(Scan scan) {
        return scan.isAtLineEnd() || scan.isAtBlank();
    }

    /** Whether a line looks like one of this format: a label, then features, each with its index. */
    static boolean isLine(String line) {
        int comment = line.indexOf('#');
        var words = (comment < 0 ? line : line.substring(0, comment)).strip().split("\\s+", -1);
        boolean isLine = !words[0].isEmpty() && words[0].indexOf(':') < 0 && line.contains(":");
        for (int i = 1; i < words.length && isLine; i++) { // a line may have any number of features
            int colon = words[i].indexOf(':');
            isLine = colon > 0
                    && colon < words[i].length() - 1
                    && words[i].indexOf(':', colon + 1) < 0
                    && (words[i].startsWith("qid:")
                            || words[i].chars().limit(colon).allMatch(c -> c >= '0' && c <= '9'));
        }
        return isLine;
    }
}
