package orrery.table.hold;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.Node;
import orrery.table.clock.Clocks;
import orrery.table.spec.Consistency;
import orrery.table.spec.EndedException;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.wire.Ticker;

/**
 * The tables of a node by name and number, their clocks by group, and what is staged for them. Safe for use by many
 * threads: guarded by itself.
 */
public final class Tables {
    // Numbers of tables, by which frames call them: counted from 1 outside of stages; within, by the stage's number and
    // by how many a worker has created in it, so that all nodes come to the same without asking each other
    private static final int OF_STAGE = 1 << 30;
    private static final int STAGE_SHIFT = 10;
    private static final int MOST_OF_STAGE = (1 << STAGE_SHIFT) - 1;
    private static final int MOST_STAGES = (1 << 20) - 1; // numbers of later stages come again

    private final ReadPredicate predicate;
    private final Ticker ticker;
    private final Map<String, List<Loading.Saved>> toLoad = new HashMap<>(); // by table, until it is created
    private final Map<String, Table> tables = new LinkedHashMap<>();
    private final Map<Integer, Table> numbers = new ConcurrentHashMap<>(); // as frames call them
    private final Map<String, Clocks> groups = new HashMap<>();
    private final Map<Table, StagedUpdates> staged = new HashMap<>();
    private final Map<Table, Integer> drops = new HashMap<>();
    private final Set<String> gone = new HashSet<>(); // dropped within the stage: late frames may mean them
    private final LongAdder refused = new LongAdder();
    private final Counts counts = new Counts();
    private @Nullable Others others;
    private volatile String closed = ""; // why
    private volatile String elsewhere = ""; // where the tables are
    private int nextId;
    private int createdOutside; // the highest number of a table that was created outside of stages
    private @Nullable Snapshot latest;
    private long mostCopied = mostCopied(Runtime.getRuntime().maxMemory()); // by a snapshot
    private volatile int begun; // which stage it is, of all that this run begins
    private int workers;
    private long firstClock;

    /** The age a read needs; tests put a broken one here to see that it is caught. */
    @FunctionalInterface
    public interface ReadPredicate {
        long requiredAge(Consistency consistency, long clock);
    }

    /** The other nodes, as far as tables are concerned that come and go. */
    public interface Others {
        /** Throws if a stage under way cannot create a table. */
        void checkCreation(TableSpec spec);

        /** A table is to know what of it is this node's. Under the lock of the tables. */
        void place(Table table);

        /** Frames may find the table from now on. */
        void created(Table table);

        /** All workers have dropped the table. */
        void dropped(Table table);

        /** Clocks have moved: threads that wait for them look again. */
        void look();
    }

    public Tables(ReadPredicate predicate, Ticker ticker) {
        this.predicate = predicate;
        this.ticker = ticker;
    }

    /** This node has joined others. Before any table is created. */
    public synchronized void join(Others among) {
        others = among;
    }

    /** Clocks or announcements have changed: threads that wait for them look again. */
    public void look() {
        var among = others;
        if (among != null) {
            among.look();
        }
    }

    // Creating and dropping

    /** As {@link Node#create}. */
    public synchronized Table create(TableSpec asked) {
        return create(asked, createdOutside + 1);
    }

    /**
     * Creates a table within a stage.
     *
     * @param ordinal how many tables the worker has created in the stage, with this one
     */
    public synchronized Table create(TableSpec spec, int byWorkers, int ordinal) {
        if (others != null) {
            others.checkCreation(spec);
        }
        if (byWorkers != workers) {
            throw new IllegalStateException("a session of an earlier stage cannot create table '" + spec.name() + "'");
        }
        if (ordinal > MOST_OF_STAGE) {
            throw new IllegalStateException("a stage creates " + MOST_OF_STAGE + " tables at most");
        }
        return create(spec, OF_STAGE | (begun & MOST_STAGES) << STAGE_SHIFT | ordinal);
    }

