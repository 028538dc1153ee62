package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads pieces of libsvm files in a thread of its own, ahead of who takes the batches, pass after pass (FlexPS, section 8).
 * Never more than {@code ahead} batches are in memory, and one that is being made. All but {@link #close} is for one thread.
 */
public final class AsyncReader implements AutoCloseable {
    private static final int BUFFER = 1 << 20;
    private static final int LONGEST_LINE = 1 << 28;

    private final List<Piece> pieces;
    private final int batch;
    private final int features;
    private final int passes;
    private final ArrayBlockingQueue<Made> made;
    private final Thread thread;
    private volatile boolean isClosed;
    private boolean isOver;

    /** A batch; or the end, or why there is none. */
    private record Made(@Nullable Batch batch, @Nullable Throwable failure) {}

    /**
     * Examples that are used together.
     *
     * @param largest the largest feature that one has, or -1
     */
    public record Batch(Examples examples, int largest) {

        /** The features that they have, ascending, each once: what a worker announces. Worked out anew at each call. */
        public long[] keys() {
            var keys = new long[Math.toIntExact(examples.nonZeros())];
            int n = 0;
            for (var part : examples.parts()) {
                for (int k = 0; k < part.nonZeros(); k++) {
                    keys[n++] = part.indices()[k];
                }
            }
            return Keys.distinct(keys);
        }
    }

    /**
     * Begins to read.
     *
     * @param batch examples of a batch; the last of a pass may be smaller
     * @param ahead batches that may wait, at least 1
     * @param features larger feature numbers are an error
     * @param passes how often all is read
     */
    public AsyncReader(List<Piece> pieces, int batch, int ahead, int features, int passes) {
        if (batch < 1 || ahead < 1 || features < 1 || passes < 1) {
            throw new IllegalArgumentException("batch, ahead, features and passes must be 1 or more, got " + batch
                    + ", " + ahead + ", " + features + ", " + passes);
        }
        this.pieces = List.copyOf(pieces);
        this.batch = batch;
        this.features = features;
        this.passes = passes;
        made = new ArrayBlockingQueue<>(ahead);
        thread = Thread.ofPlatform().name("async-reader").daemon().unstarted(this::read);
        thread.start();
    }

    /**
     * The next batch, once it is there; null when there are no more.
     *
     * @throws IOException if a file cannot be read, or a line not be understood
     */
    public @Nullable Batch next() throws IOException, InterruptedException {
        if (isOver) {
            return null;
        }
        var next = made.take();
        switch (next.failure()) {
            case null -> {}
            case IOException e -> {
                isOver = true;
                throw new IOException(e.getMessage(), e);
            }
            case Throwable e -> {
                isOver = true;
                throw new IllegalStateException(e);
            }
        }
        isOver = next.batch() == null;
        return next.batch();
    }

    /** Batches that wait to be taken. */
    public int waiting() {
        return made.size();
    }

    /** Passes over batches that were used before: where a run goes on from a checkpoint. */
    public void skip(long batches) throws IOException, InterruptedException {
        for (long b = 0; b < batches && next() != null; b++) {}
    }

    /** Ends the reading; what was read and not taken is gone. */
    @Override
    public void close() {
        isClosed = true;
        thread.interrupt();
        made.clear();
    }

    // The thread's side

    private void read() {
        try {
            for (int pass = 0; pass < passes; pass++) {
                var builder = new PartBuilder();
                for (var piece : pieces) {
                    builder = read(piece, builder);
                }
                if (builder.size() > 0) {
                    put(builder);
                }
            }
            made.put(new Made(null, null));
        } catch (InterruptedException | InterruptedIOException e) {
            // closed
        } catch (Throwable e) {
            if (!isClosed) {
                fail(e);
            }
        }
    }

    private void fail(Throwable why) {
        try {
            made.put(new Made(null, why));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void put(PartBuilder builder) throws InterruptedException {
        var examples = Examples.of(List.of(builder.build()), features);
        made.put(new Made(new Batch(examples, builder.largestIndex()), null));
    }

    /** Reads the lines that begin in a piece. Returns the batch that is under way. */
    private PartBuilder read(Piece piece, PartBuilder underWay) throws IOException, InterruptedException {
        var builder = underWay;
        try (var lines = new PieceLines(piece)) {
            for (var scan = lines.next(); scan != null; scan = lines.next()) {
                while (!scan.isAtEnd()) {
                    int start = scan.at;
                    try {
                        Libsvm.line(scan, builder);
                    } catch (BadLine e) {
                        throw new DataException(
                                piece.file() + ": line at byte " + lines.place(start) + ": " + e.getMessage());
                    }
                    if (builder.largestIndex() >= features) {
                        throw new DataException(piece.file() + ": line at byte " + lines.place(start) + ": feature "
                                + builder.largestIndex() + ", there are 0 to " + (features - 1) + " only");
                    }
                    if (builder.size() == batch) {
                        put(builder);
                        builder = new PartBuilder();
                    }
                }
            }
        }
        return builder;
    }

    /** The bytes of a piece, in runs of whole lines. */
    private static final class PieceLines implements AutoCloseable {
        private final Piece piece;
        private final InputStream in;
        private byte[] bytes = new byte[BUFFER];
        private int held; // bytes that are in the buffer
        private int used; // of these, those that were given
        private long first; // where the buffer's first byte is in the file
        private boolean isAtEnd;

        PieceLines(Piece piece) throws IOException {
            this.piece = piece;
            boolean isCompressed = piece.file().name().endsWith(".gz");
            if (isCompressed) {
                in = new GZIPInputStream(piece.file().open(), 1 << 16);
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
            boolean isCompressed = piece.file().name().endsWith(".gz");
            long limit = isCompressed ? Long.MAX_VALUE : piece.to();
            while (true) {
                if (first >= limit) {
                    return null;
                }
                int end = Chunks.lastLine(bytes, held);
                int last = lastStart(limit, end);
                if (last > 0) {
                    used = last;
                    return new Scan(bytes, 0, last);
                }
                if (isAtEnd) {
                    if (held == 0) {
                        return null;
                    }
                    used = held; // the last line has no end
                    return new Scan(bytes, 0, held);
                }
                fill();
            }
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
                    throw new DataException(
                            piece.file() + ": line at byte " + first + ": is longer than " + LONGEST_LINE);
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
}
