package orrery.table.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.table.clock.Clocks;
import orrery.table.hold.ServerFunction;
import orrery.table.hold.Table;
import orrery.table.outbox.Outbox;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.Update;
import orrery.table.spec.UpdateRule;

/**
 * One worker's view of the tables. It reads, adds and ticks; it never sees a lock or another thread.
 *
 * <p>A read waits until the table is fresh enough for this worker's clock. An {@code add} changes the table at once
 * where consistency and rule allow (any but Bsp and Local, with {@link UpdateRule#replayable}); otherwise it goes to the worker's
 * {@link #outbox}, is merged there, and is applied at the tick. Under Bsp reads see neither others' nor own updates of
 * the clock that is under way.
 *
 * <p>Not thread-safe: one session per worker thread. No method allocates in the steady state, save
 * {@link #call}, {@link #announce}, {@link #values} and what reads or pushes rows of other nodes.
 */
public final class Session {
    private static final String COPY = "copy of "; // which no name of local state is likely to begin with
    private static final String ROUND = "round of ";
    private static final String TOUCHED = "touched rows of ";

    private final Self self;
    private final List<Group> groups = new ArrayList<>();
    private final List<List<Access>> byGroup = new ArrayList<>(); // beside the groups
    private final Map<String, float[]> localFloats = new TreeMap<>();
    private final Map<String, long[]> localLongs = new TreeMap<>();
    private final Map<String, int[]> localInts = new TreeMap<>();
    private @Nullable Access[] accesses = {}; // by table id
    private long clock;
    private int created; // tables within the stage

    /** Made by the worker's own thread. */
    public Session(Self self, long firstClock) {
        this.self = self;
        clock = firstClock;
        for (var table : self.tables.all()) {
            attach(table);
        }
        for (var group : groups) {
            var among = self.among;
            if (among != null
                    && accesses(group).stream()
                            .allMatch(access -> access.port().table.addsUp())) {
                group.joint = among.joints().apply(group.clocks);
                group.joint.join(self.worker, firstClock);
                group.isApart = group.joint.isForOne(self.worker);
            }
        }
    }

    private Group attach(Table table) {
        var group = group(table.spec().group());
        if (group == null) {
            group = new Group(table.spec().group(), table.clocks, self.worker, clock);
            groups.add(group);
            byGroup.add(new ArrayList<>());
        }
        var access = Access.of(new Port(self, table, group));
        accesses(group).add(access);
        if (accesses.length <= table.id) {
            accesses = Arrays.copyOf(accesses, table.id + 1);
        }
        accesses[table.id] = access;
        return group;
    }

    private @Nullable Group group(String name) {
        for (var group : groups) {
            if (group.name.equals(name)) {
                return group;
            }
        }
        return null;
    }

    /** The tables of a group. */
    private List<Access> accesses(Group group) {
        return byGroup.get(groups.indexOf(group));
    }

    private Access access(Table table) {
        var access = table.id < accesses.length ? accesses[table.id] : null;
        if (access == null || access.port().table != table) {
            throw new IllegalStateException("worker " + self.worker + " has no table '" + table.name()
                    + "': it was dropped, or belongs to another node, or this worker has not created it");
        }
        return access;
    }

    /** This worker's number, from 0. */
    public int worker() {
        return self.worker;
    }

    /** How many workers share the tables. */
    public int workers() {
        return self.workers;
    }

    /** Whether what is read and added is only recorded: what is found in between is of no use, and need not be computed. */
    public boolean isVirtual() {
        return self.isVirtual;
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
        return self.waitedNanos;
    }

    // Tables

    /** The tables that this worker has. */
    public List<Table> tables() {
        var tables = new ArrayList<Table>();
        for (var access : accesses) {
            if (access != null) {
                tables.add(access.port().table);
            }
        }
        return tables;
    }

    /** The table of that name. */
    public Table table(String name) {
        for (var access : accesses) {
            if (access != null && access.port().spec.name().equals(name)) {
                return access.port().table;
            }
        }
        throw new IllegalArgumentException("worker " + self.worker + " has no table '" + name + "', only " + tables());
    }

