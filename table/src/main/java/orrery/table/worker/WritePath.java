package orrery.table.worker;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Factors;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntShard;
import orrery.table.hold.Table;
import orrery.table.hold.Tables;
import orrery.table.hold.TouchedCopy;
import orrery.table.mail.Pushes;
import orrery.table.outbox.DenseOutbox;
import orrery.table.outbox.IntOutbox;
import orrery.table.outbox.Outbox;
import orrery.table.outbox.SparseOutbox;
import orrery.table.outbox.Sums;
import orrery.table.push.OwnWrites;
import orrery.table.push.RowFeed;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;

/**
 * The way that one worker's updates of a table take. It follows from the table and the stage, and is chosen when the worker
 * begins:
 *
 * <pre>
 *   Recorded     a virtual iteration: what is added is written down, and ends there
 *   LocalSteps   under local steps: to the worker's own copy; at a round's end its difference goes to the table
 *   TouchedSteps the same where the table is read by key: the copy has the rows that the worker has touched
 *   Staged       under Bsp: merged until the tick, then kept until all have ticked
 *   Merged       rules with state: merged until the tick, then applied by the owners of the rows
 *   Through      the shard changes at once; rows of others change at the tick, and for this worker at once
 * </pre>
 *
 * <p>Confined to the worker's thread.
 */
abstract sealed class WritePath permits Recorded, LocalSteps, TouchedSteps, Staged, Merged, Through {
    final Port port;
    final Table table;
    final TableSpec spec;
    final Tables tables;
    final @Nullable Pushes pushes; // to others that own some of the table
    final @Nullable OwnWrites mine; // to rows of others that are pushed one by one
    private @Nullable Outbox outbox;
    private @Nullable IntOutbox counts;
    private @Nullable Factors factors; // of this clock, where they go as such

    WritePath(Port port) {
        this.port = port;
        table = port.table;
        spec = port.spec;
        tables = port.self.tables;
        pushes = table.isWhole() ? null : port.self.pushes;
        var rowFeed = RowFeed.of(table);
        mine = rowFeed == null ? null : new OwnWrites(rowFeed, table.shard.rows(), port.self.worker);
    }

    /**
     * @param average brings the average of local steps to this node, where it is due
     * @param rows brings rows of it
     */
    static WritePath of(Port port, Runnable average, TouchedCopy.Fetch rows) {
        if (port.self.isVirtual) {
            return new Recorded(port);
        }
        if (port.local != null) {
            return new LocalSteps(port, port.local, average);
        }
        if (port.touched != null) {
            return new TouchedSteps(port, port.touched, rows);
        }
        if (port.spec.consistency().staged()) {
            return new Staged(port);
        }
        return port.spec.writesThrough() ? new Through(port) : new Merged(port);
    }

    /** Adds the rows of {@code keys[from..to)}, found in {@code values} from {@code at} on. */
    void add(long[] keys, int from, int to, float[] values, int at) {
        var merged = open();
        for (int i = from, width = spec.width(); i < to; i++, at += width) {
            merged.addRow(keys[i], values, at);
        }
    }

