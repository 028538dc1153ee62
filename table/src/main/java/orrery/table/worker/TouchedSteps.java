package orrery.table.worker;

import org.jspecify.annotations.Nullable;
import orrery.table.hold.TouchedCopy;
import orrery.table.outbox.Outbox;
import orrery.table.outbox.SparseOutbox;

/**
 * The way of updates under local steps where a table is read by key: as {@link LocalSteps}, of the rows that the worker has
 * touched.
 */
final class TouchedSteps extends WritePath {
    private final TouchedCopy touched;
    private final TouchedCopy.Fetch average;
    private @Nullable SparseOutbox steps; // of the clock
    private @Nullable Outbox contribution; // to the average

    TouchedSteps(Port port, TouchedCopy touched, TouchedCopy.Fetch average) {
        super(port);
        this.touched = touched;
        this.average = average;
    }

    @Override
    Outbox open() {
        port.admit();
        var now = steps;
        if (now == null) {
            now = new SparseOutbox(touched.spec(), touched.shard());
            steps = now;
        }
        return now;
    }

    @Override
    @Nullable
    Outbox merged() {
        return steps;
    }

    @Override
    void flush() {
        long clock = port.group.clock;
        var now = steps;
        if (now != null && isSealed(now)) {
            touched.begin(clock);
            var keys = now.keys();
            touched.touch(keys, 0, keys.length, average);
            touched.apply(now);
        }
        if (!touched.endsAt(clock)) {
            return;
        }
        touched.begin(clock);
        var change = contribution;
        if (change == null) {
            change = newOutbox(spec, table.floats());
            contribution = change;
        }
        touched.contribute(port.self.share, change);
        if (isSealed(change)) {
            if (pushes != null) {
                push(change, pushes);
            }
            tables.staged(table).stage(port.self.worker, clock, change);
        }
    }
}