    /**
     * Creates a table together with all other workers: each calls this, at whatever time, with an equal spec; all create
     * their tables in the same order, by which nodes know them. Its group must be one that the stage began with.
     */
    public Table create(TableSpec spec) {
        if (group(spec.group()) == null) {
            throw new IllegalArgumentException("table '" + spec.name() + "' would begin the table group '"
                    + spec.group() + "' within a stage; create it before the stage begins");
        }
        var table = self.tables.create(spec, self.workers, ++created);
        if (table.id >= accesses.length || accesses[table.id] == null) {
            var group = attach(table);
            // others may not have the table yet: what waits for it would keep their clocks from moving
            group.sendUnsent(self.worker);
            group.staysApart = true;
            group.isApart = true;
        }
        return table;
    }

    /** Drops a table together with all other workers: it goes when the last has called this. */
    public void drop(Table table) {
        var access = access(table);
        var group = access.port().group;
        accesses(group).remove(access);
        accesses[table.id] = null;
        self.tables.dropped(table);
        if (self.pushes != null) {
            if (group.joint != null) {
                group.joint.drop(table, self.worker);
            }
            self.pushes.drop(table);
        }
    }
    // Reading

    /** All rows of a dense table of floats. */
    public View view(Table table) {
        return view(table, 0, table.spec().rows());
    }

    /** Rows {@code from} to {@code to} of a dense table of floats; a table has one open view per session at a time. */
    public View view(Table table, long from, long to) {
        return access(table).reader().view(from, to);
    }

    /** Copies the rows of {@code keys} to {@code out}, row after row. */
    public void gather(Table table, long[] keys, float[] out) {
        gather(table, keys, 0, keys.length, out, 0);
    }

    /** Copies the rows of {@code keys[from..to)} to {@code out}, from {@code at} on. */
    public void gather(Table table, long[] keys, int from, int to, float[] out, int at) {
        access(table).reader().gather(keys, from, to, out, at);
    }

    /** The blocks of a table that rotates, as this worker has them one after the other. */
    public Ring ring(Table table) {
        return access(table).port().ring();
    }

    /** Resolves rows of a dense table, for {@link #view(Slots)}. Once, not at every clock. */
    public Slots slots(Table table, long[] keys) {
        access(table);
        return new Slots(table, keys);
    }

    /**
     * The rows of {@code slots}, in their places. Nothing is copied; what others own is brought here, and kept fresh
     * where it is pushed. A table has one open view of slots per session at a time.
     */
    public View view(Slots slots) {
        return access(slots.table()).reader().view(slots);
    }

    /** Copies the rows of {@code keys} of a table of ints to {@code out}, row after row. */
    public void gather(Table table, long[] keys, int[] out) {
        access(table).reader().gather(keys, out);
    }

    /** Copies one row to {@code out}. */
    public void row(Table table, long key, float[] out) {
        access(table).reader().row(key, out);
    }

    /** Answers at the shards, once the tables are fresh enough. */
    public <R> R call(ServerFunction<R> function) {
        for (var table : function.tables()) {
            var port = access(table).port();
            port.checkKeyed("a function");
            port.admit();
            port.group.sendUnsent(self.worker);
        }
        var questions = self.reads;
        if (questions != null) {
            var port = access(function.tables().getFirst()).port();
            return function.answer((table, kind, first, second) -> table.isHere()
                    ? List.of()
                    : questions.call(table, kind, first, second, port.need(), self.waitLimitNanos));
        }
        return function.answer((table, kind, first, second) -> List.of());
    }

    /**
     * Says which rows of a table this worker will read and write at a clock, and that it will touch no others: the clock
     * that is under way, before it has touched any, or a later one. Needed under {@link Consistency.SparseSsp}, where
     * workers run ahead only as far as all have announced; announce so many clocks ahead as the table's speculation has, an
     * empty array for none. Under any other consistency this does nothing.
     */
    public void announce(Table table, long atClock, long[] keys) {
        var announcements = access(table).port().announcements;
        if (announcements != null) {
            announcements.announce(atClock, keys);
        }
    }

    /**
     * All values of a dense table of floats, row after row, with every update of every worker up to the clock that this
     * worker has completed last, under any consistency: waits until all have completed it. For measuring at a cut, when no
     * worker changes the table. A copy; what others own is brought here each time, as far as it has changed.
     */
    public float[] values(Table table) {
        return access(table).reader().values();
    }

