package orrery.data;

import orrery.data.Examples.Part;

/**
 * The format of LIBSVM and its kin: a line is {@code label index:value index:value ... # comment}. Indices are whole
 * numbers from 0 or 1 up, taken as they are; empty lines are passed over.
 */
final class Libsvm {
    private static final int LEAST_BYTES_PER_FEATURE = 6; // a guess at the room to begin with

    private Libsvm() {}

    /** What a chunk holds, and how many features that takes. */
    record Parsed(Part part, int features) {}

    /** Parses whole lines. Where no labels are needed, a line may do without, and its label is not looked at. */
    static Parsed parse(Scan scan, boolean needsLabels) {
        var part = new PartBuilder((scan.end - scan.at) / LEAST_BYTES_PER_FEATURE + 16);
        while (!scan.isAtEnd()) {
            nextLine(scan, part, needsLabels);
        }
        return new Parsed(part.buildLoose(), part.largestIndex() + 1);
    }

    /** Parses one line, which may hold no example. */
    static void line(Scan scan, PartBuilder part) {
        nextLine(scan, part, true);
    }

    private static void nextLine(Scan scan, PartBuilder part, boolean needsLabels) {
        scan.skipBlanks();
        if (!scan.isAtLineEnd() && scan.bytes[scan.at] != '#') {
            line(scan, part, needsLabels);
        }
        scan.skipLine();
    }

    private static void line(Scan scan, PartBuilder part, boolean needsLabels) {
        float label = needsLabels ? label(scan) : skipLabel(scan);
        while (true) {
            scan.skipBlanks();
            if (scan.isAtLineEnd() || scan.bytes[scan.at] == '#') {
                break;
            }
            feature(scan, part);
        }
        part.example(label);
    }

    private static float label(Scan scan) {
        int start = scan.at;
        float label = scan.number();
        if (Float.isNaN(label) || !isBlankOrEnd(scan)) {
            scan.at = start;
            throw new BadLine(scan.line, "expected a number as label, found '" + scan.word() + "'");
        }
        if (Float.isInfinite(label)) {
            scan.at = start;
            throw new BadLine(scan.line, "a label must be within the range of a float, found '" + scan.word() + "'");
        }
        return label;
    }

    private static float skipLabel(Scan scan) {
        int i = scan.at;
        while (i < scan.end && scan.bytes[i] > ' ' && scan.bytes[i] != ':') {
            i++;
        }
        if (i == scan.end || scan.bytes[i] != ':') {
            scan.at = i;
        }
        return 0;
    }

    private static void feature(Scan scan, PartBuilder part) {
        int start = scan.at;
        long index = 0;
        int i = start;
        for (int d; i < scan.end && (d = scan.bytes[i] - '0') >= 0 && d <= 9 && index < 1L << 40; i++) {
            index = index * 10 + d;
        }
        if (i == start || i >= scan.end || scan.bytes[i] != ':') {
            throw new BadLine(scan.line, "expected index:value, found '" + scan.word() + "'");
        }
        if (index > Integer.MAX_VALUE - 8) {
            throw new BadLine(
                    scan.line, "the largest index is " + (Integer.MAX_VALUE - 8) + ", found '" + scan.word() + "'");
        }
        scan.at = i + 1;
        float value = scan.number();
        if (Float.isNaN(value) || !isBlankOrEnd(scan)) {
            scan.at = start;
            throw new BadLine(scan.line, "expected index:value, found '" + scan.word() + "'");
        }
        if (Float.isInfinite(value)) {
            scan.at = start;
            throw new BadLine(scan.line, "values must be within the range of a float, found '" + scan.word() + "'");
        }
        if (value != 0) {
            part.feature((int) index, value);
        }
    }

    private static boolean isBlankOrEnd(Scan scan) {
        return scan.isAtLineEnd() || scan.bytes[scan.at] == ' ' || scan.bytes[scan.at] == '\t';
    }
}
