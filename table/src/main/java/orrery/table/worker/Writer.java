package orrery.table.worker;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Factors;
import orrery.table.hold.Table;
import orrery.table.outbox.Outbox;
import orrery.table.plan.Recording;
import orrery.table.push.Feed;
import orrery.table.spec.TableSpec;
import orrery.table.spec.Update;

/** What one worker adds to a table: checked, written down if a plan is to be made of it, and sent on its {@link WritePath}. */
final class Writer {
    private final Port port;
    private final Table table;
    private final TableSpec spec;
    private final WritePath path;
    private final @Nullable Recording recording;

    Writer(Port port, WritePath path) {
        this.port = port;
        table = port.table;
        spec = port.spec;
        recording = port.self.recording;
        this.path = path;
        var pushed = Feed.of(table);
        if (pushed != null) {
            pushed.open(port.self.waitLimitNanos);
        }
    }

    /** As {@link Session#gatherAdds}. */
    void gatherAdds(long[] rows) {
        table.shard.rows().stripesOf(rows, 0, rows.length); // which checks them
        path.gatherAdds(rows);
    }

    /** Adds the rows of {@code keys[from..to)}, found in {@code values} from {@code at} on. */
    void add(long[] keys, int from, int to, float[] values, int at) {
        port.checkDoesNotRotate();
        port.checkLength(to - from, values.length - at);
        port.checkAnnounced(keys, from, to);
        if (recording != null) {
            for (int i = from; port.isRecorded() && i < to; i++) {
                recording.wrote(table.name(), keys[i]);
            }
        }
        path.add(keys, from, to, values, at);
    }

    /** Adds rows to a table of ints. */
    void add(long[] keys, int[] values) {
        port.checkLength(keys.length, values.length);
        port.checkAnnounced(keys, 0, keys.length);
        path.addCounts(table.ints(), keys, values);
    }

    /** Adds an update of any kind. */
    void add(Update update) {
        port.checkDoesNotRotate();
        switch (update) {
            case Update.Dense(var keys, var values) -> add(keys, 0, keys.length, values, 0);
            case Update.Sparse(var cells, var values) -> {
                if (port.announcements != null) {
                    var rows = Arrays.stream(cells)
                            .map(cell -> Math.floorDiv(cell, spec.width()))
                            .toArray();
                    port.checkAnnounced(rows, 0, rows.length);
                }
                path.addCells(cells, values);
            }
            case Update.Factors(var u, var v) -> {
                port.checkKeyed("a product of factors");
                path.addFactors(factors(u, v));
            }
        }
    }

    private Factors factors(float[] u, float[] v) {
        table.floats(); // which refuses tables of ints
        if (spec.layout() == TableSpec.Layout.SPARSE) {
            throw new IllegalArgumentException(
                    "table '" + spec.name() + "' is sparse; factors change every row, so only dense tables take them");
        }
        int rows = Math.toIntExact(spec.rows());
        int width = spec.width();
        if (u.length == 0 || u.length % rows != 0 || v.length % width != 0 || u.length / rows != v.length / width) {
            throw new IllegalArgumentException("table '" + spec.name() + "' has " + rows + " rows of " + width
                    + " columns; factors have as many numbers for each pair, got " + u.length + " and " + v.length);
        }
        return Factors.of(rows, width, u, v);
    }

    /** What this worker will add to the table at its tick; for sums over a mini-batch. */
    Outbox openOutbox() {
        port.checkDoesNotRotate();
        port.checkKeyed("an outbox");
        return path.open();
    }

    /** Hands all to whom it is for: the worker ticks. */
    void flush() {
        var merged = recording == null || !port.isRecorded() ? null : path.merged();
        if (recording != null && merged != null && !merged.isEmpty()) {
            merged.forEachRow(row -> recording.wrote(spec.name(), row));
        }
        path.flush();
    }
}
