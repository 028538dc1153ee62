package orrery.data;

import java.nio.charset.StandardCharsets;

/** A position in bytes that are being parsed. Confined to one thread. */
final class Scan {
    private static final double[] POWERS_OF_TEN = new double[23]; // those that a double holds exactly

    static {
        double power = 1;
        for (int i = 0; i < POWERS_OF_TEN.length; i++, power *= 10) {
            POWERS_OF_TEN[i] = power;
        }
    }

    final byte[] bytes;
    final int end;
    int at;
    long line; // from 0
    boolean linesEndWithCr; // a carriage return alone ends a line; if not, it is a blank

    Scan(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    boolean isAtEnd() {
        return at >= end;
    }

    boolean isAtLineEnd() {
        return at >= end || bytes[at] == '\n' || (bytes[at] == '\r' && linesEndWithCr);
    }

    boolean isAtBlank() {
        return at < end && isBlank(bytes[at]);
    }

    private boolean isBlank(byte b) {
        return b == ' ' || b == '\t' || (b == '\r' && !linesEndWithCr);
    }

    void skipBlanks() {
        while (at < end && isBlank(bytes[at])) {
            at++;
        }
    }

    void skipLine() {
        while (!isAtLineEnd()) {
            at++;
        }
        if (at < end) {
            at++;
            line++;
        }
    }

    /** The text from {@code from} to {@code to}, cut short for a message. */
    String text(int from, int to) {
        int length = Math.min(to - from, 40);
        return new String(bytes, from, length, StandardCharsets.UTF_8) + (length < to - from ? "..." : "");
    }

    /** The word at the position: up to a blank or the line's end. */
    String word() {
        int to = at;
        while (to < end && bytes[to] != ' ' && bytes[to] != '\t' && bytes[to] != '\n' && bytes[to] != '\r') {
            to++;
        }
        return text(at, to);
    }

    /**
     * Reads a number and stops behind it; NaN, with the position unchanged, if there is none. Numbers of up to 53 bits and
     * powers of ten up to 22 are exact in a double, so that one rounding follows; what is longer goes to the JDK.
     */
    double number() {
        return number('.');
    }

    /** The same where another character stands before the fraction. */
    double number(char point) {
        int start = at;
        int i = at;
        boolean isNegative = false;
        if (i < end && (bytes[i] == '-' || bytes[i] == '+')) {
            isNegative = bytes[i] == '-';
            i++;
        }
        long mantissa = 0;
        int digits = 0;
        int scale = 0;
        for (int d; i < end && (d = bytes[i] - '0') >= 0 && d <= 9; i++, digits++) {
            mantissa = mantissa * 10 + d;
        }
        if (i < end && bytes[i] == point) {
            i++;
            for (int d; i < end && (d = bytes[i] - '0') >= 0 && d <= 9; i++, digits++, scale--) {
                mantissa = mantissa * 10 + d;
            }
        }
        if (digits == 0) {
            return Double.NaN;
        }
        if (i < end && (bytes[i] == 'e' || bytes[i] == 'E')) {
            int j = i + 1;
            boolean isDown = j < end && bytes[j] == '-';
            if (j < end && (bytes[j] == '-' || bytes[j] == '+')) {
                j++;
            }
            int exponent = 0;
            int exponentDigits = 0;
            for (int d; j < end && (d = bytes[j] - '0') >= 0 && d <= 9; j++, exponentDigits++) {
                exponent = Math.min(9999, exponent * 10 + d);
            }
            if (exponentDigits > 0) {
                scale += isDown ? -exponent : exponent;
                i = j;
            }
        }
        at = i;
        if (digits > 18 || scale < -22 || scale > 22 || mantissa >= 1L << 53) {
            return Double.parseDouble(
                    new String(bytes, start, i - start, StandardCharsets.US_ASCII).replace(point, '.'));
        }
        double value = scale < 0 ? mantissa / POWERS_OF_TEN[-scale] : mantissa * POWERS_OF_TEN[scale];
        return isNegative ? -value : value;
    }
}