    private Table create(TableSpec asked, int number) {
        boolean isLocal = asked.consistency() instanceof Consistency.Local; // then the rule is for the workers' copies
        var spec = isLocal ? asked.with(new UpdateRule.Add()) : asked;
        var existing = tables.get(spec.name());
        if (existing != null && !drops.containsKey(existing)) {
            checkIsTheSame(existing, spec, asked);
            if (number >= OF_STAGE && existing.number() != number) {
                renumber(existing, number); // made in an earlier stage, or before a member was lost
            }
            return existing;
        }
        checkName(spec.name());
        var table = table(spec, number, asked.rule());
        tables.put(spec.name(), table);
        if (table.detector != null) {
            table.detector.begin(workers, firstClock);
            table.clocks.whenTicked(table.detector);
        }
        if (spec.consistency().staged()) {
            var updates = new StagedUpdates(table);
            updates.begin(workers);
            staged.put(table, updates);
            table.clocks.register(updates);
        }
        if (others != null) {
            others.place(table);
        }
        restore(table);
        numbers.put(number, table);
        if (others != null) {
            others.created(table);
        }
        return table;
    }

    private static void checkIsTheSame(Table existing, TableSpec spec, TableSpec asked) {
        var differences = existing.spec().differences(spec);
        if (!existing.localRule().equals(asked.rule())) {
            differences = List.of("rule is " + existing.localRule() + ", asked for " + asked.rule());
        }
        if (!differences.isEmpty()) {
            throw new IllegalArgumentException(
                    "table '" + spec.name() + "' exists, but " + String.join("; ", differences));
        }
    }

    private void checkName(String name) {
        if (drops.keySet().stream().anyMatch(table -> table.name().equals(name))) {
            throw new IllegalStateException(
                    "table '" + name + "' is being dropped: some workers have, others have not");
        }
        if (gone.contains(name)) {
            throw new IllegalStateException(
                    "table '" + name + "' was dropped in this stage; give the next one another name");
        }
    }

    private Table table(TableSpec spec, int number, UpdateRule localRule) {
        var other = numbers.get(number);
        if (other != null) {
            throw new IllegalArgumentException("tables '" + other.name() + "' and '" + spec.name()
                    + "' are both the " + (number & MOST_OF_STAGE)
                    + "th that a worker creates in its stage; all workers"
                    + " must create their tables in the same order");
        }
        var clocks = groups.get(spec.group());
        if (clocks == null) {
            clocks = new Clocks(spec.group(), number, ticker);
            clocks.begin(workers, firstClock);
            clocks.whenMoved(this::look);
            groups.put(spec.group(), clocks);
        }
        createdOutside = Math.max(createdOutside, number < OF_STAGE ? number : 0);
        return new Table(spec, nextId++, number, clocks, localRule, this::look, others == null);
    }

    private void renumber(Table table, int number) {
        numbers.remove(table.number(), table);
        table.number(number);
        numbers.put(number, table);
        if (others != null) {
            others.created(table);
        }
    }

    /** Drops a table. */
    public synchronized void drop(Table table) {
        if (tables.remove(table.name(), table)) {
            numbers.remove(table.number(), table);
            var updates = staged.remove(table);
            if (updates != null) {
                table.clocks.unregister(updates);
            }
            if (table.detector != null) {
                table.clocks.forget(table.detector);
            }
        }
    }

    /** One more worker, here or elsewhere, has dropped the table; when all have, it goes. */
    public synchronized void dropped(Table table) {
        if (drops.merge(table, 1, Integer::sum) == workers) {
            drops.remove(table);
            drop(table);
            gone.add(table.name());
            if (others != null) {
                others.dropped(table);
            }
        }
    }

    /** Forgets all tables and clocks. */
    public synchronized void clear() {
        tables.clear();
        numbers.clear();
        groups.clear();
        createdOutside = 0;
        staged.clear();
        drops.clear();
        gone.clear();
        toLoad.clear();
        latest = null;
    }

