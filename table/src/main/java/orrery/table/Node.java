package orrery.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.plan.Recording;
import orrery.wire.Credentials;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Traffic;

/**
 * The tables of this JVM and their clocks. Outlives stages.
 *
 * <p>{@link #create}, {@link #drop} and {@link #begin} may be called by any thread; {@link #values}, {@link #view},
 * {@link #save} and {@link #load} only while no worker adds: between stages or at a cut.
 */
public final class Node {
    /** Dense tables up to this size get an outbox with a cell for every cell. */
    private static final long MOST_OUTBOX_BYTES = 64L << 20;

    // Numbers of tables, by which frames call them: counted from 1 outside of stages; within, by the stage's number and
    // by how many a worker has created in it, so that all nodes come to the same without asking each other
    private static final int OF_STAGE = 1 << 30;
    private static final int STAGE_SHIFT = 10;
    private static final int MOST_OF_STAGE = (1 << STAGE_SHIFT) - 1;
    private static final int MOST_STAGES = (1 << 20) - 1; // numbers of later stages come again

    private final ReadPredicate predicate;
    private final Map<String, List<Loading.Saved>> toLoad = new HashMap<>(); // by table, until it is created
    private final List<Runnable> whenClocksMove = new ArrayList<>();
    private @Nullable Cluster cluster;
    private @Nullable Reads reads; // of whoever runs the workers
    private final Map<String, Table> tables = new LinkedHashMap<>();
    private final Map<Integer, Table> numbers = new ConcurrentHashMap<>(); // as frames call them
    private final Map<String, Clocks> groups = new HashMap<>();
    private final Map<Clocks, JointPushes> joints = new HashMap<>(); // of a stage
    private final Map<Table, StagedUpdates> staged = new HashMap<>();
    private final Map<Table, Integer> drops = new HashMap<>();
    private final Set<String> gone = new HashSet<>(); // dropped within the stage: late frames may mean them
    private final LongAdder refused = new LongAdder();
    private final Counts counts = new Counts();
    private int nextId;
    private int createdOutside; // the highest number of a table that was created outside of stages
    private volatile int begun; // which stage it is, of all that this run begins
    private int workers;
    private long firstClock;
    private Duration waitLimit = Duration.ofMinutes(5);

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

    /**
     * Creates a table; one that exists with an equal spec is returned as it is. Among others, all nodes create the same
     * tables in the same order, between stages.
     */
    public synchronized Table create(TableSpec asked) {
        return createNumbered(asked, createdOutside + 1);
    }

    private Table createNumbered(TableSpec asked, int number) {
        boolean isLocal = asked.consistency() instanceof Consistency.Local; // then the rule is for the workers' copies
        var spec = isLocal ? asked.with(new UpdateRule.Add()) : asked;
        var existing = tables.get(spec.name());
        if (existing != null && !drops.containsKey(existing)) {
            var differences = existing.spec().differences(spec);
            if (!existing.localRule().equals(asked.rule())) {
                differences = List.of("rule is " + existing.localRule() + ", asked for " + asked.rule());
            }
            if (!differences.isEmpty()) {
                throw new IllegalArgumentException(
                        "table '" + spec.name() + "' exists, but " + String.join("; ", differences));
            }
            if (number >= OF_STAGE && existing.number() != number) {
                renumber(existing, number); // made in an earlier stage, or before a member was lost
            }
            return existing;
        }
        if (drops.keySet().stream().anyMatch(table -> table.name().equals(spec.name()))) {
            throw new IllegalStateException(
                    "table '" + spec.name() + "' is being dropped: some workers have, others have not");
        }
        if (gone.contains(spec.name())) {
            throw new IllegalStateException(
                    "table '" + spec.name() + "' was dropped in this stage; give the next one another name");
        }
        var clocks = groups.get(spec.group());
        if (clocks == null) {
            clocks = new Clocks(spec.group(), number);
            clocks.begin(workers, firstClock);
            whenClocksMove.forEach(clocks::whenMoved);
            groups.put(spec.group(), clocks);
        }
        Shard shard = switch (spec.type()) {
            case FLOAT -> new FloatShard(spec, clocks::age);
            case INT -> new IntShard(spec);
        };
        var table = new Table(spec, nextId++, number, shard, clocks, asked.rule(), this::look);
        var other = numbers.get(number);
        if (other != null) {
            throw new IllegalArgumentException("tables '" + other.name() + "' and '" + spec.name()
                    + "' are both the " + (number & MOST_OF_STAGE)
                    + "th that a worker creates in its stage; all workers"
                    + " must create their tables in the same order");
        }
        createdOutside = Math.max(createdOutside, number < OF_STAGE ? number : 0);
        tables.put(spec.name(), table);
        if (table.detector != null) {
            table.detector.begin(workers, firstClock);
            clocks.whenTicked(table.detector);
        }
        if (spec.consistency().staged()) {
            var updates = new StagedUpdates(table);
            updates.begin(workers);
            staged.put(table, updates);
            clocks.register(updates);
        }
        var among = cluster;
        if (among != null) {
            table.place(among.placement(), among);
        }
        restore(table);
        numbers.put(table.number(), table);
        if (among != null) {
            var group = clocks;
            among.server().execute(() -> {
                among.server().begin(group);
                among.server().created(table);
            });
        }
        return table;
    }

