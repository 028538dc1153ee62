package orrery.learn.linear;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.data.Spill;
import orrery.data.Stream;
import orrery.engine.Partition;
import orrery.engine.Worker;

/**
 * What a linear model is trained on, wherever it is.
 *
 * @param clocksPerPass clocks in which all workers have taken each example once
 * @param inMemory all examples, if they are held
 * @param description what it is, for checkpoints: never the same for other data
 */
record Source(
        int features,
        Schema schema,
        Labels labels,
        long clocksPerPass,
        Function<Worker, Batches> batches,
        Optional<Examples> inMemory,
        Supplier<String> description) {

    static Source of(Loaded data, Partition partition, Loss loss, int workers) throws DataException {
        var examples = data.examples();
        return new Source(
                examples.features(),
                data.schema(),
                loss.isClassification() ? Labels.of(examples, data.schema()) : new Labels(List.of(), new float[0]),
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
        long perPass = clocksPerPass(shares.stream().map(Stream.Share::examples).toList(), batch);
        return new Source(
                stream.features(),
                stream.schema(),
                loss.isClassification() ? Labels.of(stream.labels()) : new Labels(List.of(), new float[0]),
                perPass,
                worker -> {
                    if (worker.count() != shares.size()) {
                        throw new IllegalArgumentException("the pieces are dealt out to " + shares.size()
                                + " workers, and there are " + worker.count());
                    }
                    var share = shares.get(worker.index());
                    worker.session().share(share.examples() / (double) stream.size());
                    return new BatchesReadAhead(stream.passes(share, batch), stream.features(), perPass);
                },
                Optional.empty(),
                () -> stream.sum() + ", " + stream);
    }

    /** Each worker takes what its machine's disk has for it, batch by batch. */
    static Source of(Schema schema, List<Long> sizes, IntFunction<Spill> spills, int batch) {
        long perPass = clocksPerPass(sizes, batch);
        double all = sizes.stream().mapToLong(Long::longValue).sum();
        return new Source(
                schema.features(),
                schema,
                Labels.named(schema.classes()),
                perPass,
                worker -> {
                    worker.session().share(sizes.get(worker.index()) / all);
                    return new BatchesReadAhead(spills.apply(worker.index()).passes(), schema.features(), perPass);
                },
                Optional.empty(),
                () -> "read ahead, " + sizes + " examples, " + schema.toMap());
    }

    private static long clocksPerPass(List<Long> examples, int batch) {
        long most = examples.stream().mapToLong(Long::longValue).max().orElse(0);
        return Math.max(1, (most + batch - 1) / batch);
    }
}
