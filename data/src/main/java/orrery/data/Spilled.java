package orrery.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Labelled examples that were parsed once and lie packed on disk, in batches to be read ahead; and what they mean.
 *
 * @param batch examples of each batch but the last, which may have fewer
 * @param reading how they were read
 * @param sums over all examples
 * @param commonest label
 * @param labels the different ones, ascending; one more than {@link Stream#MOST_LABELS} if there are more
 */
public record Spilled(
        Spill examples,
        int batch,
        List<Double> labels,
        Schema schema,
        Reading reading,
        FeatureSums sums,
        double commonest)
        implements AutoCloseable {
    public Spilled {
        labels = List.copyOf(labels);
    }

    /** How many examples the {@code index}th of {@code count} workers has, if each takes each count-th batch. */
    public long size(int index, int count) {
        long batches = (examples.batches() - index + count - 1) / count;
        boolean hasLast = examples.batches() > 0 && (examples.batches() - 1) % count == index;
        long lacks = hasLast ? examples.batches() * batch - examples.examples() : 0;
        return batches * batch - lacks;
    }

    /**
     * Packs parts that have been looked at to batches on a folder's disk, in random order: examples that lie sorted by
     * their labels teach nothing if they are used in that order.
     *
     * @param parsed what the parts lie in; it is closed when they have been read for the last time
     */
    static Spilled of(Spill.Writer parsed, Csv.Fitted fitted, int batch, Path folder, long seed) throws IOException {
        var labels = new LabelCounts();
        var sums = new FeatureSums();
        try (var shuffle = new Shuffling(folder, parsed.size(), seed);
                var writer = new Spill.Writer(folder)) {
            new Parts.OnDisk(parsed).forEach(of -> {
                var part = fitted.finished(of);
                for (double label : part.labels()) {
                    labels.add(label);
                }
                sums.add(part);
                shuffle.add(part);
            });
            parsed.close();
            shuffle.to(writer, batch);
            return new Spilled(
                    writer.end(fitted.schema().features()),
                    batch,
                    labels.distinct(),
                    fitted.schema(),
                    fitted.reading(),
                    sums,
                    labels.commonest());
        }
    }

    /** Gives the disk back. */
    @Override
    public void close() {
        examples.close();
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%,d examples, %,d features, packed on disk in batches of %d",
                examples.examples(),
                schema.features(),
                batch);
    }
}