    private void renumber(Table table, int number) {
        numbers.remove(table.number(), table);
        table.number(number);
        numbers.put(number, table);
        var among = cluster;
        if (among != null) {
            among.server().execute(() -> among.server().created(table));
        }
    }

    /** @param ordinal how many tables the worker has created in the stage, with this one */
    synchronized Table create(TableSpec spec, int byWorkers, int ordinal) {
        var among = cluster;
        if (among != null && !among.placement().hosts().equals(among.placement().members())) {
            throw new IllegalStateException(
                    "table '" + spec.name() + "' cannot be created within a stage whose workers are on" + " members "
                            + among.placement().hosts() + " only: the others would not know it; create it before");
        }
        if (byWorkers != workers) {
            throw new IllegalStateException("a session of an earlier stage cannot create table '" + spec.name() + "'");
        }
        if (ordinal > MOST_OF_STAGE) {
            throw new IllegalStateException("a stage creates " + MOST_OF_STAGE + " tables at most");
        }
        return createNumbered(spec, OF_STAGE | (begun & MOST_STAGES) << STAGE_SHIFT | ordinal);
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
    synchronized void dropped(Table table) {
        if (drops.merge(table, 1, Integer::sum) == workers) {
            drops.remove(table);
            drop(table);
            gone.add(table.name());
            var among = cluster;
            if (among != null) {
                among.server().execute(() -> among.server().dropped(table));
            }
        }
    }

    /** The table of that name, or null. */
    public synchronized @Nullable Table find(String name) {
        return tables.get(name);
    }

    /** The table of that name. */
    public Table table(String name) {
        var table = find(name);
        if (table == null) {
            throw new IllegalArgumentException("there is no table '" + name + "', only " + tables());
        }
        return table;
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
    public void begin(int workers, long firstClock, Duration waitLimit) {
        begin(workers, firstClock, waitLimit, new int[0], begun + 1);
    }

    /**
     * The same; {@code homes} says by worker whose it is, so that no other member can speak for it.
     *
     * @param number the same on all nodes, and another each time: what is said of another number is of another stage
     */
    public void begin(int workers, long firstClock, Duration waitLimit, int[] homes, int number) {
        begun = number;
        if (workers < 1) {
            throw new IllegalArgumentException("workers must be 1 or more, got " + workers);
        }
        beginClocks(workers, firstClock, waitLimit);
        var among = cluster;
        if (among != null) {
            var clocks = new ArrayList<Clocks>();
            synchronized (this) {
                reads = null;
                tables.values().forEach(table -> table.beginStage(among));
                clocks.addAll(groups.values());
            }
            among.forgetReads();
            among.server() // which may need this node's lock meanwhile
                    .await(() -> among.server().begin(clocks, homes), "a stage cannot begin", waitLimit);
        }
    }

    private synchronized void beginClocks(int workers, long firstClock, Duration waitLimit) {
        this.workers = workers;
        this.firstClock = firstClock;
        this.waitLimit = waitLimit;
        groups.values().forEach(clocks -> clocks.begin(workers, firstClock));
        staged.values().forEach(updates -> updates.begin(workers));
        tables.values().forEach(table -> table.beginClocks(workers, firstClock));
        joints.clear();
        drops.clear();
        gone.clear();
        if (firstClock == 0) {
            tables.values().forEach(table -> table.shard.beginStage());
        }
    }

    /** A worker's session, made by the worker's own thread. */
    public Session session(int worker) {
        return session(worker, null);
    }

    /** The same, of which is recorded what it reads and adds. */
    public Session session(int worker, @Nullable Recording into) {
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
        return new Session(this, worker, of, first, limit, into, false);
    }

    /**
     * A session for a virtual iteration: what it is told to read and to add is recorded and nothing is done; reads see the
     * tables as they are. The tables change for nobody, and nobody waits. For a node alone.
     */
    public Session virtual(int worker, int workers, Recording into) {
        if (cluster != null) {
            throw new IllegalStateException("a virtual iteration is for a node alone");
        }
        return new Session(this, worker, workers, 0, waitLimit.toNanos(), into, true);
    }

    /** Ends the stage for all its workers: whoever waits or ticks gets an {@link EndedException}. */
    public synchronized void end(String why, @Nullable Throwable cause) {
        groups.values().forEach(clocks -> clocks.end(why, cause));
    }

    long requiredAge(Consistency consistency, long clock) {
        return predicate.requiredAge(consistency, clock);
    }

    /** What this node's workers push together to the tables of a group. */
    synchronized JointPushes joint(Clocks group, Cluster among) {
        return joints.computeIfAbsent(
                group, clocks -> new JointPushes(this, among, clocks.number(), workers, waitLimit.toNanos()));
    }

    long mostOutboxBytes() {
        return MOST_OUTBOX_BYTES;
    }

    /** An update is not finite: it is counted and dropped, if its table drops such. */
    boolean refuse(TableSpec spec, NonFiniteUpdateException refusal) {
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

    /** A copy of a dense table's values, row after row. */
    public float[] values(Table table) {
        refresh(table);
        return copyOfValues(table);
    }

    /** What is in this node's arrays, row after row. */
    static float[] copyOfValues(Table table) {
        var values =
                new float[Math.toIntExact(table.spec().rows() * table.spec().width())];
        if (!table.shard.rows().isNatural()) {
            for (int row = 0, width = table.spec().width(); row < table.spec().rows(); row++) {
                table.floats().read(row, values, row * width);
            }
            return values;
        }
        int at = 0;
        for (var block : table.floats().values()) {
            System.arraycopy(block, 0, values, at, block.length);
            at += block.length;
        }
        return values;
    }

    /** Copies the values of one dense table to another of the same shape; among other nodes, everywhere. */
    public void copy(Table from, Table to) {
        if (from.spec().rows() != to.spec().rows()
                || from.spec().width() != to.spec().width()) {
            throw new IllegalArgumentException(
                    "tables '" + from.name() + "' and '" + to.name() + "' have different shapes");
        }
        if (!Objects.equals(from.spec().order(), to.spec().order())) {
            throw new IllegalArgumentException(
                    "rows of tables '" + from.name() + "' and '" + to.name() + "' lie differently");
        }
        copyOwn(from, to);
        if (cluster != null) {
            reads().copy(from, to, waitLimit.toNanos());
        }
    }

    static void copyOwn(Table from, Table to) {
        int width = from.spec().width();
        var rows = from.floats().rows();
        var values = new float[width];
        for (int stripe = 0; stripe < rows.stripes; stripe++) {
            if (from.owns(stripe)) {
                to.shard.locks().lock(stripe);
                try {
                    for (long slot = rows.stripeStart(stripe); slot < rows.stripeStart(stripe + 1); slot++) {
                        long row = rows.row(slot);
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
    }

    /** Answers for whoever runs the workers, from the values as they are. */
    public <R> R call(ServerFunction<R> function) {
        return function.answer(
                (table, kind, first, second) -> table.isWhole()
                        ? List.of()
                        : reads().call(table, kind, first, second, anyAge(), waitLimit.toNanos()),
                this);
    }

    /** A view for whoever runs the workers; valid until they go on. */
    public View view(Table table) {
        refresh(table);
        return new View(table, null, 0, table.spec().rows());
    }

    private void refresh(Table table) {
        if (!table.isWhole()) {
            table.replica().forgetAges();
            reads().blocks(table, -1L >>> (64 - table.shard.rows().stripes), anyAge(), waitLimit.toNanos());
        }
    }

    private static Replica.Need anyAge() {
        return new Replica.Need(-1, 0, -1, false, new long[0]);
    }

    private synchronized Reads reads() {
        var among = cluster;
        if (among == null) {
            throw new IllegalStateException("this node is alone");
        }
        var now = reads == null ? among.reads() : reads;
        reads = now;
        return now;
    }

    // Checkpoints

    /** The state of the blocks that this node owns, to be written while workers go on. Called at a cut. */
    public synchronized Snapshot snapshot() {
        var among = cluster;
        var snapshot = new Snapshot(among == null ? "" : among.name());
        for (var table : tables.values()) {
            snapshot.keep(table, table.own(), table.clocks.completed());
        }
        return snapshot;
    }

    /** Saves the blocks that this node owns to a file per table. Returns file name to size and sum. */
    public Map<String, Storage.Written> save(Storage storage, String folder) throws IOException {
        return snapshot().write(storage, folder);
    }

    /**
     * Loads the blocks that this node owns from where any number of nodes have saved them; the specs must be equal. Saved
     * tables that are not there yet are loaded when they are created.
     */
    public void load(Storage storage, String folder) throws IOException {
        load(storage, folder, storage.list(folder));
    }

    /** The same, of the files given only. */
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

    // Among others

    /** What a node hears that is not about tables. Called by its event loop or its own thread; must not block. */
    public interface Ear {
        /** A frame of a type of the caller's, at least {@link #FIRST_TYPE}, to be closed by the receiver. */
        void heard(Frame frame);

        default void connected(int member, long incarnation) {}

        default void disconnected(int member, long incarnation, String why) {}

        default void refused(String from, String why) {}

        /** An update that a worker of another node has sent cannot be applied. */
        default void failed(Throwable why) {}
    }

    /** In {@link #counted}: rows of others that workers have read and were not planned to. */
    public static final String OUTSIDE_PLAN = Counts.OUTSIDE_PLAN;

    /** First type of frame that tables do not use. */
    public static final int FIRST_TYPE = Messages.END;

    /** Makes this node, which has no tables yet, one among others. It owns nothing before {@link #place}. */
    public void join(Credentials credentials, int member, long incarnation, Endpoint.Settings settings, Ear ear) {
        if (!tables.isEmpty()) {
            throw new IllegalStateException("a node that has tables cannot join others");
        }
        var among = new Cluster(this, member, incarnation, ear);
        among.start(new Endpoint(credentials, member, incarnation, settings, among));
        cluster = among;
    }

    private Cluster among() {
        var among = cluster;
        if (among == null) {
            throw new IllegalStateException("this node has not joined others");
        }
        return among;
    }

    void whenClocksMove(Runnable action) {
        whenClocksMove.add(action);
    }

    @Nullable
    Cluster cluster() {
        return cluster;
    }

    @Nullable
    Table byNumber(int number) {
        return numbers.get(number);
    }

    /** Listens for other members. */
    public InetSocketAddress listen() throws IOException {
        return among().endpoint().listen();
    }

    /** Connects to a member that listens; see {@link Endpoint#connect}. */
    public void connect(int member, InetSocketAddress address, Duration limit)
            throws IOException, InterruptedException {
        among().endpoint().connect(member, address, limit);
    }

    /** Whether there is a member of that number, connected now or before and not forgotten. */
    public boolean knows(int member) {
        return among().endpoint().peer(member) != null;
    }

    /** Nanoseconds in which this node has listened to others; see {@link Endpoint#awakeNanos}. */
    public long awakeNanos() {
        return among().endpoint().awakeNanos();
    }

    /** For how long nothing came from a member, in nanoseconds in which this node has listened; of one unknown, for ever. */
    public long silentNanos(int member) {
        var peer = among().endpoint().peer(member);
        return peer == null ? Long.MAX_VALUE : peer.silentNanos();
    }

    /** Sends a frame of the caller's own; see {@link Endpoint}. Frames of the control lane never wait. */
    public void send(int member, Frame frame) {
        among().send(member, frame, waitLimit.toNanos());
    }

    /**
     * Has an action run, every tenth of a second, by whoever runs the workers while it waits for other nodes: what it throws
     * ends the wait. To learn that the other is gone.
     */
    public void whileWaiting(Runnable action) {
        among().whileWaiting(action);
    }

    /** A member is gone for good, and what it may still say is not heard. */
    public void forget(int member, String why) {
        var peer = among().endpoint().peer(member);
        if (peer != null) {
            among().end(peer, why);
        }
    }

    /** What was sent under earlier epochs is refused from now on. */
    public void epoch(int epoch) {
        among().endpoint().epoch(epoch);
    }

    /** How often the run has lost a member; 0 for a node alone. */
    public int epoch() {
        var among = cluster;
        return among == null ? 0 : among.epoch();
    }

    /** Who owns what, as far as this node knows. */
    public Placement placement() {
        return among().placement();
    }

    /** Says who owns what. Only while there is nothing to be moved: for that see {@link #move}. */
    public synchronized void place(Placement placement) {
        tables.values().forEach(table -> table.place(placement, among()));
        among().place(placement); // last: who waits for it finds the tables ready
    }

    /**
     * Sends the blocks that are not this node's under the next placement, waits for those that will be, and takes it up.
     * Called at a cut, on all nodes of both placements. Returns how many blocks came.
     */
    public int move(Placement next, Duration limit) throws InterruptedException {
        int came = among().moves().move(among().placement(), next, limit.toNanos());
        place(next);
        return came;
    }

    /** Forgets all tables and clocks, as after a rollback; the place among the others stays. */
    public void clear() {
        synchronized (this) {
            tables.clear();
            numbers.clear();
            groups.clear();
            createdOutside = 0;
            staged.clear();
            joints.clear();
            drops.clear();
            gone.clear();
            toLoad.clear();
            reads = null;
        }
        var among = cluster;
        if (among != null) {
            among.forgetReads();
            among.server()
                    .await(() -> among.server().begin(List.of(), new int[0]), "tables cannot be forgotten", waitLimit);
        }
    }

    /** Whether all workers have completed a clock, as far as this node's blocks are concerned. */
    public synchronized boolean hasCompleted(long clock) {
        return groups.values().stream().allMatch(clocks -> clocks.age() >= clock);
    }

    /** What this node's endpoint has counted. */
    public Traffic traffic() {
        return among().endpoint().traffic();
    }

    /** Whoever waits for clocks is to look again. */
    void look() {
        var among = cluster;
        if (among != null) {
            among.server().look();
        }
    }

    int begun() {
        return begun;
    }

    Counts counts() {
        return counts;
    }

    /**
     * Name to count: reads and waits of this node's workers, what it has done for others, what its endpoint has moved.
     * Names with a label have it in braces, such as {@code staleness{2}}.
     */
    public Map<String, Long> counted() {
        var all = new LinkedHashMap<>(counts.all());
        all.put("refusedUpdates", refused.sum());
        var among = cluster;
        if (among != null) {
            var server = among.server();
            all.put("pushes", server.pushes.sum());
            all.put("pushesTwice", server.duplicates.sum());
            all.put("readsAnswered", server.reads.sum());
            all.put("readsParked", server.readsParked.sum());
            all.put("roundsPushed", server.rounds.sum());
            all.put("readsMoved", server.moved.sum());
            all.put("framesFenced", server.fenced.sum());
            var traffic = among.endpoint().traffic();
            all.put("framesSent", traffic.framesSent());
            all.put("bytesSent", traffic.bytesSent());
            all.put("framesReceived", traffic.framesReceived());
            all.put("bytesReceived", traffic.bytesReceived());
            all.put("framesSentAgain", traffic.framesSentAgain());
            all.put("framesTwice", traffic.duplicates());
            all.put("creditStalls", traffic.creditStalls());
            all.put("creditStallNanos", traffic.creditStallNanos());
            all.put("connectionsRefused", traffic.refused());
            all.put("reconnects", traffic.reconnects());
        }
        return all;
    }

    /** Leaves the others. */
    public void leave() {
        var among = cluster;
        if (among != null) {
            among.server().close();
            among.endpoint().close();
        }
    }
}
