package orrery.data;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads batches in a thread of its own, ahead of who takes them, pass after pass (FlexPS, section 8): from files, or from
 * what was packed on disk ({@link Spill}). Never more than {@code ahead} batches are in memory, and one that is being
 * made. All but {@link #close} is for one thread.
 */
public final class AsyncReader implements AutoCloseable {
    private static final int MOST_SECONDS = 600;

    private final Passes source;
    private final int passes;
    private final ArrayBlockingQueue<Made> made;
    private final Thread thread;
    private volatile boolean isClosed;
    private boolean isOver;

    /** A batch; or the end, or why there is none. */
    private record Made(@Nullable Batch batch, @Nullable Throwable failure) {}

    /** Where batches come from. */
    @FunctionalInterface
    public interface Passes {
        /** Begins a pass. */
        Pass begin() throws IOException;
    }

    /** Batches one after another. Confined to the thread that reads. */
    public interface Pass extends AutoCloseable {
        /** The next; null if there is none. */
        @Nullable
        Batch next() throws IOException, InterruptedException;

        @Override
        void close() throws IOException;
    }

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
                    keys[n++] = part.key(k);
                }
            }
            return Keys.distinct(keys);
        }
    }

    /**
     * Begins to read pieces of libsvm files.
     *
     * @param batch examples of a batch; the last of a pass may be smaller
     * @param ahead batches that may wait, at least 1
     * @param features larger feature numbers are an error
     * @param passes how often all is read
     */
    public AsyncReader(List<Piece> pieces, int batch, int ahead, int features, int passes) {
        this(
                PieceBatches.passes(
                        pieces,
                        batch,
                        Schema.libsvm(ReadOptions.defaults(), List.of(), features, 0),
                        (piece, sum) -> {}),
                ahead,
                passes);
    }

    /** Begins to read. */
    public AsyncReader(Passes source, int ahead, int passes) {
        if (ahead < 1 || passes < 1) {
            throw new IllegalArgumentException("ahead and passes must be 1 or more, got " + ahead + ", " + passes);
        }
        this.source = source;
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
        var next = made.poll();
        for (int i = 0; next == null; i++) {
            if (isClosed || (!thread.isAlive() && made.isEmpty())) {
                throw new IOException("the reader was closed, or has ended without a word");
            }
            if (i > MOST_SECONDS) {
                throw new IOException("nothing was read for " + MOST_SECONDS + " s: " + source
                        + " may be on a disk or server that does not answer");
            }
            next = made.poll(1, TimeUnit.SECONDS);
        }
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
            for (int number = 0; number < passes; number++) {
                try (var pass = source.begin()) {
                    for (var batch = pass.next(); batch != null; batch = pass.next()) {
                        made.put(new Made(batch, null));
                    }
                }
            }
            made.put(new Made(null, null));
        } catch (Throwable e) { // closing interrupts; a storage that does not answer may say the like
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
}
