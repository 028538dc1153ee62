package orrery.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import orrery.data.Examples.Part;

/**
 * Puts more examples than memory holds in a random order: each goes to a bucket that is drawn for it, a file; then bucket
 * after bucket is put in order in memory, of 64 MiB up to 16 GiB in all, of a 256th of them beyond. All orders are as
 * likely.
 */
final class Shuffling implements AutoCloseable {
    private static final long BUCKET_BYTES = 64 << 20;
    private static final int MOST_BUCKETS = 256;
    private static final int OPEN_CELLS = 1 << 14; // of a bucket, before they go to its file

    private final SplittableRandom random;
    private final List<Bucket> buckets = new ArrayList<>();

    private static final class Bucket {
        final Spill.Writer writer;
        PartBuilder open = new PartBuilder(OPEN_CELLS);

        Bucket(Path folder) throws IOException {
            writer = new Spill.Writer(folder);
        }

        void flush() throws IOException {
            if (open.size() > 0) {
                writer.add(open.build());
                open = new PartBuilder(OPEN_CELLS);
            }
        }
    }

    /** @param bytes about how many there will be */
    Shuffling(Path folder, long bytes, long seed) throws IOException {
        random = new SplittableRandom(seed);
        long count = Math.clamp(bytes / BUCKET_BYTES + 1, 1, MOST_BUCKETS);
        try {
            for (int b = 0; b < count; b++) {
                buckets.add(new Bucket(folder));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    void add(Part part) throws IOException {
        for (int i = 0; i < part.size(); i++) {
            var bucket = buckets.get(random.nextInt(buckets.size()));
            bucket.open.copy(part, i);
            if (bucket.open.nonZeros() >= OPEN_CELLS || bucket.open.size() >= OPEN_CELLS) {
                bucket.flush();
            }
        }
    }

    /** Writes all, in batches. Once. */
    void to(Spill.Writer writer, int batch) throws IOException {
        var open = new PartBuilder();
        for (var bucket : buckets) {
            bucket.flush();
            var held = new Parts.Held();
            new Parts.OnDisk(bucket.writer).forEach(held::add);
            bucket.writer.close(); // its disk is free for what is written now
            for (long place : order(held.parts)) {
                open.copy(held.parts.get((int) (place >>> 32)), (int) place);
                if (open.size() == batch) {
                    writer.add(open.build());
                    open = new PartBuilder();
                }
            }
        }
        if (open.size() > 0) {
            writer.add(open.build());
        }
    }

    /** A random order of (part, example). */
    private long[] order(List<Part> parts) {
        var places = LongStream.range(0, parts.size())
                .flatMap(p -> LongStream.range(0, parts.get((int) p).size()).map(i -> p << 32 | i))
                .toArray();
        for (int i = places.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            long place = places[i];
            places[i] = places[other];
            places[other] = place;
        }
        return places;
    }

    @Override
    public void close() throws IOException {
        for (var bucket : buckets) {
            bucket.writer.close();
        }
    }
}
