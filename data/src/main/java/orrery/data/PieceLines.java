package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The bytes of a piece, in runs of whole lines. */
final class PieceLines implements AutoCloseable {
    private static final int LEAST_BUFFER = 1 << 12;
    private static final int BUFFER = 1 << 20;
    private static final int LONGEST_LINE = 1 << 28;

    private final Piece piece;
    private final InputStream in;
    private byte[] bytes;
    private int held; // bytes that are in the buffer
    private int used; // of these, those that were given
    private long first; // where the buffer's first byte is in the file
    private boolean isAtEnd;
    private final CRC32C crc = new CRC32C();

    PieceLines(Piece piece) throws IOException {
        this.piece = piece;
        bytes = new byte[Math.clamp(piece.bytes(), LEAST_BUFFER, BUFFER)];
        if (piece.isWhole()) {
            in = Text.open(piece.file()).in();
        } else {
            var channel = piece.file().parent().read(piece.file().name());
            first = Math.max(0, piece.from() - 1); // whether a line begins where the piece does
            in = Channels.newInputStream(channel.position(first));
        }
        if (first < piece.from()) {
            skipLine();
        }
    }

    /** The line that began before the piece belongs to the one before. */
    private void skipLine() throws IOException {
        while (true) {
            for (; used < held; used++) {
                if (bytes[used] == '\n') {
                    used++;
                    return;
                }
            }
            first += held;
            held = in.read(bytes, 0, bytes.length);
            used = 0;
            if (held < 0) {
                held = 0;
                isAtEnd = true;
                return;
            }
        }
    }

    long place(int at) {
        return first + at;
    }

    /** More whole lines, the last of them perhaps without its end; null if none begins in the piece any more. */
    @Nullable
    Scan next() throws IOException {
        System.arraycopy(bytes, used, bytes, 0, held - used);
        first += used;
        held -= used;
        used = 0;
        long limit = piece.isWhole() ? Long.MAX_VALUE : piece.to();
        while (true) {
            if (first >= limit) {
                return null;
            }
            int end = Chunks.lastLine(bytes, held);
            int last = lastStart(limit, end);
            if (last > 0) {
                return lines(last);
            }
            if (isAtEnd) {
                if (held == 0) {
                    return null;
                }
                return lines(held); // the last of them has no end
            }
            fill();
        }
    }

    private Scan lines(int end) {
        used = end;
        crc.update(bytes, 0, end);
        return new Scan(bytes, 0, end);
    }

    /** A sum of all bytes that were given so far: of the whole piece at its end. */
    long sum() {
        return crc.getValue();
    }

    /** The end of the last whole line that begins before the limit. */
    private int lastStart(long limit, int end) {
        if (first + end <= limit) {
            return end;
        }
        int at = (int) (limit - first); // a line that begins before this goes on to its end
        while (at < end && bytes[at - 1] != '\n') {
            at++;
        }
        return at;
    }

    private void fill() throws IOException {
        if (held == bytes.length) {
            if (held >= LONGEST_LINE) {
                throw new DataException(piece.file() + ": line at byte " + first + ": is longer than " + LONGEST_LINE);
            }
            bytes = Arrays.copyOf(bytes, 2 * bytes.length);
        }
        int n = in.read(bytes, held, bytes.length - held);
        if (n < 0) {
            isAtEnd = true;
        } else {
            held += n;
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