    // The end

    /** This node works no more, for that reason; what it owns can still be read. */
    public void close(String why) {
        closed = why;
    }

    /** The tables are somewhere else. */
    public void left(String where) {
        elsewhere = where;
    }

    /** Throws if the tables are somewhere else. */
    public void checkNothingLeft(String table) {
        if (!elsewhere.isEmpty()) {
            throw new IllegalStateException("table '" + table + "' is not here: " + elsewhere);
        }
    }

    /** Throws if others have some of a table, and cannot be asked any more. */
    public void checkIsHere(Table table) {
        if (find(table.name()) != table) {
            throw new IllegalStateException("table '" + table.name() + "' was dropped, or belongs to another node");
        }
        if (!closed.isEmpty() && !table.ownsAll()) {
            throw new EndedException("table '" + table.name() + "' cannot be read: " + closed, null);
        }
    }

    // Finding

    /** The table of that name, or null. */
    public synchronized @Nullable Table find(String name) {
        return tables.get(name);
    }

    public synchronized List<Table> all() {
        return List.copyOf(tables.values());
    }

    @Nullable
    public Table byNumber(int number) {
        return numbers.get(number);
    }

    public synchronized StagedUpdates staged(Table table) {
        var updates = staged.get(table);
        if (updates == null) {
            throw new IllegalStateException("table '" + table.name() + "' was dropped");
        }
        return updates;
    }

    public synchronized List<Clocks> clocks() {
        return List.copyOf(groups.values());
    }

    // Stages

    /** Begins a stage. */
    public synchronized void begin(int ofWorkers, long first, int number) {
        begun = number;
        workers = ofWorkers;
        firstClock = first;
        tables.values().stream()
                .filter(table -> table.spec().consistency().rotates())
                .forEach(table -> table.rotation(table.isWhole() ? new Rotation(table, workers) : null)); // or see Node
        groups.values().forEach(clocks -> clocks.begin(workers, firstClock));
        staged.values().forEach(updates -> updates.begin(workers));
        tables.values().forEach(table -> table.beginClocks(workers, firstClock));
        drops.clear();
        gone.clear();
        if (firstClock == 0) {
            tables.values().forEach(table -> table.shard.beginStage());
        }
    }

    /** Which stage it is, of all that the run begins; the same on all nodes. */
    public int begun() {
        return begun;
    }

    public synchronized int workers() {
        return workers;
    }

    public synchronized long firstClock() {
        return firstClock;
    }

    /** Ends the stage for all its workers. */
    public synchronized void end(String why, @Nullable Throwable cause) {
        if (latest != null) {
            latest.lift();
        }
        groups.values().forEach(clocks -> clocks.end(why, cause));
    }

    /** Whether all workers have completed a clock, as far as this node's blocks are concerned. */
    public synchronized boolean hasCompleted(long clock) {
        return groups.values().stream().allMatch(clocks -> clocks.age() >= clock);
    }

    public long requiredAge(Consistency consistency, long clock) {
        return predicate.requiredAge(consistency, clock);
    }

    // Counting

    public Counts counts() {
        return counts;
    }

    /** An update is not finite: it is counted and dropped, if its table drops such. */
    public boolean refuse(TableSpec spec, NonFiniteUpdateException refusal) {
        refused.increment();
        return switch (spec.nonFinite()) {
            case DROP -> true;
            case FAIL -> throw refusal;
        };
    }

    /** Updates that were refused for a NaN or an infinity. */
    public long refusedUpdates() {
        return refused.sum();
    }

    /** Drops rows that have had no update for longer than their tables' specs say; see {@link Table#dropUnused}. */
    public synchronized long dropUnused(long clock) {
        long dropped = 0;
        for (var table : tables.values()) {
            dropped += table.dropUnused(clock);
        }
        counts.rowsDropped.add(dropped);
        return dropped;
    }

