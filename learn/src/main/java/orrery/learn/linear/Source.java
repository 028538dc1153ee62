package orrery.learn.linear;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import orrery.data.AsyncReader;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.FeatureSums;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.data.Spill;
import orrery.data.Spilled;
import orrery.data.Stream;
import orrery.engine.examples.Partition;
import orrery.engine.stage.Worker;
import orrery.learn.batch.Batches;
import orrery.learn.batch.BatchesInMemory;
import orrery.learn.batch.BatchesReadAhead;
import orrery.table.spec.TableSpec;

/**
 * What a linear model is trained on, wherever it is.
 *
 * @param perExample features that an example has, in the mean; NaN if that is not known
 * @param clocksPerPass clocks in which all workers have taken each example once
 * @param size examples, of all workers together
 * @param conditioning the scale on which they are learned from; batches are on it
 * @param baseline the best guess that looks at no features: the number of the commonest class, or the mean label; NaN if it
 *     is not known
 * @param inMemory all examples as they are, if they are held
 * @param description what it is, for checkpoints: of other data it is another, as far as that is known here
 */
record Source(
        int features,
        double perExample,
        Schema schema,
        Labels labels,
        long clocksPerPass,
        long size,
        Conditioning conditioning,
        double baseline,
        Function<Worker, Batches> batches,
        Optional<Examples> inMemory,
        Supplier<String> description) {
    // flights (300 of 262,144 weights a batch): by key 9 % less CPU time; IMDB (14,000 of 50,000): 18 % more
    private static final long FEW_WEIGHTS = 1 << 17;
    private static final int SPARSITY = 500;
    private static final int SPARSITY_OF_WIDE = 4;
    private static final Labels NONE = new Labels(List.of(), new double[0]);

    /** Examples in memory, on the scale that suits them. */
    static Source of(Loaded data, Partition partition, Loss loss, LinearOptions options, int workers)
            throws DataException {
        var examples = data.examples();
        var labels = loss.isClassification() ? Labels.of(examples, data.schema()) : NONE;
        var sums = FeatureSums.of(examples);
        return inMemory(
                sums.nonZerosPerExample(),
                data,
                partition,
                labels,
                conditioning(sums, examples.features(), loss, options),
                baseline(examples, labels, loss),
                examples.size(),
                workers,
                () -> examples.sum() + ", " + examples);
    }

    /** The examples of this JVM's workers. */
    static Source ofOwn(Loaded local, Partition partition, Loss loss, LinearOptions options, Known known, int workers)
            throws DataException {
        var labels = loss.isClassification() ? Labels.of(local.examples(), local.schema()) : NONE;
        return inMemory(
                known.sums() == null ? Double.NaN : known.sums().nonZerosPerExample(), // the same on all members
                local,
                partition,
                labels,
                known.conditioning(local.schema(), loss, options),
                known.baseline(),
                known.size(),
                workers,
                () -> "in parts of " + known.sizes() + " examples");
    }

    private static Source inMemory(
            double perExample,
            Loaded data,
            Partition partition,
            Labels labels,
            Conditioning conditioning,
            double baseline,
            long size,
            int workers,
            Supplier<String> description) {
        var examples = data.examples();
        var scaled = conditioning.scaled(examples);
        return new Source(
                examples.features(),
                perExample,
                data.schema(),
                labels,
                partition.clocksPerPass(workers),
                size,
                conditioning,
                baseline,
                worker -> {
                    worker.session().share(partition.share(worker.index(), worker.count()));
                    return new BatchesInMemory(scaled, partition, worker);
                },
                Optional.of(examples),
                description);
    }

    /**
     * Whether it is cheaper for processes to hold all weights side by side. By key, an access costs more than by place, and side by
     * side, something is to be done for each of the weights that somebody has changed. Of features that have many weights each,
     * the access is what counts less. Measured: docs/runs.md.
     *
     * @param width weights of a feature
     */
    boolean isDense(int batch, int width) {
        double touched = Math.min(features, batch * perExample);
        if (width >= TableSpec.WIDE) {
            return !(touched * SPARSITY_OF_WIDE < features);
        }
        return (long) features * width <= FEW_WEIGHTS || !(touched * SPARSITY < features);
    }

    private static Conditioning conditioning(FeatureSums sums, int features, Loss loss, LinearOptions options) {
        return options.scaling() == LinearOptions.Scaling.NONE
                ? Conditioning.NONE
                : Conditioning.of(sums, features, loss, options.intercept());
    }

    /** The number of the commonest class, or the mean label. */
    static double baseline(Examples examples, Labels labels, Loss loss) {
        if (!loss.isClassification()) {
            double sum = 0;
            for (long i = 0; i < examples.size(); i++) {
                sum += examples.label(i);
            }
            return sum / examples.size();
        }
        var counts = new long[labels.count()];
        for (long i = 0; i < examples.size(); i++) {
            counts[labels.find(examples.label(i))]++;
        }
        int best = 0;
        for (int k = 1; k < counts.length; k++) {
            best = counts[k] > counts[best] ? k : best;
        }
        return best;
    }

    /** Each worker takes the examples of its own pieces; who has less is idle at the end of a pass. */
    static Source of(Stream stream, LinearOptions options, Loss loss, List<String> hosts) throws DataException {
        var shares = stream.shares(hosts);
        var labels = loss.isClassification() ? Labels.of(stream.labels()) : NONE;
        return readAhead(
                stream.featureSums().nonZerosPerExample(),
                stream.schema(),
                labels,
                shares.stream().map(Stream.Share::examples).toList(),
                options.batch(),
                conditioning(stream.featureSums(), stream.features(), loss, options),
                loss.isClassification()
                        ? labels.find(stream.commonest())
                        : stream.featureSums().labelMean(),
                worker -> stream.passes(shares.get(worker), options.batch()),
                () -> stream.sum() + ", " + stream);
    }

    /** Each worker takes each k-th batch of a file, where there are k of them. */
    static Source of(Spilled data, LinearOptions options, Loss loss, int workers) throws DataException {
        var names = data.schema().classes();
        var labels = !loss.isClassification() ? NONE : names.isEmpty() ? Labels.of(data.labels()) : Labels.named(names);
        return readAhead(
                data.sums().nonZerosPerExample(),
                data.schema(),
                labels,
                IntStream.range(0, workers)
                        .mapToObj(worker -> data.size(worker, workers))
                        .toList(),
                data.batch(),
                conditioning(data.sums(), data.schema().features(), loss, options),
                loss.isClassification()
                        ? labels.find(data.commonest())
                        : data.sums().labelMean(),
                worker -> data.examples().passes(worker, workers),
                () -> data.examples().sum() + ", " + data);
    }

    /** Each worker takes what its machine's disk has for it, batch by batch. */
    static Source of(Schema schema, Known known, IntFunction<Spill> spills, Loss loss, LinearOptions options) {
        return readAhead(
                known.sums() == null ? Double.NaN : known.sums().nonZerosPerExample(),
                schema,
                Labels.named(schema.classes()),
                known.sizes(),
                options.batch(),
                known.conditioning(schema, loss, options),
                known.baseline(),
                worker -> spills.apply(worker).passes(),
                () -> "read ahead, " + known.sizes() + " examples, " + schema.toMap());
    }

    /** @param sizes by worker: how many examples it has */
    private static Source readAhead(
            double perExample,
            Schema schema,
            Labels labels,
            List<Long> sizes,
            int batch,
            Conditioning conditioning,
            double baseline,
            IntFunction<AsyncReader.Passes> passes,
            Supplier<String> description) {
        long perPass = clocksPerPass(sizes, batch);
        double all = sizes.stream().mapToLong(Long::longValue).sum();
        return new Source(
                schema.features(),
                perExample,
                schema,
                labels,
                perPass,
                (long) all,
                conditioning,
                baseline,
                worker -> {
                    if (worker.count() != sizes.size()) {
                        throw new IllegalArgumentException("the examples are dealt out to " + sizes.size()
                                + " workers, and there are " + worker.count());
                    }
                    worker.session().share(sizes.get(worker.index()) / all);
                    return new BatchesReadAhead(
                            passes.apply(worker.index()), conditioning::scaled, schema.features(), perPass);
                },
                Optional.empty(),
                description);
    }

    private static long clocksPerPass(List<Long> examples, int batch) {
        long most = examples.stream().mapToLong(Long::longValue).max().orElse(0);
        return Math.max(1, (most + batch - 1) / batch);
    }
}