    /** The same of the rows of {@code keys}, to {@code out}: for tables of which no member may hold all. */
    public void values(Table table, long[] keys, float[] out) {
        access(table).reader().values(keys, out);
    }

    /** The same of the rows of {@code keys} of a table of ints. */
    public void values(Table table, long[] keys, int[] out) {
        access(table).reader().values(keys, out);
    }

    // Adding

    /**
     * Rows that many workers change all the time: what this one adds to them it keeps to itself until its tick, merged, and
     * sees at once by {@link #gather} and {@link #row}; a view shows it from the next clock on. For tables whose adds take
     * effect at once; for others this changes nothing. A thread's cache (Cui et al., SoCC 2014).
     */
    public void gatherAdds(Table table, long[] rows) {
        access(table).writer().gatherAdds(rows);
    }

    /**
     * Says which rows this worker is planned to touch. Those that others push to this node are subscribed to at once;
     * what is read beside them is counted.
     */
    public void expects(Table table, long[] rows) {
        access(table).port().expect(rows);
    }

    /** Adds rows: {@code values} holds row {@code keys[i]} at {@code [i * width, (i + 1) * width)}. */
    public void add(Table table, long[] keys, float[] values) {
        add(table, keys, 0, keys.length, values, 0);
    }

    /** Adds the rows of {@code keys[from..to)}, found in {@code values} from {@code at} on. */
    public void add(Table table, long[] keys, int from, int to, float[] values, int at) {
        access(table).writer().add(keys, from, to, values, at);
    }

    /** Adds rows to a table of ints. */
    public void add(Table table, long[] keys, int[] values) {
        access(table).writer().add(keys, values);
    }

    /** Adds an update of any kind. */
    public void add(Table table, Update update) {
        access(table).writer().add(update);
    }

    /** What this worker will add to the table at its tick; for sums over a mini-batch. */
    public Outbox outbox(Table table) {
        return access(table).writer().openOutbox();
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
        if (self.recording != null) {
            self.recording.tick();
        }
    }

    /** Ends the clock of one table group: all this worker added to its tables goes to the shards. */
    public void tick(String name) {
        var group = groupOrFail(name);
        if (group.clock != clock) {
            throw new IllegalStateException("worker " + self.worker + " has ticked table group '" + name + "' at clock "
                    + clock + " already; tick() ends the clock for the others");
        }
        tick(group);
    }

    private void tick(Group group) {
        group.clocks.checkNotEnded();
        try {
            var tables = accesses(group);
            for (int i = 0; i < tables.size(); i++) {
                tables.get(i).port().endOfClock();
            }
            for (int i = 0; i < tables.size(); i++) {
                var access = tables.get(i);
                if (access.port().announcements != null) {
                    access.port().announcements.end(group.clock);
                }
                access.writer().flush();
                access.reader().closeViews();
            }
            tell(group);
        } finally {
            group.clearSealed();
        }
        if (!self.isVirtual) {
            group.clocks.tick(self.worker, group.clock);
        }
        group.clock++;
    }

    /** Has others know that the clock is complete, at once or later. */
    private void tell(Group group) {
        var joint = group.joint;
        if (joint != null && !group.isApart) {
            group.mayHaveUnsent = true;
            joint.tick(self.worker, group.clock, group.sealed);
        } else if (self.pushes != null) {
            self.pushes.tick(group.clocks.number(), group.clock);
            if (joint != null) {
                joint.tickedAlone(self.worker, group.clock);
            }
        }
        group.isApart = joint != null && (group.staysApart || joint.isForOne(self.worker));
    }

    /** This worker takes no further part: its clocks count as infinitely far. */
    public void finish() {
        for (var group : groups) {
            if (group.joint != null) {
                group.joint.finish(self.worker);
            }
            if (self.pushes != null) {
                self.pushes.tick(group.clocks.number(), Clocks.FINISHED);
            }
            group.clocks.tick(self.worker, Clocks.FINISHED);
        }
    }

    /** Throws if the job has ended, so that a long step can stop early. */
    public void checkNotEnded() {
        for (var group : groups) {
            group.clocks.checkNotEnded();
        }
    }

    // Local steps

