package orrery.spark;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.data.Columns;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.engine.Checkpoints;
import orrery.engine.Membership;
import orrery.engine.Run;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearTraining;
import orrery.store.Json;
import orrery.store.Storage;
import orrery.table.Consistency;

/**
 * A training of a linear model as the driver and its members do it, from values alone: the driver without examples, each
 * member with those of its part.
 *
 * @param schema as {@link Schema#toMap}, one line of JSON
 * @param sizes by worker, and part: how many examples it has
 * @param checkpointFolder empty for none
 */
record LinearMember(
        LinearLearner learner,
        String schema,
        List<Long> sizes,
        String consistency,
        long seed,
        Duration waitLimit,
        String checkpointFolder)
        implements MemberBody<Row> {

    Schema schemaOfColumns() throws IOException {
        return Schema.fromMap(Json.object(schema, "the data frame's schema"), List.of(), "the data frame");
    }

    Run run() {
        var run = Run.local(sizes.size())
                .with(Consistency.parse(consistency))
                .withSeed(seed)
                .withWaitLimit(waitLimit);
        return checkpointFolder.isEmpty() ? run : run.with(Checkpoints.in(Storage.local(Path.of(checkpointFolder))));
    }

    /** The driver's part. */
    LinearTraining training(Run run) throws IOException {
        var ofColumns = schemaOfColumns();
        return learner.prepare(new Loaded(new Columns(ofColumns, true).pack(), ofColumns), sizes, run);
    }

    @Override
    public void run(Membership membership, int part, Iterator<Row> data) throws IOException {
        var ofColumns = schemaOfColumns();
        var columns = new Columns(ofColumns, true);
        var values = new @Nullable Object[ofColumns.columns().size()];
        while (data.hasNext()) {
            var row = data.next();
            for (int c = 0; c < values.length; c++) {
                values[c] = row.get(c);
            }
            columns.add(values);
        }
        if (columns.size() != sizes.get(part)) {
            throw new IllegalStateException("part " + part + " of the data frame had " + sizes.get(part)
                    + " rows when they were counted, and has " + columns.size()
                    + " now: it is not the same each time it is made; cache it, or write it to a file first");
        }
        long first = sizes.subList(0, part).stream().mapToLong(Long::longValue).sum();
        var local = new Loaded(columns.pack().numberedFrom(first), ofColumns);
        var run = run().with(membership);
        learner.prepare(local, sizes, run).job().run(run);
    }
}
