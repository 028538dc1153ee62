package orrery.data;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
 * @param sums over all examples
 * @param commonest label
 */
public record Stream(
        List<Piece> pieces,
        List<Long> examples,
        int features,
        List<Double> labels,
        boolean areSorted,
        Schema schema,
        FeatureSums sums,
        double commonest) {
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
            var far = farFeatures(files.getFirst());
            var any = Schema.libsvm(ReadOptions.defaults(), far, Integer.MAX_VALUE - 8, 0);
            var seen = new ArrayDeque<Future<Seen>>();
            var waiting = new ArrayDeque<>(pieces);
            var examples = new ArrayList<Long>();
            var labels = new LabelCounts();
            int features = 0;
            int smallest = Integer.MAX_VALUE;
            var sums = new FeatureSums();
            while (!waiting.isEmpty() || !seen.isEmpty()) {
                while (!waiting.isEmpty() && seen.size() <= threads) { // no more than these are in memory
                    var piece = waiting.remove();
                    seen.add(pool.submit(() -> Seen.in(piece, any)));
                }
                var one = seen.remove().get();
                smallest = Math.min(smallest, one.smallest());
                examples.add(one.examples());
                labels.addAll(one.labels());
                sums.addAll(one.sums());
                features = Math.max(features, one.features());
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
                    Schema.libsvm(ReadOptions.defaults(), far, features, smallest == 0 ? 0 : 1),
                    sums,
                    labels.commonest());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** The features that are counted from an origin, by a file's first lines. */
    private static List<Schema.Column> farFeatures(Place file) throws IOException {
        try (var text = Text.open(file)) {
            var begun = text.begin(Look.BYTES);
            var look = Libsvm.look(begun.start(), begun.isAll(), ReadOptions.defaults());
            if (look.linesEndWithCr()) {
                throw new DataException(file + ": its lines end with CR alone, and --stream takes lines that end with"
                        + " LF; write it anew by: orrery data convert");
            }
            return look.far();
        }
    }

    private record Seen(long examples, int features, int smallest, LabelCounts labels, FeatureSums sums) {
        static Seen in(Piece piece, Schema any) throws IOException, InterruptedException {
            long examples = 0;
            int features = 0;
            int smallest = Integer.MAX_VALUE;
            var labels = new LabelCounts();
            var sums = new FeatureSums();
            try (var reader = new AsyncReader(PieceBatches.passes(List.of(piece), BATCH, any), 2, 1)) {
                for (var batch = reader.next(); batch != null; batch = reader.next()) {
                    examples += batch.examples().size();
                    features = Math.max(features, batch.largest() + 1);
                    sums.add(batch.examples());
                    for (var part : batch.examples().parts()) {
                        for (int k = 0; k < part.nonZeros(); k++) {
                            smallest = Math.min(smallest, part.indices()[k]);
                        }
                    }
                    for (long i = 0; i < batch.examples().size(); i++) {
                        labels.add(batch.examples().label(i));
                    }
                }
            }
            return new Seen(examples, features, smallest, labels, sums);
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
        return PieceBatches.passes(share.pieces(), batch, schema);
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
