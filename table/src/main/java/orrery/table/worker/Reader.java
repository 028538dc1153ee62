package orrery.table.worker;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Cells;
import orrery.table.cells.FloatCells;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntCells;
import orrery.table.hold.Table;
import orrery.table.hold.Tables;
import orrery.table.plan.Recording;
import orrery.table.remote.Reads;
import orrery.wire.Ticker;

/** How one worker reads a table: from its own node's shard, from what others push, or by asking them. */
final class Reader {
    private final Port port;
    private @Nullable WritePath path; // whose changes this worker sees before others do
    private final Table table;
    private final Ticker ticker;
    private final @Nullable Reads reads; // of rows of other nodes, if there are any
    private final @Nullable Recording recording;
    private final long waitLimitNanos;
    private @Nullable View openView;
    private @Nullable Slots openSlots;
    private @Nullable View viewOfSlots;
    private long seenFrom; // rows of the last view that were found here
    private long seenTo;
    private long fedAt = Long.MIN_VALUE; // the clock for which what is pushed has been found fresh enough

    Reader(Port port) {
        this.port = port;
        table = port.table;
        ticker = table.clocks.ticker();
        reads = port.self.reads;
        recording = port.self.recording;
        waitLimitNanos = port.self.waitLimitNanos;
    }

    /** The worker adds on that way. Before it reads. */
    void sees(WritePath ofWorker) {
        path = ofWorker;
    }

    private WritePath path() {
        var now = path;
        if (now == null) {
            throw new IllegalStateException("a reader without a writer");
        }
        return now;
    }

    /** What was read at this clock is not to be used at the next. */
    void closeViews() {
        if (openView != null) {
            openView.open(false);
        }
        if (viewOfSlots != null) {
            viewOfSlots.open(false);
        }
    }

    /** Under local steps: the worker's copy, which goes on from the average if a round begins. */
    @Nullable
    FloatShard local() {
        var local = port.local;
        if (local == null) {
            return null;
        }
        port.admit();
        boolean isOld = !local.isOf(port.group.clock);
        if (isOld || local.lacksAverage()) {
            long slots = table.shard.rows().slots();
            if (port.feed != null) {
                port.feed.want(0, slots, waitLimitNanos);
                awaitPushed(0, slots);
            } else if (reads != null && !table.isHere()) {
                long start = ticker.nanos();
                reads.allBlocks(table, port.need(), waitLimitNanos);
                port.waitedElsewhere(ticker.nanos() - start);
            }
            table.floats().mirror(); // copies go on from values that lie as theirs
            local.averageIsHere();
            if (isOld) {
                local.begin(port.group.clock);
            }
        }
        return local.shard();
    }

    /** Rows of the average that a round of local steps begins with. */
    void average(long[] keys, int count, float[] out) {
        port.admit();
        if (reads != null && !table.isHere()) {
            gatherElsewhere(keys, 0, count, new FloatCells(out), 0);
        } else {
            table.shard.rows().stripesOf(keys, 0, count); // which checks them
            table.floats().gather(keys, 0, count, out, 0);
        }
    }

    /** Rows {@code from} to {@code to} of a dense table of floats; a table has one open view per session at a time. */
    View view(long from, long to) {
        port.checkKeyed("a view");
        checkNotTouched();
        if (recording != null && port.isRecorded()) {
            recording.readRange(table.name(), from, to);
        }
        port.admit();
        var local = local();
        makeRoom(local);
        var view = openView;
        if (view == null || view.from() != from || view.to() != to) {
            if (view != null) {
                view.open(false);
            }
            view = new View(table, local, from, to);
            openView = view;
        }
        if (local != null) {
            return view.open(true);
        }
        if (port.feed != null) {
            boolean isNatural = table.shard.rows().isNatural();
            long first = isNatural ? from : 0; // or all: the rows of a range may lie anywhere
            long end = isNatural ? to : table.shard.rows().slots();
            port.feed.want(first, end, waitLimitNanos);
            awaitPushed(first, end);
        } else if (reads != null && !table.isHere()) {
            long start = ticker.nanos();
            blocks(reads, blocks(from, to));
            port.waitedElsewhere(ticker.nanos() - start);
        }
        return view.open(true);
    }

