package orrery.table;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.table.plan.Recording;

/**
 * One worker's view of the tables. It reads, adds and ticks; it never sees a lock or another thread.
 *
 * <p>A read waits until the table is fresh enough for this worker's clock. An {@code add} changes the table at once
 * where consistency and rule allow (Ssp or Asp with {@link UpdateRule#replayable}); otherwise it goes to the worker's
 * {@link #outbox}, is merged there, and is applied at the tick. Under Bsp reads see neither others' nor own updates of
 * the clock that is under way.
 *
 * <p>Not thread-safe: one session per worker thread. No method allocates in the steady state, save
 * {@link #call} and what reads or pushes rows of other nodes.
 */
public final class Session {
    private static final int MOST_UNCONFIRMED = 256; // clocks

    private final Node node;
    private final int worker;
    private final int workers;
    private final long waitLimitNanos;
    private final @Nullable Reads reads; // of rows of other nodes, if there are any
    private final @Nullable Pushes pushes;
    private final @Nullable Recording recording;
    private final boolean isVirtual; // recorded, and nothing done
    private final List<Group> groups = new ArrayList<>();
    private final Map<String, float[]> localFloats = new TreeMap<>();
    private final Map<String, long[]> localLongs = new TreeMap<>();
    private @Nullable Port[] ports = {}; // by table id
    private long clock;
    private long waitedNanos;

    /** A table group as this worker sees it. */
    private static final class Group {
        final String name;
        final Clocks clocks;
        final Clocks.Ticket ticket;
        final List<Port> ports = new ArrayList<>();
        long clock;

        Group(String name, Clocks clocks, int worker, long clock) {
            this.name = name;
            this.clocks = clocks;
            this.clock = clock;
            ticket = new Clocks.Ticket(worker, Thread.currentThread());
        }
    }

    /** A table as this worker sees it. */
    private static final class Port {
        final Table table;
        final Group group;
        final TableSpec spec;
        final boolean writesThrough;
        final float scale; // of a change that is written through
        long admitted = Long.MIN_VALUE; // the clock for which reads have been found legal

        @Nullable
        Outbox outbox;

        @Nullable
        IntOutbox counts;

        @Nullable
        SparseOutbox through; // changes of rows of others, which this worker sees at once and others at the tick

        @Nullable
        SparseOutbox gathered; // changes of hot rows, which this worker sees at once and others at the tick

        BitSet hot = new BitSet();

        @Nullable
        BitSet expected; // rows that the worker was planned to touch

        @Nullable
        View view;

        @Nullable
        Slots slots; // of the view of slots

        @Nullable
        View viewOfSlots;

        final @Nullable SlotFeed feed; // if others push the table to this node's own array
        final @Nullable RowFeed rowFeed; // if they push it row by row

        @Nullable
        OwnWrites mine; // then, to rows of others

        @Nullable
        Unconfirmed unconfirmed; // own changes of rows of others, where these are pushed to this node

        long seenFrom; // rows of the last view that were found here
        long seenTo;
        long fedAt = Long.MIN_VALUE; // the clock for which what is pushed has been found fresh enough
        final BitSet known = new BitSet(); // rows of others that were found here

        final long[] lastPushed; // by stripe: the clock of the last push to its owner; empty where all is own

        Port(Table table, Group group) {
            this.table = table;
            this.group = group;
            spec = table.spec();
            writesThrough = spec.writesThrough();
            scale = spec.rule() instanceof UpdateRule.Sgd sgd ? -sgd.rate() : 1;
            feed = table.slotFeed();
            rowFeed = table.rowFeed();
            lastPushed = new long[table.isWhole() ? 0 : table.shard.rows().stripes];
            Arrays.fill(lastPushed, Long.MIN_VALUE);
        }
    }

    /** Made by the worker's own thread. */
    Session(
            Node node,
            int worker,
            int workers,
            long firstClock,
            long waitLimitNanos,
            @Nullable Recording recording,
            boolean isVirtual) {
        this.recording = recording;
        this.isVirtual = isVirtual;
        this.node = node;
        this.worker = worker;
        this.workers = workers;
        this.waitLimitNanos = waitLimitNanos;
        clock = firstClock;
        var cluster = node.cluster();
        reads = cluster == null ? null : cluster.reads();
        pushes = cluster == null ? null : new Pushes(cluster, worker, waitLimitNanos);
        for (var table : node.tables()) {
            attach(table);
        }
    }

