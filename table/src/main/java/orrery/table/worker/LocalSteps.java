package orrery.table.worker;

import org.jspecify.annotations.Nullable;
import orrery.table.hold.LocalCopy;
import orrery.table.outbox.Outbox;

/**
 * The way of updates under local steps: the rule applies them to the worker's copy at its tick, and at the end of a round the
 * copy's difference to the table is staged, times the worker's share.
 */
final class LocalSteps extends WritePath {
    private final LocalCopy local;
    private final Runnable average;
    private @Nullable Outbox steps; // of the clock
    private @Nullable Outbox contribution; // to the average

    LocalSteps(Port port, LocalCopy local, Runnable average) {
        super(port);
        this.average = average;
        this.local = local;
    }

    @Override
    Outbox open() {
        port.admit();
        average.run();
        var now = steps;
        if (now == null) {
            now = newOutbox(spec.with(table.localRule()), local.shard());
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
        var now = steps;
        if (now != null && isSealed(now)) {
            local.apply(now);
        }
        long clock = port.group.clock;
        if (!local.isOf(clock) || !local.endsAt(clock)) {
            return;
        }
        if (local.lacksAverage()) {
            average.run();
        }
        var change = contribution;
        if (change == null) {
            change = newOutbox(spec, table.floats());
            contribution = change;
        }
        local.contribute(port.self.share, change);
        if (isSealed(change)) {
            if (pushes != null) {
                push(change, pushes);
            }
            tables.staged(table).stage(port.self.worker, clock, change);
        }
    }
}