    /** Copies the rows of {@code keys[from..to)} to {@code out}, from {@code at} on. */
    void gather(long[] keys, int from, int to, float[] out, int at) {
        port.checkLength(to - from, out.length - at);
        port.recordReads(keys, from, to);
        port.checkAnnounced(keys, from, to);
        port.admit();
        var local = local();
        if (local != null) {
            local.gather(keys, from, to, out, at);
            return;
        }
        var touched = port.touched;
        if (touched != null) {
            touched.begin(port.group.clock);
            touched.touch(keys, from, to, this::average);
            touched.shard().gather(keys, from, to, out, at);
            return;
        }
        if (port.feed != null) {
            awaitPushed(keys, from, to);
        }
        if (port.feed == null && reads != null && !table.isHere()) {
            table.floats();
            gatherElsewhere(keys, from, to, new FloatCells(out), at);
            path().overlayThrough(keys, from, to, out, at);
        } else {
            table.floats().gather(keys, from, to, out, at);
        }
        path().overlayGathered(keys, from, to, out, at);
    }

    /**
     * The rows of {@code slots}, in their places. Nothing is copied; what others own is brought here, and kept fresh
     * where it is pushed. A table has one open view of slots per session at a time.
     */
    View view(Slots slots) {
        port.checkKeyed("a view");
        checkNotTouched();
        port.recordReads(slots.keys(), 0, slots.size());
        port.admit();
        var local = local();
        makeRoom(local);
        if (slots != openSlots) {
            openSlots = slots;
            viewOfSlots = new View(slots, local);
            if (port.feed != null && local == null) {
                port.feed.want(slots.keys(), 0, slots.size(), waitLimitNanos);
                awaitPushed(slots.keys(), 0, slots.size());
            }
        }
        if (port.feed != null && local == null) {
            awaitPushed(slots.keys(), 0, 0);
        } else if (local == null && reads != null && !table.isHere()) {
            long start = ticker.nanos();
            blocks(reads, slots.blocks());
            port.waitedElsewhere(ticker.nanos() - start);
        }
        var view = viewOfSlots;
        if (view == null) {
            throw new IllegalStateException();
        }
        return view.open(true);
    }

    /** Under local steps by key nobody has all values. */
    private void checkNotTouched() {
        if (port.touched != null) {
            throw new IllegalStateException("table '" + table.name() + "' is read by key: under "
                    + port.spec.consistency() + " a worker has the rows that it has touched, and no view of all");
        }
    }

    /** Views are of values side by side. */
    private void makeRoom(@Nullable FloatShard local) {
        if (local == null && table.shard.rows().isDense) {
            table.mirror();
        }
    }

    /** Brings those blocks here that are of others. */
    private void blocks(Reads from, BitSet blocks) {
        for (int block = blocks.nextSetBit(0); block >= 0; block = blocks.nextSetBit(block + 1)) {
            if (!table.owns(block)) {
                port.group.sendUnsent(port.self.worker);
                break;
            }
        }
        from.blocks(table, blocks, port.need(), waitLimitNanos);
    }

    /** Waits until rows {@code from} to {@code to}, as far as they are of others, are here and fresh enough. */
    private void awaitPushed(long from, long to) {
        var feed = port.feed;
        if (feed != null && (fedAt != port.group.clock || seenFrom > from || seenTo < to)) {
            long start = ticker.nanos();
            feed.await(from, to, port.need(), waitLimitNanos);
            port.waitedElsewhere(ticker.nanos() - start);
            seenFrom = from;
            seenTo = to;
            fedAt = port.group.clock;
        }
    }

    /** The same for the rows of {@code keys[from..to)}, which are asked for if they were not before. */
    private void awaitPushed(long[] keys, int from, int to) {
        var feed = port.feed;
        if (feed == null) {
            return;
        }
        var rows = table.shard.rows();
        rows.stripesOf(keys, from, to); // which checks them
        boolean isNew = false;
        for (int i = from; i < to; i++) {
            int slot = (int) rows.slot(keys[i]);
            if (!port.known.get(slot) && !table.owns(rows.blockOfSlot(slot))) {
                port.known.set(slot);
                isNew = true;
                port.countUnplanned(keys[i]);
            }
        }
        if (isNew) {
            feed.want(keys, from, to, waitLimitNanos);
        }
        if (isNew || fedAt != port.group.clock) {
            long start = ticker.nanos();
            feed.await(keys, from, isNew ? to : from, port.need(), waitLimitNanos);
            port.waitedElsewhere(ticker.nanos() - start);
            fedAt = port.group.clock;
        }
    }