    private Port attach(Table table) {
        var group = group(table.spec().group());
        if (group == null) {
            group = new Group(table.spec().group(), table.clocks, worker, clock);
            groups.add(group);
        }
        var port = new Port(table, group);
        group.ports.add(port);
        if (ports.length <= table.id) {
            ports = Arrays.copyOf(ports, table.id + 1);
        }
        ports[table.id] = port;
        if (port.feed != null && port.writesThrough) {
            port.unconfirmed = port.feed.open(worker, port.scale, waitLimitNanos);
        } else if (port.feed != null) {
            port.feed.open(waitLimitNanos);
        } else if (port.rowFeed != null) {
            port.mine = new OwnWrites(port.rowFeed, table.shard.rows(), worker);
            port.rowFeed.open(waitLimitNanos);
        }
        return port;
    }

    private @Nullable Group group(String name) {
        for (var group : groups) {
            if (group.name.equals(name)) {
                return group;
            }
        }
        return null;
    }

    private Port port(Table table) {
        var port = table.id < ports.length ? ports[table.id] : null;
        if (port == null || port.table != table) {
            throw new IllegalStateException("worker " + worker + " has no table '" + table.name()
                    + "': it was dropped, or belongs to another node, or this worker has not created it");
        }
        return port;
    }

    /** This worker's number, from 0. */
    public int worker() {
        return worker;
    }

    /** How many workers share the tables. */
    public int workers() {
        return workers;
    }

    /** The clock that is under way: how often this worker has called {@link #tick()}. */
    public long clock() {
        return clock;
    }

    /** The clock that is under way in one table group. */
    public long clock(String group) {
        return groupOrFail(group).clock;
    }

    private Group groupOrFail(String name) {
        var group = group(name);
        if (group == null) {
            throw new IllegalArgumentException("there is no table group '" + name + "', only "
                    + groups.stream().map(g -> g.name).toList());
        }
        return group;
    }

    /** Nanoseconds that this worker has waited for others. */
    public long waitedNanos() {
        return waitedNanos;
    }

    // Tables

    /** The tables that this worker has. */
    public List<Table> tables() {
        var tables = new ArrayList<Table>();
        for (var port : ports) {
            if (port != null) {
                tables.add(port.table);
            }
        }
        return tables;
    }

    /** The table of that name. */
    public Table table(String name) {
        for (var port : ports) {
            if (port != null && port.spec.name().equals(name)) {
                return port.table;
            }
        }
        throw new IllegalArgumentException("worker " + worker + " has no table '" + name + "', only " + tables());
    }

    /**
     * Creates a table together with all other workers: each calls this, at whatever time, with an equal spec. Its group
     * must be one that the stage began with.
     */
    public Table create(TableSpec spec) {
        if (group(spec.group()) == null) {
            throw new IllegalArgumentException("table '" + spec.name() + "' would begin the table group '"
                    + spec.group() + "' within a stage; create it before the stage begins");
        }
        var table = node.create(spec, workers);
        if (table.id >= ports.length || ports[table.id] == null) {
            attach(table);
        }
        return table;
    }

    /** Drops a table together with all other workers: it goes when the last has called this. */
    public void drop(Table table) {
        var port = port(table);
        port.group.ports.remove(port);
        ports[table.id] = null;
        node.dropped(table);
        if (pushes != null) {
            pushes.drop(table);
        }
    }

    // Reading

    private void admit(Port port) {
        if (isVirtual) {
            return;
        }
        var group = port.group;
        if (port.admitted != group.clock) {
            long need = node.requiredAge(port.spec.consistency(), group.clock);
            if (group.clocks.age() < need) {
                await(port, need);
            }
            var feed = port.table.feed();
            long age = group.clocks.age();
            node.counts().read(group.clock, feed == null ? age : Math.min(age, Math.max(need, feed.freshness())));
            port.admitted = group.clock;
        }
    }

    // Recording

    /** Plans are for rows that have a number and a place. */
    private static boolean isRecorded(Port port) {
        return port.spec.layout() == TableSpec.Layout.DENSE
                && port.spec.type() == TableSpec.Type.FLOAT
                && port.spec.rows() < Integer.MAX_VALUE;
    }

    private void recordReads(Port port, long[] keys, int from, int to) {
        if (recording != null && isRecorded(port)) {
            port.table.shard.rows().stripesOf(keys, from, to); // which checks them
            recording.read(port.spec.name(), keys, from, to);
        }
    }

    /** What the tick sends; of a virtual iteration it ends here. */
    private void recordOutbox(Port port) {
        var outbox = port.outbox;
        if (recording == null || outbox == null || outbox.isEmpty() || !isRecorded(port)) {
            return;
        }
        outbox.forEachRow(row -> recording.wrote(port.spec.name(), row));
        if (isVirtual) {
            outbox.clear();
        }
    }

    private static boolean isElsewhere(Port port, long key) {
        return port.lastPushed.length > 0 && !port.table.ownsRow(key);
    }

