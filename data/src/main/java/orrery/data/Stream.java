package orrery.data;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import orrery.store.Place;

/**
 * Labelled examples in libsvm files that are not held in memory, but read again at each pass ({@link AsyncReader}).
 *
 * @param pieces the files' parts
 * @param examples by piece: how many begin in it
 * @param contents by piece: a sum of its lines' bytes, which each pass over it must find again
 * @param features numbers of features are below this; {@link Examples#OPEN} where they have keys
 * @param labels the different ones, ascending; one more than {@link #MOST_LABELS} if there are more
 * @param areSorted whether examples with the same label lie together: used in that order, they teach little
 * @param schema what features and labels are, for a model
 * @param featureSums over all examples
 * @param commonest label
 */
public record Stream(
        List<Piece> pieces,
        List<Long> examples,
        List<Long> contents,
        int features,
        List<Double> labels,
        boolean areSorted,
        Schema schema,
        FeatureSums featureSums,
        double commonest) {
    static final int MOST_LABELS = 10_000;
    private static final int BATCH = 4096;

    /** Bytes of a piece, of files that have no blocks of their own. */
    public static final long PIECE = 32 << 20;

    public Stream {
        pieces = List.copyOf(pieces);
        examples = List.copyOf(examples);
        contents = List.copyOf(contents);
        labels = List.copyOf(labels);
    }

    /**
     * Reads all once, in so many threads, to see what there is.
     *
     * @param most bytes of a piece; see {@link Piece#of}
     */
    public static Stream survey(List<Place> files, long most, int threads) throws IOException, InterruptedException {
        return survey(files, ReadOptions.defaults(), most, threads);
    }

    /** The same, read by options that are for libsvm. */
    public static Stream survey(List<Place> files, ReadOptions options, long most, int threads)
            throws IOException, InterruptedException {
        var pieces = Piece.of(files, most);
        var pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("survey-", 0).daemon().factory());
        try {
            var far = farFeatures(files.getFirst());
            var any = Schema.libsvm(options, far, Integer.MAX_VALUE - 8, 0);
            var seen = new ArrayDeque<Future<Seen>>();
            var waiting = new ArrayDeque<>(pieces);
            var examples = new ArrayList<Long>();
            var contents = new ArrayList<Long>();
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
                contents.add(one.content());
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
                    contents,
                    any.areKeyed() ? Examples.OPEN : features,
                    labels.distinct(),
                    labels.areSorted(),
                    Schema.libsvm(options, far, features, smallest == 0 ? 0 : 1),
                    sums,
                    labels.commonest());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            pool.shutdownNow(); // who still reads has nobody to read for
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

    private record Seen(long examples, long content, int features, int smallest, LabelCounts labels, FeatureSums sums) {
        static Seen in(Piece piece, Schema any) throws IOException, InterruptedException {
            long examples = 0;
            int features = 0;
            int smallest = Integer.MAX_VALUE;
            var labels = new LabelCounts();
            var sums = new FeatureSums();
            var content = new AtomicLong(); // of the thread that reads
            try (var reader = new AsyncReader(
                    PieceBatches.passes(List.of(piece), BATCH, any, (whole, sum) -> content.set(sum)), 2, 1)) {
                for (var batch = reader.next(); batch != null; batch = reader.next()) {
                    examples += batch.examples().size();
                    features = Math.max(features, batch.largest() + 1);
                    sums.add(batch.examples());
                    for (var part : batch.examples().parts()) {
                        for (int k = 0; part.keyed() == null && k < part.nonZeros(); k++) {
                            smallest = Math.min(smallest, part.indices()[k]);
                        }
                    }
                    for (long i = 0; i < batch.examples().size(); i++) {
                        labels.add(batch.examples().label(i));
                    }
                }
            }
            return new Seen(examples, content.get(), features, smallest, labels, sums);
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

    /** Batches of one worker's examples, for a reader, who finds out if they are not those of the survey any more. */
    public AsyncReader.Passes passes(Share share, int batch) {
        return PieceBatches.passes(share.pieces(), batch, schema, this::check);
    }

    private void check(Piece piece, long sum) throws DataException {
        long due = contents.get(pieces.indexOf(piece));
        if (sum != due) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "%s changed while the run was reading it: %s has sum crc32c:%08x, expected crc32c:%08x; restore the"
                            + " file and resume, or start a new run",
                    piece.file(),
                    piece.bytesText(),
                    sum,
                    due));
        }
    }

    /** By piece, what it is called, a sum of its bytes. */
    public Map<String, String> sums() {
        var sums = new LinkedHashMap<String, String>();
        for (int p = 0; p < pieces.size(); p++) {
            var piece = pieces.get(p);
            sums.put(
                    piece.file().name() + ", " + piece.bytesText(),
                    String.format("crc32c:%08x of %,d examples", contents.get(p), examples.get(p)));
        }
        return sums;
    }

    /** What one worker reads. */
    public record Share(List<Piece> pieces, long examples) {
        public Share {
            pieces = List.copyOf(pieces);
        }
    }

    /** A sum of all that the survey has read. */
    public String sum() {
        var crc = new CRC32C();
        for (int p = 0; p < pieces.size(); p++) {
            var piece = pieces.get(p);
            crc.update((piece.file().name() + " " + piece.from() + " " + piece.to() + " " + examples.get(p) + " "
                            + contents.get(p) + "\n")
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return String.format("pieces crc32c:%08x", crc.getValue());
    }

    @Override
    public String toString() {
        return size() + " examples in " + pieces.size() + " pieces, "
                + (features == Examples.OPEN ? "64-bit keys as" : features) + " features";
    }
}
