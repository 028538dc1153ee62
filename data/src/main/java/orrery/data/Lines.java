package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads a text line by line, without making an object of each; lines that begin with # or % are comments. */
final class Lines {
    private static final int BUFFER = 1 << 16;

    private final byte[] separators; // what stands between words, by byte: 1

    /** Takes the words of a line: {@code count} of them, word i from {@code ends[2 * i]} to {@code ends[2 * i + 1]}. */
    @FunctionalInterface
    interface Taker {
        void take(byte[] bytes, int[] ends, int count, long line) throws DataException;
    }

    /** Words are parted by any number of the bytes of {@code separators}. */
    Lines(String separators) {
        this.separators = new byte[256];
        for (int i = 0; i < separators.length(); i++) {
            this.separators[separators.charAt(i)] = 1;
        }
    }

    void read(InputStream in, Taker taker) throws IOException {
        var buffer = new byte[BUFFER];
        var ends = new int[8];
        int held = 0;
        long line = 0;
        while (true) {
            int read = in.read(buffer, held, buffer.length - held);
            int end = held + Math.max(0, read);
            int start = 0;
            for (int i = held; i < end; i++) {
                if (buffer[i] == '\n') {
                    take(buffer, start, i, ends, ++line, taker);
                    start = i + 1;
                }
            }
            if (read < 0) {
                take(buffer, start, end, ends, ++line, taker);
                return;
            }
            held = end - start;
            System.arraycopy(buffer, start, buffer, 0, held);
            if (held == buffer.length) {
                buffer = Arrays.copyOf(buffer, 2 * held);
            }
        }
    }

    private void take(byte[] bytes, int from, int to, int[] ends, long line, Taker taker) throws DataException {
        int count = 0;
        for (int at = from; at < to && count < ends.length / 2; count++) {
            while (at < to && separators[bytes[at] & 0xff] != 0) {
                at++;
            }
            if (at == to) {
                break;
            }
            ends[2 * count] = at;
            while (at < to && separators[bytes[at] & 0xff] == 0) {
                at++;
            }
            ends[2 * count + 1] = at;
        }
        if (count > 0 && bytes[ends[0]] != '#' && bytes[ends[0]] != '%') {
            taker.take(bytes, ends, count, line);
        }
    }

    static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }
}