    /** What the next read of a table accepts of what is known of others' blocks. */
    private Replica.Need need(Port port) {
        var consistency = port.spec.consistency();
        long clockOfGroup = port.group.clock;
        return new Replica.Need(
                worker,
                clockOfGroup,
                node.requiredAge(consistency, clockOfGroup),
                !(consistency instanceof Consistency.Asp),
                port.lastPushed);
    }

    private void await(Port port, long need) {
        var group = port.group;
        int slowest = group.clocks.slowest();
        long waited = group.clocks.await(group.ticket, need, group.clock, waitLimitNanos);
        waitedNanos += waited;
        node.counts().waited(waited, slowest);
        if (waited >= SlowRead.NANOS) {
            slow(port, waited, "worker " + slowest);
        }
    }

    private void slow(Port port, long waited, String whom) {
        node.counts().slowReads.increment();
        var read = new SlowRead();
        read.table = port.spec.name();
        read.worker = worker;
        read.clock = port.group.clock;
        read.waitedFor = whom;
        read.waited = waited;
        read.commit();
    }

    /** All rows of a dense table of floats. */
    public View view(Table table) {
        return view(table, 0, table.spec().rows());
    }

    /** Rows {@code from} to {@code to} of a dense table of floats; a table has one open view per session at a time. */
    public View view(Table table, long from, long to) {
        var port = port(table);
        if (recording != null && isRecorded(port)) {
            recording.readRange(table.name(), from, to);
        }
        admit(port);
        var view = port.view;
        if (view == null || view.from() != from || view.to() != to) {
            if (view != null) {
                view.open(false);
            }
            view = new View(table, from, to);
            port.view = view;
        }
        if (port.feed != null) {
            boolean isNatural = table.shard.rows().isNatural();
            long first = isNatural ? from : 0; // or all: the rows of a range may lie anywhere
            long end = isNatural ? to : table.shard.rows().slots();
            port.feed.want(first, end, waitLimitNanos);
            awaitPushed(port, first, end);
        } else if (reads != null && !table.isWhole()) {
            long start = System.nanoTime();
            reads.blocks(table, stripes(table, from, to), need(port), waitLimitNanos);
            waitedElsewhere(port, System.nanoTime() - start);
        }
        return view.open(true);
    }

    /** Copies the rows of {@code keys} to {@code out}, row after row. */
    public void gather(Table table, long[] keys, float[] out) {
        gather(table, keys, 0, keys.length, out, 0);
    }

    /** Copies the rows of {@code keys[from..to)} to {@code out}, from {@code at} on. */
    public void gather(Table table, long[] keys, int from, int to, float[] out, int at) {
        var port = port(table);
        checkLength(port, to - from, out.length - at);
        recordReads(port, keys, from, to);
        admit(port);
        if (port.feed != null) {
            awaitPushed(port, keys, from, to);
        } else if (reads != null && !table.isWhole()) {
            table.floats();
            gatherElsewhere(port, keys, from, to, out, at);
            var through = port.through;
            for (int i = from, width = port.spec.width(); through != null && i < to; i++) {
                through.overlay(keys[i], port.scale, out, at + (i - from) * width);
            }
            overlayGathered(port, keys, from, to, out, at);
            return;
        }
        table.floats().gather(keys, from, to, out, at);
        overlayGathered(port, keys, from, to, out, at);
    }

    /** Resolves rows of a dense table, for {@link #view(Slots)}. Once, not at every clock. */
    public Slots slots(Table table, long[] keys) {
        port(table);
        return new Slots(table, keys);
    }

    /**
     * The rows of {@code slots}, in their places. Nothing is copied; what others own is brought here, and kept fresh
     * where it is pushed. A table has one open view of slots per session at a time.
     */
    public View view(Slots slots) {
        var port = port(slots.table());
        recordReads(port, slots.keys(), 0, slots.size());
        admit(port);
        if (port.slots != slots) {
            port.slots = slots;
            port.viewOfSlots = new View(slots);
            if (port.feed != null) {
                port.feed.want(slots.keys(), 0, slots.size(), waitLimitNanos);
                awaitPushed(port, slots.keys(), 0, slots.size());
            }
        }
        if (port.feed != null) {
            awaitPushed(port, slots.keys(), 0, 0);
        } else if (reads != null && !slots.table().isWhole()) {
            long start = System.nanoTime();
            reads.blocks(slots.table(), slots.stripes(), need(port), waitLimitNanos);
            waitedElsewhere(port, System.nanoTime() - start);
        }
        var view = port.viewOfSlots;
        if (view == null) {
            throw new IllegalStateException();
        }
        return view.open(true);
    }