    /** Adds to single cells. */
    void addCells(long[] cells, float[] values) {
        var to = open();
        for (int i = 0, width = spec.width(); i < cells.length; i++) {
            to.addCell(Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), values[i]);
        }
    }

    /** Adds rows to a table of ints. */
    void addCounts(IntShard shard, long[] keys, int[] values) {
        var to = counts(shard);
        for (int i = 0, width = spec.width(); i < keys.length; i++) {
            to.addRow(keys[i], values, i * width);
        }
    }

    void addFactors(Factors factors) {
        open().addFactors(factors);
    }

    /** What is merged until the tick, once an add is legal. */
    Outbox open() {
        return outbox();
    }

    /** What a clock's updates are merged in, if any have ever been. */
    @Nullable
    Outbox merged() {
        return outbox;
    }

    /** Keeps factors as they are until the tick, if they can travel so. */
    final void keep(Factors more) {
        long count = more.count() + (factors == null ? 0L : factors.count());
        if (table.shard.rows().isNatural() && Factors.mayTravel(count, spec)) {
            factors = factors == null ? more : factors.and(more);
            return;
        }
        if (factors != null) {
            outbox().addFactors(factors);
            factors = null;
        }
        outbox().addFactors(more);
    }

    /** Takes the factors of the clock, if they are all that it has; else they are added to the rest. Null as well if they are refused. */
    final @Nullable Factors takeFactors() {
        var taken = factors;
        factors = null;
        if (taken == null) {
            return null;
        }
        if (outbox != null && !outbox.isEmpty()) {
            outbox.addFactors(taken);
            return null;
        }
        try {
            taken.checkFinite(spec);
        } catch (NonFiniteUpdateException e) {
            tables.refuse(spec, e);
            return null;
        }
        return taken;
    }

    final Outbox outbox() {
        var now = outbox;
        if (now == null) {
            now = newOutbox(spec, table.floats());
            outbox = now;
        }
        return now;
    }

    final Outbox newOutbox(TableSpec of, FloatShard shard) {
        var dense = port.self.recording == null ? DenseOutbox.ifItFits(of, shard) : null;
        return dense == null ? new SparseOutbox(of, shard) : dense;
    }

    final IntOutbox counts(IntShard shard) {
        var now = counts;
        if (now == null) {
            now = new IntOutbox(spec, shard);
            counts = now;
        }
        return now;
    }

    final @Nullable IntOutbox countsIfAny() {
        return counts;
    }

    /** Hands all to whom it is for: the worker ticks. */
    abstract void flush();

    // What this worker sees before others do: nothing, unless it writes through

    void overlayThrough(long[] keys, int from, int to, float[] out, int at) {}

    void overlayCounts(long[] keys, int[] out) {}

    void overlayGathered(long key, float[] out) {}

    void overlayGathered(long[] keys, int from, int to, float[] out, int at) {}

    /** As {@link Session#gatherAdds}. */
    void gatherAdds(long[] rows) {}

    // What several ways have in common

    /** Seals what is to go. Returns whether there is anything, and all of it is finite. */
    final boolean isSealed(@Nullable Outbox merged) {
        if (merged == null || merged.isEmpty()) {
            return false;
        }
        try {
            merged.seal();
            return true;
        } catch (NonFiniteUpdateException e) {
            merged.clear();
            tables.refuse(spec, e);
            return false;
        }
    }

    /** What is sealed goes to the owners of its rows, as far as these are others. */
    final void push(Outbox sealed, Pushes to) {
        var own = mine;
        boolean knowsRows = sealed instanceof SparseOutbox;
        if (own != null && knowsRows) {
            sealed.forEachRow(row -> noteOwn(own, row));
        }
        table.forEachElsewhere(sealed::touches, (from, until) -> {
            if (own != null && !knowsRows) {
                own.addBlocks(port.group.clock, from, until);
            }
            Arrays.fill(port.lastPushed, from, until, port.group.clock);
        });
        send(sealed, to);
    }

    /** The same of factors. */
    final void push(Factors sealed, Pushes to) {
        table.forEachElsewhere(
                (from, until) -> true, (from, until) -> Arrays.fill(port.lastPushed, from, until, port.group.clock));
        to.factors(table, port.group.clock, sealed);
    }

    /** The same of counts. */
    final void pushCounts(IntOutbox sealed, Pushes to) {
        var own = mine;
        if (own != null) {
            sealed.forEachRow(row -> noteOwn(own, row));
        }
        table.forEachElsewhere(
                sealed::touches, (from, until) -> Arrays.fill(port.lastPushed, from, until, port.group.clock));
        send(sealed, to);
    }

    private void send(Sums sealed, Pushes to) {
        if (!port.group.joins(table, sealed)) {
            to.all(table, port.group.clock, sealed);
        }
    }

    /** A worker sees its own writes: it asks for rows whose owners have not told of them yet. */
    private void noteOwn(OwnWrites own, long row) {
        if (!table.ownsRow(row)) {
            own.add(port.group.clock, row);
        }
    }

    /** Applies what is sealed, stripe by stripe; workers begin at different ones and pass by those that others hold. */
    final void apply(Outbox sealed) {
        var shard = table.floats();
        int stripes = shard.rows().stripes;
        long left = 0;
        for (int stripe = 0; stripe < stripes; stripe++) {
            left |= isTouched(sealed, stripe) ? 1L << stripe : 0;
        }
        for (int next = (int) ((long) port.self.worker * stripes / port.self.workers); left != 0; ) {
            int stripe = shard.locks().lockAny(left, next);
            try {
                applyOwn(sealed, stripe);
            } finally {
                shard.locks().unlock(stripe);
            }
            left &= ~(1L << stripe);
            next = stripe + 1;
        }
        if (!port.group.hasJoined(sealed)) {
            sealed.clear();
        }
    }

    private boolean isTouched(Outbox sealed, int stripe) {
        var rows = table.shard.rows();
        return table.ownsSome(stripe) && sealed.touches(rows.firstBlock(stripe), rows.firstBlock(stripe + 1));
    }

    private void applyOwn(Outbox sealed, int stripe) {
        if (table.ownsAll()) {
            var rows = table.shard.rows();
            sealed.apply(rows.firstBlock(stripe), rows.firstBlock(stripe + 1));
        } else {
            table.forEachOwn(stripe, sealed::touches, sealed::apply);
        }
    }
}
