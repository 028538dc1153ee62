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
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.data.Spill;
import orrery.data.Spilled;
import orrery.data.Stream;
import orrery.engine.Partition;
import orrery.engine.Worker;

/**
 * What a linear model is trained on, wherever it is.
 *
 * @param clocksPerPass clocks in which all workers have taken each example once
 * @param inMemory all examples, if they are held
 * @param description what it is, for checkpoints: of other data it is another, as far as that is known here
 */
record Source(
        int features,
        Schema schema,
        Labels labels,
        long clocksPerPass,
        Function<Worker, Batches> batches,
        Optional<Examples> inMemory,
        Supplier<String> description) {
    private static final Labels NONE = new Labels(List.of(), new float[0]);

    static Source of(Loaded data, Partition partition, Loss loss, int workers) throws DataException {
        var examples = data.examples();
        return new Source(
                examples.features(),
                data.schema(),
                loss.isClassification() ? Labels.of(examples, data.schema()) : NONE,
                partition.clocksPerPass(workers),
                worker -> {
                    worker.session().share(partition.share(worker.index(), worker.count()));
                    return new BatchesInMemory(examples, partition, worker);
                },
                Optional.of(examples),
                () -> examples.sum() + ", " + examples);
    }

    /** Each worker takes the examples of its own pieces; who has less is idle at the end of a pass. */
    static Source of(Stream stream, int batch, Loss loss, List<String> hosts) throws DataException {
        var shares = stream.shares(hosts);
        return readAhead(
                stream.schema(),
                loss.isClassification() ? Labels.of(stream.labels()) : NONE,
                shares.stream().map(Stream.Share::examples).toList(),
                batch,
                worker -> stream.passes(shares.get(worker), batch),
                () -> stream.sum() + ", " + stream);
    }

    /** Each worker takes each k-th batch of a file, where there are k of them. */
    static Source of(Spilled data, Loss loss, int workers) throws DataException {
        var names = data.schema().classes();
        return readAhead(
                data.schema(),
                !loss.isClassification() ? NONE : names.isEmpty() ? Labels.of(data.labels()) : Labels.named(names),
                IntStream.range(0, workers)
                        .mapToObj(worker -> data.size(worker, workers))
                        .toList(),
                data.batch(),
                worker -> data.examples().passes(worker, workers),
                () -> data.examples().sum() + ", " + data);
    }

    /** Each worker takes what its machine's disk has for it, batch by batch. */
    static Source of(Schema schema, List<Long> sizes, IntFunction<Spill> spills, int batch) {
        return readAhead(
                schema,
                Labels.named(schema.classes()),
                sizes,
                batch,
                worker -> spills.apply(worker).passes(),
                () -> "read ahead, " + sizes + " examples, " + schema.toMap());
    }

    /** @param sizes by worker: how many examples it has */
    private static Source readAhead(
            Schema schema,
            Labels labels,
            List<Long> sizes,
            int batch,
            IntFunction<AsyncReader.Passes> passes,
            Supplier<String> description) {
        long perPass = clocksPerPass(sizes, batch);
        double all = sizes.stream().mapToLong(Long::longValue).sum();
        return new Source(
                schema.features(),
                schema,
                labels,
                perPass,
                worker -> {
                    if (worker.count() != sizes.size()) {
                        throw new IllegalArgumentException("the examples are dealt out to " + sizes.size()
                                + " workers, and there are " + worker.count());
                    }
                    worker.session().share(sizes.get(worker.index()) / all);
                    return new BatchesReadAhead(passes.apply(worker.index()), schema.features(), perPass);
                },
                Optional.empty(),
                description);
    }

    private static long clocksPerPass(List<Long> examples, int batch) {
        long most = examples.stream().mapToLong(Long::longValue).max().orElse(0);
        return Math.max(1, (most + batch - 1) / batch);
    }
}