    /** Waits until rows {@code from} to {@code to}, as far as they are of others, are here and fresh enough. */
    private void awaitPushed(Port port, long from, long to) {
        var feed = port.feed;
        if (feed != null && (port.fedAt != port.group.clock || port.seenFrom > from || port.seenTo < to)) {
            long start = System.nanoTime();
            feed.await(from, to, need(port), waitLimitNanos);
            waitedElsewhere(port, System.nanoTime() - start);
            port.seenFrom = from;
            port.seenTo = to;
            port.fedAt = port.group.clock;
        }
    }

    /** The same for the rows of {@code keys[from..to)}, which are asked for if they were not before. */
    private void awaitPushed(Port port, long[] keys, int from, int to) {
        var feed = port.feed;
        if (feed == null) {
            return;
        }
        var rows = port.table.shard.rows();
        rows.stripesOf(keys, from, to); // which checks them
        boolean isNew = false;
        for (int i = from; i < to; i++) {
            int slot = (int) rows.slot(keys[i]);
            if (!port.known.get(slot) && !port.table.owns(rows.stripeOfSlot(slot))) {
                port.known.set(slot);
                isNew = true;
                if (port.expected != null && !port.expected.get((int) keys[i])) {
                    node.counts().rowsOutsidePlan.increment();
                }
            }
        }
        if (isNew) {
            feed.want(keys, from, to, waitLimitNanos);
        }
        if (isNew || port.fedAt != port.group.clock) {
            long start = System.nanoTime();
            feed.await(keys, from, isNew ? to : from, need(port), waitLimitNanos);
            waitedElsewhere(port, System.nanoTime() - start);
            port.fedAt = port.group.clock;
        }
    }

    /** Notes which rows of others a worker has read, and counts those that it was not planned to. */
    private void countUnplanned(Port port, long[] keys, int from, int to) {
        var expected = port.expected;
        for (int i = from; expected != null && i < to; i++) {
            int row = (int) keys[i]; // a planned table has no more rows than that
            if (!expected.get(row) && !port.known.get(row) && !port.table.ownsRow(row)) {
                port.known.set(row);
                node.counts().rowsOutsidePlan.increment();
            }
        }
    }

    private static long stripes(Table table, long from, long to) {
        return to > from ? table.shard.rows().stripesOf(new long[] {from, to - 1}, 0, 2) : 0;
    }

    private void gatherElsewhere(Port port, long[] keys, int from, int to, Object out, int at) {
        long start = System.nanoTime();
        if (reads != null) {
            countUnplanned(port, keys, from, to);
            reads.rows(port.table, keys, from, to, out, at, need(port), port.mine, waitLimitNanos);
        }
        waitedElsewhere(port, System.nanoTime() - start);
    }

    private void waitedElsewhere(Port port, long nanos) {
        waitedNanos += nanos;
        node.counts().waitNanosForNodes.add(nanos);
        if (nanos >= SlowRead.NANOS) {
            slow(port, nanos, "other nodes");
        }
    }

    /** Copies the rows of {@code keys} of a table of ints to {@code out}, row after row. */
    public void gather(Table table, long[] keys, int[] out) {
        var port = port(table);
        checkLength(port, keys.length, out.length);
        admit(port);
        var ints = table.ints();
        if (reads != null && !table.isWhole()) {
            gatherElsewhere(port, keys, 0, keys.length, out, 0);
            var counts = port.writesThrough ? port.counts : null;
            for (int i = 0; counts != null && i < keys.length; i++) {
                counts.overlay(keys[i], out, i * port.spec.width());
            }
            return;
        }
        ints.gather(keys, 0, keys.length, out, 0);
    }

    /** Copies one row to {@code out}. */
    public void row(Table table, long key, float[] out) {
        var port = port(table);
        checkLength(port, 1, out.length);
        if (isElsewhere(port, key)) {
            gather(table, new long[] {key}, 0, 1, out, 0);
            return;
        }
        if (recording != null && isRecorded(port)) {
            recording.read(table.name(), new long[] {key}, 0, 1);
        }
        admit(port);
        table.floats().read(key, out, 0);
        if (port.gathered != null) {
            port.gathered.overlay(key, port.scale, out, 0);
        }
    }

    /** Answers at the shards, once the tables are fresh enough. */
    public <R> R call(ServerFunction<R> function) {
        for (var table : function.tables()) {
            admit(port(table));
        }
        if (reads != null) {
            var port = port(function.tables().getFirst());
            var questions = reads;
            return function.answer(
                    (table, kind, first, second) ->
                            questions.call(table, kind, first, second, need(port), waitLimitNanos),
                    node);
        }
        return function.answer((table, kind, first, second) -> List.of(), node);
    }