    /** Notes which rows of others a worker has read, where it is planned which. */
    private void note(long[] keys, int from, int to) {
        for (int i = from; port.isPlanned() && i < to; i++) {
            int row = (int) keys[i]; // a planned table has no more rows than that
            if (!port.known.get(row) && !table.ownsRow(row)) {
                port.known.set(row);
                port.countUnplanned(row);
            }
        }
    }

    /** All rows as they are once all workers have completed the clock before the one under way. */
    float[] values() {
        long age = port.group.clock - 1;
        if (reads == null || table.isHere() || port.self.isVirtual) {
            port.awaitAge(age);
            return Tables.copyOfValues(table);
        }
        port.group.sendUnsent(port.self.worker);
        port.awaitAge(age);
        long start = ticker.nanos();
        var need = port.needOfAge(age);
        float[] values;
        if (table.pushed() == null) {
            reads.allBlocks(table, need, waitLimitNanos);
            values = Tables.copyOfValues(table);
        } else { // what others push is on its way perhaps, and must not be disturbed
            values = reads.all(table, need, waitLimitNanos);
        }
        port.waitedElsewhere(ticker.nanos() - start);
        return values;
    }

    /** The same of the rows of {@code keys}. */
    void values(long[] keys, float[] out) {
        port.checkLength(keys.length, out.length);
        table.floats();
        values(keys, new FloatCells(out));
    }

    /** The same of a table of ints. */
    void values(long[] keys, int[] out) {
        port.checkLength(keys.length, out.length);
        table.ints();
        values(keys, new IntCells(out));
    }

    private void values(long[] keys, Cells out) {
        long age = port.group.clock - 1;
        if (reads == null || table.isHere() || port.self.isVirtual) {
            port.awaitAge(age);
            table.shard.rows().stripesOf(keys, 0, keys.length); // which checks them
            table.shard.gather(keys, 0, keys.length, out, 0);
            return;
        }
        port.group.sendUnsent(port.self.worker);
        port.awaitAge(age);
        long start = ticker.nanos();
        reads.asOwned(table, keys, out, port.needOfAge(age), waitLimitNanos);
        port.waitedElsewhere(ticker.nanos() - start);
    }

    /** The blocks of rows {@code from} to {@code to}. */
    private BitSet blocks(long from, long to) {
        var rows = table.shard.rows();
        var blocks = new BitSet();
        if (to > from && rows.isNatural()) {
            rows.check(from);
            rows.check(to - 1);
            blocks.set(rows.block(from), rows.block(to - 1) + 1);
        }
        for (long row = from; row < to && !rows.isNatural(); row++) {
            blocks.set(rows.block(row));
        }
        return blocks;
    }

    private void gatherElsewhere(long[] keys, int from, int to, Cells out, int at) {
        long start = ticker.nanos();
        if (reads != null) {
            for (int i = from; i < to; i++) {
                if (port.isElsewhere(keys[i])) {
                    port.group.sendUnsent(port.self.worker);
                    break;
                }
            }
            note(keys, from, to);
            reads.rows(table, keys, from, to, out, at, port.need(), path().mine, waitLimitNanos);
        }
        port.waitedElsewhere(ticker.nanos() - start);
    }

    /** Copies the rows of {@code keys} of a table of ints to {@code out}, row after row. */
    void gather(long[] keys, int[] out) {
        port.checkLength(keys.length, out.length);
        port.checkAnnounced(keys, 0, keys.length);
        port.admit();
        var ints = table.ints();
        if (reads != null && !table.isHere()) {
            gatherElsewhere(keys, 0, keys.length, new IntCells(out), 0);
            path().overlayCounts(keys, out);
            return;
        }
        ints.gather(keys, 0, keys.length, out, 0);
    }

    /** Copies one row to {@code out}. */
    void row(long key, float[] out) {
        port.checkLength(1, out.length);
        if (port.isElsewhere(key) || port.local != null || port.touched != null || port.announcements != null) {
            gather(new long[] {key}, 0, 1, out, 0);
            return;
        }
        if (recording != null && port.isRecorded()) {
            recording.read(table.name(), new long[] {key}, 0, 1);
        }
        port.admit();
        table.floats().read(key, out, 0);
        path().overlayGathered(key, out);
    }
}
