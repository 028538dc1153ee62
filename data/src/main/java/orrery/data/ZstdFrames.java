package orrery.data;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * All frames of a zstd stream, one after another. The library's own stream looks for the end of the first frame only: of
 * a file that is cut short within a later one it would give a part without a word. One thread.
 */
final class ZstdFrames extends InputStream {
    private static final int BUFFER = 1 << 17;

    private final InputStream in;
    private final byte[] from = new byte[BUFFER];
    private final ByteBuffer packed = ByteBuffer.allocateDirect(BUFFER).flip();
    private final ByteBuffer plain = ByteBuffer.allocateDirect(BUFFER).flip();
    private final ZstdDecompressCtx context = new ZstdDecompressCtx();
    private boolean isBetweenFrames = true;

    ZstdFrames(InputStream in) {
        this.in = in;
    }

    /** Until there are plain bytes; false if there are no more. */
    private boolean fill() throws IOException {
        while (!plain.hasRemaining()) {
            boolean isAtEnd = !packed.hasRemaining() && !more();
            if (isAtEnd && isBetweenFrames) {
                return false;
            }
            plain.clear();
            try {
                isBetweenFrames = context.decompressDirectByteBufferStream(plain, packed);
            } catch (ZstdException e) {
                throw new IOException(e.getMessage(), e);
            } finally {
                plain.flip();
            }
            if (isAtEnd && !isBetweenFrames && !plain.hasRemaining()) {
                throw new EOFException("its last frame has no end");
            }
        }
        return true;
    }

    private boolean more() throws IOException {
        int n = in.read(from);
        packed.clear();
        if (n > 0) {
            packed.put(from, 0, n);
        }
        packed.flip();
        return n > 0;
    }

    @Override
    public int read(byte[] bytes, int at, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int n = Math.min(length, plain.remaining());
        plain.get(bytes, at, n);
        return n;
    }

    @Override
    public int read() throws IOException {
        return fill() ? plain.get() & 0xff : -1;
    }

    @Override
    public void close() throws IOException {
        context.close();
        in.close();
    }
}