    private static void checkLength(Port port, int rows, int cells) {
        long due = (long) rows * port.spec.width();
        if (rows < 0 || cells < due) {
            throw new IllegalArgumentException(rows + " rows of table '" + port.spec.name() + "' have " + due
                    + " values, the array has room for " + cells);
        }
    }

    // Adding

    /**
     * Rows that many workers change all the time: what this one adds to them it keeps to itself until its tick, merged, and
     * sees at once by {@link #gather} and {@link #row}; a view shows it from the next clock on. For tables whose adds take
     * effect at once; for others this changes nothing. A thread's cache (Cui et al., SoCC 2014).
     */
    public void gatherAdds(Table table, long[] rows) {
        var port = port(table);
        table.shard.rows().stripesOf(rows, 0, rows.length); // which checks them
        port.hot = new BitSet();
        if (port.writesThrough && table.shard instanceof FloatShard) {
            for (long row : rows) {
                if (row >= 0 && row < Integer.MAX_VALUE) { // others go to the shard at once, as ever
                    port.hot.set((int) row);
                }
            }
        }
    }

    private static boolean isHot(Port port, long row) {
        return row >= 0 && row < Integer.MAX_VALUE && port.hot.get((int) row);
    }

    /**
     * Says which rows this worker is planned to touch. Those that others push to this node are subscribed to at once;
     * what is read beside them is counted.
     */
    public void expects(Table table, long[] rows) {
        var port = port(table);
        var expected = new BitSet();
        for (long row : rows) {
            expected.set(Math.toIntExact(row));
        }
        port.expected = expected;
        var feed = table.feed();
        if (feed != null) {
            table.shard.rows().stripesOf(rows, 0, rows.length); // which checks them
            feed.want(rows, 0, rows.length, waitLimitNanos);
        }
    }

    private static SparseOutbox gathered(Port port) {
        var gathered = port.gathered;
        if (gathered == null) {
            gathered = new SparseOutbox(port.spec, port.table.floats());
            port.gathered = gathered;
        }
        return gathered;
    }

    private static void overlayGathered(Port port, long[] keys, int from, int to, float[] out, int at) {
        var gathered = port.gathered;
        if (gathered != null && !gathered.isEmpty()) {
            for (int i = from, width = port.spec.width(); i < to; i++, at += width) {
                gathered.overlay(keys[i], port.scale, out, at);
            }
        }
    }

    /** Adds rows: {@code values} holds row {@code keys[i]} at {@code [i * width, (i + 1) * width)}. */
    public void add(Table table, long[] keys, float[] values) {
        add(table, keys, 0, keys.length, values, 0);
    }

    /** Adds the rows of {@code keys[from..to)}, found in {@code values} from {@code at} on. */
    public void add(Table table, long[] keys, int from, int to, float[] values, int at) {
        var port = port(table);
        checkLength(port, to - from, values.length - at);
        if (recording != null) {
            for (int i = from; isRecorded(port) && i < to; i++) {
                recording.wrote(table.name(), keys[i]);
            }
            if (isVirtual) {
                return;
            }
        }
        admitAdd(port);
        if (port.writesThrough) {
            writeThrough(port, keys, from, to, values, at);
        } else {
            var outbox = outbox(port);
            int width = port.spec.width();
            for (int i = from; i < to; i++, at += width) {
                outbox.addRow(keys[i], values, at);
            }
        }
    }

    private void writeThrough(Port port, long[] keys, int from, int to, float[] values, int at) {
        var shard = port.table.floats();
        long stripes = shard.rows().stripesOf(keys, from, to);
        if (!port.table.isWhole() || !port.hot.isEmpty()) {
            writeApart(port, keys, from, to, values, at);
            return;
        }
        if (refuse(port, keys, from, values, at, at + (to - from) * port.spec.width())) {
            return;
        }
        shard.locks().lockAll(stripes);
        try {
            shard.addScaled(keys, from, to, values, at, port.scale);
        } finally {
            shard.locks().unlockAll(stripes);
        }
    }

    /** Rows of this node change at once, those of others at the tick; until then this worker alone sees their changes. */
    private void writeApart(Port port, long[] keys, int from, int to, float[] values, int at) {
        int width = port.spec.width();
        if (refuse(port, keys, from, values, at, at + (to - from) * width)) {
            return;
        }
        var shard = port.table.floats();
        for (int i = from; i < to; i++, at += width) {
            int stripe = shard.rows().stripe(keys[i]);
            if (isHot(port, keys[i])) {
                gathered(port).addRow(keys[i], values, at);
            } else if (port.table.owns(stripe)) {
                shard.locks().lock(stripe);
                try {
                    shard.addScaled(keys, i, i + 1, values, at, port.scale);
                } finally {
                    shard.locks().unlock(stripe);
                }
            } else if (port.unconfirmed != null) {
                addUnconfirmed(port, port.unconfirmed, keys[i], values, at);
            } else {
                through(port).addRow(keys[i], values, at);
            }
        }
    }