    /**
     * This worker's part of all examples, by which its copies of tables under local steps count in averages; those of all
     * workers must add up to 1. Without, all count alike.
     */
    public void share(double part) {
        if (!(part >= 0 && part <= 1)) {
            throw new IllegalArgumentException("a worker's share must be 0 to 1, got " + part);
        }
        self.share = (float) part;
    }

    /**
     * How far this worker's copies were from the averages that followed: the sum of squared differences and of how many
     * cells, since this was last asked.
     */
    public double[] takeDrift() {
        var all = new double[2];
        for (var access : accesses) {
            if (access != null && access.port().local != null) {
                var drift = access.port().local.takeDrift();
                all[0] += drift[0];
                all[1] += drift[1];
            }
            if (access != null && access.port().touched != null) {
                var drift = access.port().touched.takeDrift();
                all[0] += drift[0];
                all[1] += drift[1];
            }
        }
        return all;
    }

    // Local state

    /** This worker's own array of that name, zero at first, kept by checkpoints. */
    public float[] localFloats(String name, int length) {
        checkNameIsFree(name, localLongs, localInts);
        var array = localFloats.computeIfAbsent(name, n -> new float[length]);
        checkLocal(name, array.length, length);
        return array;
    }

    /** This worker's own array of that name, zero at first, kept by checkpoints. */
    public long[] localLongs(String name, int length) {
        checkNameIsFree(name, localFloats, localInts);
        var array = localLongs.computeIfAbsent(name, n -> new long[length]);
        checkLocal(name, array.length, length);
        return array;
    }

    /** This worker's own array of that name, zero at first, kept by checkpoints. */
    public int[] localInts(String name, int length) {
        checkNameIsFree(name, localFloats, localLongs);
        var array = localInts.computeIfAbsent(name, n -> new int[length]);
        checkLocal(name, array.length, length);
        return array;
    }

    private static void checkNameIsFree(String name, Map<String, ?> some, Map<String, ?> others) {
        if (some.containsKey(name) || others.containsKey(name)) {
            throw new IllegalArgumentException("local state '" + name + "' is an array of another type");
        }
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
        localInts.forEach((name, values) -> tensors.add(Tensor.ints(name, values)));
        for (var access : accesses) {
            var port = access == null ? null : access.port();
            if (port != null && port.local != null) {
                tensors.add(Tensor.floats(COPY + port.spec.name(), port.local.state()));
                tensors.add(Tensor.longs(ROUND + port.spec.name(), new long[] {port.local.round()}));
            }
            if (port != null && port.touched != null) {
                tensors.addAll(port.touched.tensors(TOUCHED + port.spec.name()));
            }
        }
        return tensors;
    }

    private void restoreTouched(Safetensors file, String name) throws IOException {
        var port = access(table(name.substring(TOUCHED.length()))).port();
        var touched = port.touched;
        if (touched == null) {
            return;
        }
        var planes = new float[touched.shard().planes()][];
        for (int p = 0; p < planes.length; p++) {
            planes[p] = file.floats(name + ".plane" + p);
        }
        touched.restore(
                file.longs(name + ".keys"),
                planes,
                file.longs(name + ".touched"),
                file.floats(name + ".averages"),
                file.longs(name + ".round")[0],
                port.group.clock);
    }

    /** Takes the local state of a checkpoint. */
    public void restoreLocal(Safetensors file) throws IOException {
        for (var name : file.names()) {
            if (name.startsWith(COPY)) {
                var port = access(table(name.substring(COPY.length()))).port();
                if (port.local != null) {
                    long round = file.longs(ROUND + port.spec.name())[0];
                    port.local.restore(file.floats(name), round, port.group.clock);
                }
            }
            if (name.startsWith(TOUCHED) && name.endsWith(".keys")) {
                restoreTouched(file, name.substring(0, name.length() - ".keys".length()));
            }
            if (name.startsWith(COPY) || name.startsWith(ROUND) || name.startsWith(TOUCHED)) {
                continue;
            }
            switch (file.type(name)) {
                case F32 -> localFloats.put(name, file.floats(name));
                case I64 -> localLongs.put(name, file.longs(name));
                case I32 -> localInts.put(name, file.ints(name));
                case F64, U8 ->
                    throw new IOException(file.where() + ": local state '" + name + "' is of type " + file.type(name));
            }
        }
    }
}
