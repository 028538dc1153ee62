package orrery.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.zip.CRC32C;
import orrery.store.Place;

/**
 * Labelled examples in libsvm files that are not held in memory, but read again at each pass ({@link AsyncReader}).
 *
 * @param pieces the files' parts
 * @param examples by piece: how many begin in it
 * @param features numbers of features are below this
 * @param labels the different ones, ascending; one more than {@link #MOST_LABELS} if there are more
 * @param areSorted whether examples with the same label lie together: used in that order, they teach little
 * @param schema what features and labels are, for a model
 */
public record Stream(
        List<Piece> pieces, List<Long> examples, int features, List<Float> labels, boolean areSorted, Schema schema) {
    static final int MOST_LABELS = 10_000;
    private static final int BATCH = 4096;

    /** Bytes of a piece, of files that have no blocks of their own. */
    public static final long PIECE = 32 << 20;

    public Stream {
        pieces = List.copyOf(pieces);
        examples = List.copyOf(examples);
        labels = List.copyOf(labels);
    }

    /**
     * Reads all once, in so many threads, to see what there is.
     *
     * @param most bytes of a piece; see {@link Piece#of}
     */
    public static Stream survey(List<Place> files, long most, int threads) throws IOException, InterruptedException {
        var pieces = Piece.of(files, most);
        try (var pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("survey-", 0).daemon().factory())) {
            var seen = pool.invokeAll(pieces.stream()
                    .map(piece -> (Callable<Seen>) () -> Seen.in(piece))
                    .toList());
            var examples = new ArrayList<Long>();
            var labels = new LabelCounts();
            int features = 0;
            for (var one : seen) {
                examples.add(one.get().examples());
                labels.addAll(one.get().labels());
                features = Math.max(features, one.get().features());
            }
            if (examples.stream().mapToLong(Long::longValue).sum() == 0) {
                throw new DataException(files + ": there are no examples in it");
            }
            return new Stream(
                    pieces,
                    examples,
                    features,
                    labels.distinct(),
                    labels.areSorted(),
                    Schema.libsvm(ReadOptions.defaults(), features));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private record Seen(long examples, int features, LabelCounts labels) {
        static Seen in(Piece piece) throws IOException, InterruptedException {
            long examples = 0;
            int features = 0;
            var labels = new LabelCounts();
            try (var reader = new AsyncReader(List.of(piece), BATCH, 2, Integer.MAX_VALUE - 8, 1)) {
                for (var batch = reader.next(); batch != null; batch = reader.next()) {
                    examples += batch.examples().size();
                    features = Math.max(features, batch.largest() + 1);
                    for (long i = 0; i < batch.examples().size(); i++) {
                        labels.add(batch.examples().label(i));
                    }
                }
            }
            return new Seen(examples, features, labels);
        }
    }

    /** All examples. */
    public long size() {
        return examples.stream().mapToLong(Long::longValue).sum();
    }

    /**
     * The pieces by worker, and how many examples these are.
     *
     * @param hosts by worker: its machine
     */
    public List<Share> shares(List<String> hosts) {
        var counts = new HashMap<Piece, Long>();
        for (int p = 0; p < pieces.size(); p++) {
            counts.put(pieces.get(p), examples.get(p));
        }
        var shares = new ArrayList<Share>();
        for (var mine : FileAssigner.assign(pieces, hosts)) {
            long sum = 0;
            for (var piece : mine) {
                sum += counts.getOrDefault(piece, 0L);
            }
            shares.add(new Share(mine, sum));
        }
        return Collections.unmodifiableList(shares);
    }

    /** Batches of one worker's examples, for a reader. */
    public AsyncReader.Passes passes(Share share, int batch) {
        return PieceBatches.passes(share.pieces(), batch, features);
    }

    /** What one worker reads. */
    public record Share(List<Piece> pieces, long examples) {
        public Share {
            pieces = List.copyOf(pieces);
        }
    }

    /** A sum of what the survey has seen, for provenance: not of each byte. */
    public String sum() {
        var crc = new CRC32C();
        for (int p = 0; p < pieces.size(); p++) {
            var piece = pieces.get(p);
            crc.update((piece.file().name() + " " + piece.from() + " " + piece.to() + " " + examples.get(p) + "\n")
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return String.format("survey crc32c:%08x", crc.getValue());
    }

    @Override
    public String toString() {
        return size() + " examples in " + pieces.size() + " pieces, " + features + " features";
    }
}
