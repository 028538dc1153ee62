package orrery.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import orrery.store.Safetensors;
import orrery.store.Storage;

/**
 * The tables of this JVM and their clocks. Outlives stages.
 *
 * <p>{@link #create}, {@link #drop} and {@link #begin} may be called by any thread; {@link #values}, {@link #view},
 * {@link #save} and {@link #load} only while no worker adds: between stages or at a cut.
 */
public final class Node {
    /** Dense tables up to this size get an outbox with a cell for every cell. */
    private static final long MOST_OUTBOX_BYTES = 64L << 20;

    private static final String SUFFIX = ".table.safetensors";

    private final ReadPredicate predicate;
    private final Map<String, Saved> toLoad = new HashMap<>(); // by table, until it is created
    private final Map<String, Table> tables = new LinkedHashMap<>();
    private final Map<String, Clocks> groups = new HashMap<>();
    private final Map<Table, StagedUpdates> staged = new HashMap<>();
    private final Map<Table, Integer> drops = new HashMap<>();
    private final LongAdder refused = new LongAdder();
    private int nextId;
    private int workers;
    private long firstClock;
    private Duration waitLimit = Duration.ofMinutes(5);

    private record Saved(Storage storage, String name) {}

    /** The age a read needs; tests put a broken one here to see that it is caught. */
    @FunctionalInterface
    interface ReadPredicate {
        long requiredAge(Consistency consistency, long clock);
    }

    public Node() {
        this(Consistency::requiredAge);
    }

    Node(ReadPredicate predicate) {
        this.predicate = predicate;
    }

    /** Creates a table; one that exists with an equal spec is returned as it is. */
    public synchronized Table create(TableSpec spec) {
        var existing = tables.get(spec.name());
        if (existing != null && !drops.containsKey(existing)) {
            var differences = existing.spec().differences(spec);
            if (!differences.isEmpty()) {
                throw new IllegalArgumentException(
                        "table '" + spec.name() + "' exists, but " + String.join("; ", differences));
            }
            return existing;
        }
        if (drops.keySet().stream().anyMatch(table -> table.name().equals(spec.name()))) {
            throw new IllegalStateException(
                    "table '" + spec.name() + "' is being dropped: some workers have, others have not");
        }
        var clocks = groups.get(spec.group());
        if (clocks == null) {
            clocks = new Clocks(spec.group());
            clocks.begin(workers, firstClock);
            groups.put(spec.group(), clocks);
        }
        Shard shard = switch (spec.type()) {
            case FLOAT -> new FloatShard(spec, clocks::age);
            case INT -> new IntShard(spec);
        };
        var table = new Table(spec, nextId++, shard, clocks);
        tables.put(spec.name(), table);
        if (spec.consistency().staged()) {
            var updates = new StagedUpdates(spec, shard);
            updates.begin(workers);
            staged.put(table, updates);
            clocks.register(updates);
        }
        restore(table);
        return table;
    }

    synchronized Table create(TableSpec spec, int byWorkers) {
        if (byWorkers != workers) {
            throw new IllegalStateException("a session of an earlier stage cannot create table '" + spec.name() + "'");
        }
        return create(spec);
    }

    /** Drops a table. */
    public synchronized void drop(Table table) {
        if (tables.remove(table.name(), table)) {
            var updates = staged.remove(table);
            if (updates != null) {
                table.clocks.unregister(updates);
            }
        }
    }

    synchronized void dropped(Table table, int ofWorkers) {
        if (drops.merge(table, 1, Integer::sum) == ofWorkers) {
            drops.remove(table);
            drop(table);
        }
    }

    /** The table of that name, or null. */
    public synchronized @Nullable Table find(String name) {
        return tables.get(name);
    }

    public synchronized List<Table> tables() {
        return List.copyOf(tables.values());
    }

    synchronized StagedUpdates staged(Table table) {
        var updates = staged.get(table);
        if (updates == null) {
            throw new IllegalStateException("table '" + table.name() + "' was dropped");
        }
        return updates;
    }

