package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A stream of lines, parsed in parallel: cut into chunks of whole records, each parsed by some thread, the results taken
 * in the order of the stream. At most two chunks per thread are in memory.
 */
final class Chunks {
    private static final int CHUNK = 1 << 22;
    private static final int LONGEST_RECORD = 1 << 30;

    private Chunks() {}

    /** Where a chunk of whole records may end. */
    interface Cutter {
        /** The end of the last whole record in {@code bytes[0..length)}, or 0 if there is none. Called for every chunk in turn. */
        int lastEnd(byte[] bytes, int length);
    }

    /** Takes results, in the order of the stream. */
    @FunctionalInterface
    interface Taker<T> {
        void accept(T result) throws IOException;
    }

    /** Parses whole records. */
    interface Parser<T> {
        /** Parses from the scan's position to its end, counting lines in {@link Scan#line}. */
        T parse(Scan scan, boolean isFirst);
    }

    /** A cutter for records of one line, whose last byte is given. */
    static Cutter lines(byte lineEnd) {
        return (bytes, length) -> {
            int end = length;
            while (end > 0 && bytes[end - 1] != lineEnd) {
                end--;
            }
            return end;
        };
    }

    /** The end of the last line that ends with LF. */
    static int lastLine(byte[] bytes, int length) {
        return lines((byte) '\n').lastEnd(bytes, length);
    }

    /**
     * Reads {@code in} to its end.
     *
     * @param name the stream's name in messages
     * @throws DataException for a {@link BadLine}, with its number in the stream
     */
    static <T> void parse(InputStream in, String name, int threads, Cutter cutter, Parser<T> parser, Taker<T> inOrder)
            throws IOException {
        var chunks = new ArrayDeque<Pending<T>>();
        var free = new ArrayDeque<byte[]>(); // chunks that have been parsed, to be filled again
        try (var pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("reader-", 0).daemon().factory())) {
            try {
                var bytes = new byte[CHUNK];
                int held = 0;
                boolean isFirst = true;
                long line = 1;
                for (boolean isLast = false; !isLast; ) {
                    held += in.readNBytes(bytes, held, bytes.length - held);
                    isLast = held < bytes.length;
                    int end = isLast ? held : cutter.lastEnd(bytes, held);
                    if (end == 0 && !isLast) {
                        if (bytes.length >= LONGEST_RECORD) {
                            throw new DataException(name + ": a record is longer than " + LONGEST_RECORD + " bytes");
                        }
                        bytes = Arrays.copyOf(bytes, 2 * bytes.length);
                        continue;
                    }
                    var whole = bytes;
                    boolean first = isFirst;
                    isFirst = false;
                    var scan = new Scan(whole, 0, end);
                    chunks.add(new Pending<>(scan, pool.submit(() -> parser.parse(scan, first))));
                    bytes = free.isEmpty() ? new byte[CHUNK] : free.pop();
                    System.arraycopy(whole, end, bytes, 0, held - end);
                    held -= end;
                    if (chunks.size() > 2 * threads) {
                        line += take(chunks.remove(), name, line, inOrder, free);
                    }
                }
                while (!chunks.isEmpty()) {
                    line += take(chunks.remove(), name, line, inOrder, free);
                }
            } finally {
                pool.shutdownNow();
            }
        }
    }

    private record Pending<T>(Scan scan, Future<T> result) {}

    /** Hands over a chunk's result and returns its lines. */
    private static <T> long take(
            Pending<T> chunk, String name, long firstLine, Taker<T> inOrder, ArrayDeque<byte[]> free)
            throws IOException {
        try {
            inOrder.accept(chunk.result().get());
            if (chunk.scan().bytes.length == CHUNK) {
                free.push(chunk.scan().bytes);
            }
            return chunk.scan().line;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case BadLine bad ->
                    throw new DataException(name + ":" + (firstLine + bad.line) + ": " + bad.getMessage(), bad);
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IOException(name + ": " + e.getMessage(), e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(name + ": reading was interrupted");
        }
    }
}