    /** Updates of sparse tables that made no row. */
    public synchronized long notMade() {
        return tables.values().stream()
                .mapToLong(table -> table.shard.refused())
                .sum();
    }

    // Values

    /** A dense table of floats, row after row: what is here, others' rows as they are in the mirror. */
    public static float[] copyOfValues(Table table) {
        int width = table.spec().width();
        var values = new float[Math.toIntExact(table.spec().rows() * width)];
        if (!table.shard.rows().isNatural()) {
            for (int row = 0; row < table.spec().rows(); row++) {
                table.floats().read(row, values, row * width);
            }
            return values;
        }
        int at = 0;
        for (var array : table.floats().values()) {
            System.arraycopy(array, 0, values, at, array.length);
            at += array.length;
        }
        return values;
    }

    /** Copies the values of this node's own blocks to another table of the same shape. */
    public static void copyOwn(Table from, Table to) {
        int width = from.spec().width();
        var rows = from.floats().rows();
        var values = new float[width];
        for (int block = 0; block < rows.blocks; block++) {
            if (!from.owns(block)) {
                continue;
            }
            int stripe = rows.stripeOfBlock(block);
            to.shard.locks().lock(stripe);
            try {
                if (!rows.isDense) {
                    to.shard.forget(block); // rows that the other has no more
                }
                for (long row : rowsOf(from, block)) {
                    if (row >= 0) {
                        from.floats().read(row, values, 0);
                        to.floats().setRow(row, values);
                    }
                }
            } finally {
                to.shard.locks().unlock(stripe);
            }
        }
    }

    /** The rows of a block, -1 where a dense table has a place for none. Nobody adds. */
    private static long[] rowsOf(Table table, int block) {
        var rows = table.shard.rows();
        if (!rows.isDense) {
            return rows.keys(block);
        }
        var all = new long[rows.resident(block)];
        Arrays.setAll(all, i -> rows.row(rows.blockStart(block) + i));
        return all;
    }

    // Checkpoints

    /** What the copies of a snapshot may take in a JVM that has so much memory. */
    public static long mostCopied(long memory) {
        return Math.max(16L << 20, memory / 16);
    }

    /** The copies of a snapshot take so many bytes at most; by default a sixteenth of what the JVM may have, or 16 MiB. */
    public synchronized void setMostCopied(long bytes) {
        mostCopied = bytes;
    }

    public synchronized long mostCopied() {
        return mostCopied;
    }

    /** The state of the blocks that this node owns, to be written while workers go on. */
    public synchronized Snapshot snapshot(String name) {
        var snapshot = new Snapshot(name, mostCopied);
        latest = snapshot;
        for (var table : tables.values()) {
            if (table.spec().consistency().rotates() && table.hasRotation()) {
                table.rotation().checkAtHome();
            }
            snapshot.keep(table, table.own(), table.clocks.completed());
        }
        return snapshot;
    }

    /** As {@link Node#load}. */
    public synchronized void load(Storage storage, String folder, Collection<String> files) throws IOException {
        toLoad.clear();
        for (var name : files) {
            if (name.endsWith(Snapshot.SUFFIX)) {
                try (var file = Safetensors.open(storage, folder + "/" + name)) {
                    toLoad.computeIfAbsent(file.metadata().getOrDefault(Snapshot.TABLE, ""), n -> new ArrayList<>())
                            .add(new Loading.Saved(storage, folder + "/" + name));
                }
            }
        }
        for (var table : tables.values()) {
            var saved = toLoad.remove(table.name());
            if (saved == null) {
                throw new IOException(storage.where(folder) + ": holds no table '" + table.name() + "'");
            }
            Loading.load(table, saved);
        }
    }

    private void restore(Table created) {
        var saved = toLoad.remove(created.name());
        if (saved != null) {
            try {
                Loading.load(created, saved);
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }
    }
}
