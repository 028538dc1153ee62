package orrery.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/**
 * Values in the distinguished encoding rules of ASN.1 (X.690), as far as certificates of a run have them: a tag, a length,
 * the content.
 */
final class Der {
    private static final int BOOLEAN = 0x01;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_IDENTIFIER = 0x06;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int SEQUENCE = 0x30;
    private static final int TAGGED = 0x80; // context-specific
    private static final int TAGGED_CONSTRUCTED = 0xa0;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private Der() {}

    private static byte[] of(int tag, byte[]... contents) {
        var content = new ByteArrayOutputStream();
        for (var part : contents) {
            content.writeBytes(part);
        }
        int length = content.size();
        var value = new ByteArrayOutputStream();
        value.write(tag);
        if (length < 0x80) {
            value.write(length);
        } else { // how many bytes the length has, then these
            int bytes = (32 - Integer.numberOfLeadingZeros(length) + 7) / 8;
            value.write(0x80 | bytes);
            for (int b = bytes - 1; b >= 0; b--) {
                value.write(length >>> (8 * b));
            }
        }
        value.writeBytes(content.toByteArray());
        return value.toByteArray();
    }

    static byte[] sequence(byte[]... values) {
        return of(SEQUENCE, values);
    }

    /** Values under a number that says what they are for. */
    static byte[] tagged(int number, byte[]... values) {
        return of(TAGGED_CONSTRUCTED | number, values);
    }

    /** ASCII text under such a number. */
    static byte[] taggedText(int number, String text) {
        return of(TAGGED | number, text.getBytes(StandardCharsets.US_ASCII));
    }

    static byte[] truth() {
        return of(BOOLEAN, new byte[] {(byte) 0xff});
    }

    /** @param value big-endian two's complement, as of {@link java.math.BigInteger#toByteArray} */
    static byte[] integer(byte... value) {
        return of(INTEGER, value);
    }

    /** @param unused how many of the last bits do not count */
    static byte[] bits(int unused, byte... value) {
        return of(BIT_STRING, new byte[] {(byte) unused}, value);
    }

    static byte[] octets(byte[] value) {
        return of(OCTET_STRING, value);
    }

    /** @param name numbers with dots between them */
    static byte[] identifier(String name) {
        int[] numbers =
                Arrays.stream(name.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
        var content = new ByteArrayOutputStream();
        content.write(40 * numbers[0] + numbers[1]);
        for (int number : Arrays.copyOfRange(numbers, 2, numbers.length)) { // base 128, all but the last byte marked
            for (int shift = 28; shift > 0; shift -= 7) {
                if (number >>> shift != 0) {
                    content.write(0x80 | (number >>> shift & 0x7f));
                }
            }
            content.write(number & 0x7f);
        }
        return of(OBJECT_IDENTIFIER, content.toByteArray());
    }

    static byte[] time(Instant instant) {
        return of(GENERALIZED_TIME, TIME.format(instant).getBytes(StandardCharsets.US_ASCII));
    }
}