    /** A row of others that is pushed to this node: this node's workers see the change at once. */
    private static void addUnconfirmed(Port port, Unconfirmed changes, long row, float[] values, int at) {
        var shard = port.table.floats();
        int stripe = shard.rows().stripe(row);
        shard.locks().lock(stripe);
        try {
            changes.add(row, values, at);
            shard.addRow(row, values, at, port.scale);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    private static SparseOutbox through(Port port) {
        var through = port.through;
        if (through == null) {
            through = new SparseOutbox(port.spec, port.table.floats());
            port.through = through;
        }
        return through;
    }

    /** Whether the update is dropped for a value that is not finite; throws if the table does not drop. */
    private boolean refuse(Port port, long[] keys, int from, float[] values, int begin, int end) {
        if (Finite.all(values, begin, end)) {
            return false;
        }
        int i = Finite.firstNot(values, begin, end);
        int width = port.spec.width();
        return refuse(
                port,
                new NonFiniteUpdateException(
                        port.spec, keys[from + (i - begin) / width], (i - begin) % width, values[i]));
    }

    private boolean refuse(Port port, NonFiniteUpdateException refusal) {
        node.countRefused();
        return switch (port.spec.nonFinite()) {
            case DROP -> true;
            case FAIL -> throw refusal;
        };
    }

    /** Adds rows to a table of ints. */
    public void add(Table table, long[] keys, int[] values) {
        var port = port(table);
        checkLength(port, keys.length, values.length);
        var shard = table.ints();
        if (isVirtual) {
            return;
        }
        admitAdd(port);
        if (port.writesThrough && table.isWhole()) {
            long stripes = shard.rows().stripesOf(keys, 0, keys.length);
            shard.locks().lockAll(stripes);
            try {
                shard.add(keys, 0, keys.length, values, 0);
            } finally {
                shard.locks().unlockAll(stripes);
            }
        } else {
            var counts = port.counts;
            if (counts == null) {
                counts = new IntOutbox(port.spec, shard);
                port.counts = counts;
            }
            int width = port.spec.width();
            for (int i = 0; i < keys.length; i++) {
                if (port.writesThrough && table.ownsRow(keys[i])) {
                    addOwn(shard, keys, i, values, i * width);
                } else {
                    counts.addRow(keys[i], values, i * width);
                }
            }
        }
    }

    private static void addOwn(IntShard shard, long[] keys, int i, int[] values, int at) {
        int stripe = shard.rows().stripe(keys[i]);
        shard.locks().lock(stripe);
        try {
            shard.add(keys, i, i + 1, values, at);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    /** Adds an update of any kind. */
    public void add(Table table, Update update) {
        switch (update) {
            case Update.Dense(var keys, var values) -> add(table, keys, values);
            case Update.Sparse(var cells, var values) -> addCells(port(table), cells, values);
            case Update.Factors(var u, var v) -> {
                var port = port(table);
                admitAdd(port);
                outbox(port).addFactors(u, v);
                if (port.writesThrough && table.isWhole() && !isVirtual) {
                    flush(port);
                }
            }
        }
    }

    private void addCells(Port port, long[] cells, float[] values) {
        int width = port.spec.width();
        admitAdd(port);
        if (!port.writesThrough || isVirtual) {
            var outbox = outbox(port);
            for (int i = 0; i < cells.length; i++) {
                outbox.addCell(Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), values[i]);
            }
            return;
        }
        var shard = port.table.floats();
        var rows = shard.rows();
        long stripes = 0;
        for (int i = 0; i < cells.length; i++) {
            long row = Math.floorDiv(cells[i], width);
            rows.check(row);
            stripes |= 1L << rows.stripe(row);
            if (!Float.isFinite(values[i])
                    && refuse(
                            port,
                            new NonFiniteUpdateException(port.spec, row, Math.floorMod(cells[i], width), values[i]))) {
                return;
            }
        }
        if (!port.table.isWhole()) {
            for (int i = 0; i < cells.length; i++) {
                addCellApart(port, Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), values[i]);
            }
            return;
        }
        shard.locks().lockAll(stripes);
        try {
            for (int i = 0; i < cells.length; i++) {
                shard.addCell(Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), port.scale * values[i]);
            }
        } finally {
            shard.locks().unlockAll(stripes);
        }
    }

    private static void addCellApart(Port port, long row, int column, float value) {
        var shard = port.table.floats();
        int stripe = shard.rows().stripe(row);
        var unconfirmed = port.unconfirmed;
        boolean isOwn = port.table.owns(stripe);
        if (!isOwn && unconfirmed == null) {
            through(port).addCell(row, column, value);
            return;
        }
        shard.locks().lock(stripe);
        try {
            if (!isOwn && unconfirmed != null) {
                unconfirmed.addCell(row, column, value);
            }
            shard.addCell(row, column, port.scale * value);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    /** What this worker will add to the table at its tick; for sums over a mini-batch. */
    public Outbox outbox(Table table) {
        var port = port(table);
        admitAdd(port);
        return outbox(port);
    }

    private Outbox outbox(Port port) {
        var outbox = port.outbox;
        if (outbox == null) {
            var shard = port.table.floats();
            outbox = recording == null ? DenseOutbox.ifItFits(port.spec, shard, node.mostOutboxBytes()) : null;
            if (outbox == null) {
                outbox = new SparseOutbox(port.spec, shard);
            }
            port.outbox = outbox;
        }
        return outbox;
    }

    /** Under Bsp an add waits like a read: what was added at the last clock may not have been applied yet. */
    private void admitAdd(Port port) {
        if (port.spec.consistency().staged()) {
            admit(port);
        }
    }

    // Ticking

    /** Ends the clock of every table group whose clock has not been ended by {@link #tick(String)}. */
    public void tick() {
        for (int i = 0; i < groups.size(); i++) {
            var group = groups.get(i);
            if (group.clock == clock) {
                tick(group);
            }
        }
        clock++;
        if (recording != null) {
            recording.tick();
        }
    }

    /** Ends the clock of one table group: all this worker added to its tables goes to the shards. */
    public void tick(String name) {
        var group = groupOrFail(name);
        if (group.clock != clock) {
            throw new IllegalStateException("worker " + worker + " has ticked table group '" + name + "' at clock "
                    + clock + " already; tick() ends the clock for the others");
        }
        tick(group);
    }

    private void tick(Group group) {
        group.clocks.checkNotEnded();
        for (int i = 0; i < group.ports.size(); i++) {
            var port = group.ports.get(i);
            recordOutbox(port);
            flush(port);
            if (port.view != null) {
                port.view.open(false);
            }
            if (port.viewOfSlots != null) {
                port.viewOfSlots.open(false);
            }
        }
        if (pushes != null) {
            pushes.tick(group.name.hashCode(), group.clock);
        }
        if (!isVirtual) {
            group.clocks.tick(worker, group.clock);
        }
        group.clock++;
    }

    private void flush(Port port) {
        if (port.spec.consistency().staged() && port.admitted != port.group.clock) {
            return; // not touched at this clock; what the outbox holds is of the last, and staged
        }
        flush(port, port.outbox);
        flush(port, port.gathered);
        flush(port, port.through);
        flushUnconfirmed(port);
        var counts = port.counts;
        if (counts != null && !counts.isEmpty()) {
            counts.seal();
            if (pushes != null && !port.table.isWhole()) {
                pushes.begin(port.table, port.group.clock, counts.bytes());
                var mine = port.mine;
                if (mine != null) {
                    counts.forEachRow(row -> noteOwn(port, mine, row));
                }
                for (int stripe = 0; stripe < port.lastPushed.length; stripe++) {
                    if (!port.table.owns(stripe) && counts.touches(stripe)) {
                        counts.push(stripe, pushes);
                        port.lastPushed[stripe] = port.group.clock;
                    }
                }
                pushes.end();
            }
            if (port.spec.consistency().staged()) {
                node.staged(port.table).stage(worker, port.group.clock, counts);
            } else {
                counts.clear(); // of rows of others: own ones were changed at once
            }
        }
    }

    private void flush(Port port, @Nullable Outbox outbox) {
        if (outbox == null || outbox.isEmpty()) {
            return;
        }
        try {
            outbox.seal();
        } catch (NonFiniteUpdateException e) {
            outbox.clear();
            refuse(port, e);
            return;
        }
        if (pushes != null && !port.table.isWhole()) {
            var unconfirmed = port.unconfirmed;
            if (unconfirmed == null) {
                push(port, outbox, pushes);
            } else {
                for (int stripe = 0; stripe < port.lastPushed.length; stripe++) {
                    if (!port.table.owns(stripe) && outbox.touches(stripe)) {
                        outbox.drain(stripe, (row, values, at) -> addUnconfirmed(port, unconfirmed, row, values, at));
                    }
                }
            }
        }
        if (port.spec.consistency().staged()) {
            node.staged(port.table).stage(worker, port.group.clock, outbox);
        } else {
            apply(port.table, outbox);
        }
    }

    /** A worker sees its own writes: it asks for rows whose owners have not told of them yet. */
    private static void noteOwn(Port port, OwnWrites mine, long row) {
        if (!port.table.ownsRow(row)) {
            mine.add(port.group.clock, row);
        }
    }

    private static void push(Port port, Outbox outbox, Pushes to) {
        to.begin(port.table, port.group.clock, outbox.bytes());
        var mine = port.mine;
        boolean knowsRows = outbox instanceof SparseOutbox;
        if (mine != null && knowsRows) {
            outbox.forEachRow(row -> noteOwn(port, mine, row));
        }
        for (int stripe = 0; stripe < port.lastPushed.length; stripe++) {
            if (!port.table.owns(stripe) && outbox.touches(stripe)) {
                if (mine != null && !knowsRows) {
                    mine.addStripe(port.group.clock, stripe);
                }
                outbox.push(stripe, to);
                port.lastPushed[stripe] = port.group.clock;
            }
        }
        to.end();
    }

    /** Pushes what this node's workers see already; waits if the owners confirm nothing for long. */
    private void flushUnconfirmed(Port port) {
        var unconfirmed = port.unconfirmed;
        var feed = port.feed;
        if (unconfirmed == null || feed == null || pushes == null || unconfirmed.isEmpty()) {
            return;
        }
        int most = (int) Math.min(
                MOST_UNCONFIRMED, port.group.clock - node.requiredAge(port.spec.consistency(), port.group.clock) + 8);
        feed.awaitConfirmed(unconfirmed, most, need(port), waitLimitNanos);
        try {
            push(port, unconfirmed.send(port.group.clock), pushes);
        } catch (NonFiniteUpdateException e) {
            long[] rows = unconfirmed.drop();
            refuse(port, e);
            feed.again(rows, waitLimitNanos); // the node's own copies have it
            for (long row : rows) {
                port.known.clear((int) port.table.shard.rows().slot(row));
            }
        }
    }

    /** Applies stripe by stripe; workers begin at different ones, so that they seldom meet. */
    private void apply(Table table, Outbox outbox) {
        var shard = table.floats();
        int stripes = shard.rows().stripes;
        int start = worker * stripes / workers;
        for (int i = 0; i < stripes; i++) {
            int stripe = (start + i) % stripes;
            if (table.owns(stripe) && outbox.touches(stripe)) {
                shard.locks().lock(stripe);
                try {
                    outbox.apply(stripe);
                } finally {
                    shard.locks().unlock(stripe);
                }
            }
        }
        outbox.clear();
    }

    /** This worker takes no further part: its clocks count as infinitely far. */
    public void finish() {
        for (var group : groups) {
            if (pushes != null) {
                pushes.tick(group.name.hashCode(), Clocks.FINISHED);
            }
            group.clocks.tick(worker, Clocks.FINISHED);
        }
    }

    /** Throws if the job has ended, so that a long step can stop early. */
    public void checkNotEnded() {
        for (var group : groups) {
            group.clocks.checkNotEnded();
        }
    }

    // Local state

    /** This worker's own array of that name, zero at first, kept by checkpoints. */
    public float[] localFloats(String name, int length) {
        if (localLongs.containsKey(name)) {
            throw new IllegalArgumentException("local state '" + name + "' is an array of longs");
        }
        var array = localFloats.computeIfAbsent(name, n -> new float[length]);
        checkLocal(name, array.length, length);
        return array;
    }

    /** This worker's own array of that name, zero at first, kept by checkpoints. */
    public long[] localLongs(String name, int length) {
        if (localFloats.containsKey(name)) {
            throw new IllegalArgumentException("local state '" + name + "' is an array of floats");
        }
        var array = localLongs.computeIfAbsent(name, n -> new long[length]);
        checkLocal(name, array.length, length);
        return array;
    }

    private static void checkLocal(String name, int is, int asked) {
        if (is != asked) {
            throw new IllegalArgumentException("local state '" + name + "' has length " + is + ", asked for " + asked);
        }
    }

    /** The local state, for a checkpoint. */
    public List<Tensor> localTensors() {
        var tensors = new ArrayList<Tensor>();
        localFloats.forEach((name, values) -> tensors.add(Tensor.floats(name, values)));
        localLongs.forEach((name, values) -> tensors.add(Tensor.longs(name, values)));
        return tensors;
    }

    /** Takes the local state of a checkpoint. */
    public void restoreLocal(Safetensors file) throws IOException {
        for (var name : file.names()) {
            switch (file.type(name)) {
                case F32 -> localFloats.put(name, file.floats(name));
                case I64 -> localLongs.put(name, file.longs(name));
                case I32, U8 ->
                    throw new IOException(file.where() + ": local state '" + name + "' is of type " + file.type(name));
            }
        }
    }
}
