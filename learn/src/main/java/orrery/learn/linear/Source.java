package orrery.learn.linear;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;
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
        long most = shares.stream().mapToLong(Stream.Share::examples).max().orElse(0);
        long perPass = Math.max(1, (most + batch - 1) / batch);
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
                    return new BatchesFromFiles(stream, share, batch, perPass);
                },
                Optional.empty(),
                () -> stream.sum() + ", " + stream);
    }
}
