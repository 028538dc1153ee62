package orrery.table.worker;

import orrery.table.cells.Factors;
import orrery.table.cells.IntShard;
import orrery.table.outbox.Outbox;

/**
 * The way of updates under Bsp: merged until the worker ticks, kept until all have ticked, then applied in the order of
 * workers. An add waits like a read: what was added at the last clock may not have been applied yet.
 */
final class Staged extends WritePath {
    Staged(Port port) {
        super(port);
    }

    @Override
    Outbox open() {
        port.admit();
        return outbox();
    }

    @Override
    void addFactors(Factors factors) {
        port.admit();
        if (port.self.recording != null) {
            outbox().addFactors(factors); // so that a plan knows the rows
        } else {
            keep(factors);
        }
    }

    @Override
    void addCounts(IntShard shard, long[] keys, int[] values) {
        port.admit();
        super.addCounts(shard, keys, values);
    }

    @Override
    void flush() {
        if (!port.isAdmitted()) {
            return; // not touched at this clock; what the outbox holds is of the last, and staged
        }
        var factors = takeFactors();
        if (factors != null) {
            if (pushes != null) {
                push(factors, pushes);
            }
            tables.staged(table).stage(port.self.worker, port.group.clock, factors);
        }
        var merged = merged();
        if (merged != null && isSealed(merged)) {
            if (pushes != null) {
                push(merged, pushes);
            }
            tables.staged(table).stage(port.self.worker, port.group.clock, merged);
        }
        var counts = countsIfAny();
        if (counts != null && !counts.isEmpty()) {
            counts.seal();
            if (pushes != null) {
                pushCounts(counts, pushes);
            }
            tables.staged(table).stage(port.self.worker, port.group.clock, counts);
        }
    }
}