    /**
     * Begins a stage; each worker then opens its {@link #session}.
     *
     * @param firstClock the clock that every worker does first
     * @param waitLimit how long a read may wait before it fails and names whom it waited for
     */
    public synchronized void begin(int workers, long firstClock, Duration waitLimit) {
        if (workers < 1) {
            throw new IllegalArgumentException("workers must be 1 or more, got " + workers);
        }
        this.workers = workers;
        this.firstClock = firstClock;
        this.waitLimit = waitLimit;
        groups.values().forEach(clocks -> clocks.begin(workers, firstClock));
        staged.values().forEach(updates -> updates.begin(workers));
        if (firstClock == 0) {
            tables.values().forEach(table -> table.shard.beginStage());
        }
    }

    /** A worker's session, made by the worker's own thread. */
    public Session session(int worker) {
        int of;
        long first;
        long limit;
        synchronized (this) {
            of = workers;
            first = firstClock;
            limit = waitLimit.toNanos();
        }
        if (worker < 0 || worker >= of) {
            throw new IndexOutOfBoundsException(
                    "the stage has workers 0 to " + (of - 1) + ", asked for worker " + worker);
        }
        return new Session(this, worker, of, first, limit);
    }

    /** Ends the stage for all its workers: whoever waits or ticks gets an {@link EndedException}. */
    public synchronized void end(String why, @Nullable Throwable cause) {
        groups.values().forEach(clocks -> clocks.end(why, cause));
    }

    long requiredAge(Consistency consistency, long clock) {
        return predicate.requiredAge(consistency, clock);
    }

    long mostOutboxBytes() {
        return MOST_OUTBOX_BYTES;
    }

    void countRefused() {
        refused.increment();
    }

    /** Updates that were refused for a NaN or an infinity. */
    public long refusedUpdates() {
        return refused.sum();
    }

    /** A copy of a dense table's values, row after row. */
    public float[] values(Table table) {
        var values =
                new float[Math.toIntExact(table.spec().rows() * table.spec().width())];
        int at = 0;
        for (var block : table.floats().values()) {
            System.arraycopy(block, 0, values, at, block.length);
            at += block.length;
        }
        return values;
    }

    /** Copies the values of one dense table to another of the same shape. */
    public void copy(Table from, Table to) {
        if (from.spec().rows() != to.spec().rows()
                || from.spec().width() != to.spec().width()) {
            throw new IllegalArgumentException(
                    "tables '" + from.name() + "' and '" + to.name() + "' have different shapes");
        }
        var source = from.floats().values();
        var target = to.floats().values();
        for (int b = 0; b < source.length; b++) {
            System.arraycopy(source[b], 0, target[b], 0, source[b].length);
        }
    }

    /** A view for whoever runs the workers; valid until they go on. */
    public View view(Table table) {
        return new View(table, 0, table.spec().rows());
    }

    /** Saves every table to {@code folder/NAME.safetensors}. Returns file name to size and sum. */
    public Map<String, Storage.Written> save(Storage storage, String folder) throws IOException {
        var written = new LinkedHashMap<String, Storage.Written>();
        for (var table : tables()) {
            var metadata = new LinkedHashMap<String, String>();
            metadata.put("table", table.spec().toString());
            String file = table.name() + SUFFIX;
            written.put(
                    file,
                    storage.write(folder + "/" + file, out -> Safetensors.write(out, metadata, table.shard.tensors())));
        }
        return written;
    }

    /**
     * Loads every table from where {@link #save} put it; the specs must be equal. Saved tables that are not there yet
     * are loaded when they are created.
     */
    public synchronized void load(Storage storage, String folder) throws IOException {
        for (var file : storage.list(folder)) {
            if (file.endsWith(SUFFIX)) {
                toLoad.put(file.substring(0, file.length() - SUFFIX.length()), new Saved(storage, folder + "/" + file));
            }
        }
        for (var table : tables.values()) {
            var saved = toLoad.remove(table.name());
            if (saved == null) {
                throw new IOException(storage.where(folder) + ": holds no table '" + table.name() + "'");
            }
            load(table, saved);
        }
    }

    private void restore(Table created) {
        var saved = toLoad.remove(created.name());
        if (saved != null) {
            try {
                load(created, saved);
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }
    }

    private static void load(Table table, Saved saved) throws IOException {
        try (var file = Safetensors.open(saved.storage(), saved.name())) {
            String spec = file.metadata().getOrDefault("table", "");
            if (!spec.equals(table.spec().toString())) {
                throw new IOException(file.where() + ": was saved as " + spec + ", this run has " + table.spec());
            }
            table.shard.load(file);
        }
    }
}
