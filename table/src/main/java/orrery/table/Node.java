package orrery.table;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.store.Storage;
import orrery.table.cells.Cells;
import orrery.table.cells.FloatCells;
import orrery.table.cells.IntCells;
import orrery.table.clock.Clocks;
import orrery.table.hold.Counts;
import orrery.table.hold.Replica;
import orrery.table.hold.Rotation;
import orrery.table.hold.ServerFunction;
import orrery.table.hold.Snapshot;
import orrery.table.hold.Table;
import orrery.table.hold.TableRows;
import orrery.table.hold.Tables;
import orrery.table.mail.JointPushes;
import orrery.table.mail.Messages;
import orrery.table.plan.Recording;
import orrery.table.push.Feed;
import orrery.table.remote.Reads;
import orrery.table.remote.Travels;
import orrery.table.spec.Consistency;
import orrery.table.spec.EndedException;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Among;
import orrery.table.worker.Self;
import orrery.table.worker.Session;
import orrery.table.worker.View;
import orrery.wire.Credentials;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Ticker;
import orrery.wire.Traffic;

/**
 * The tables of this JVM and their clocks. Outlives stages.
 *
 * <p>{@link #create}, {@link #drop} and {@link #begin} may be called by any thread; {@link #values}, {@link #view},
 * {@link #gather}, {@link #rows}, {@link #save} and {@link #load} only while no worker adds: between stages or at a cut.
 */
public final class Node {
    private final Tables tables;
    private final Map<Clocks, JointPushes> joints = new HashMap<>(); // of a stage; guarded by this, as what follows
    private @Nullable Cluster cluster;
    private @Nullable Reads reads; // of whoever runs the workers
    private Duration waitLimit = Duration.ofMinutes(5);

    public Node() {
        this(Ticker.SYSTEM);
    }

    /** A node that lives in a time of its own. */
    public Node(Ticker ticker) {
        this(Consistency::requiredAge, ticker);
    }

    Node(Tables.ReadPredicate predicate, Ticker ticker) {
        tables = new Tables(predicate, ticker);
    }

    /**
     * Creates a table; one that exists with an equal spec is returned as it is. Among others, all nodes create the same
     * tables in the same order, between stages.
     */
    public Table create(TableSpec asked) {
        return tables.create(asked);
    }

    /** Drops a table. */
    public void drop(Table table) {
        tables.drop(table);
    }

    /** The table of that name, or null. */
    public @Nullable Table find(String name) {
        return tables.find(name);
    }

    /** The table of that name. */
    public Table table(String name) {
        var table = find(name);
        if (table == null) {
            tables.checkNothingLeft(name);
            throw new IllegalArgumentException("there is no table '" + name + "', only " + tables());
        }
        return table;
    }

    public List<Table> tables() {
        return tables.all();
    }

    // Stages

    /**
     * Begins a stage; each worker then opens its {@link #session}.
     *
     * @param firstClock the clock that every worker does first
     * @param waitLimit how long a read may wait before it fails and names whom it waited for
     */
    public void begin(int workers, long firstClock, Duration waitLimit) {
        begin(workers, firstClock, waitLimit, new int[0], tables.begun() + 1);
    }

    /**
     * The same; {@code homes} says by worker whose it is, so that no other member can speak for it.
     *
     * @param number the same on all nodes, and another each time: what is said of another number is of another stage
     */
    public void begin(int workers, long firstClock, Duration waitLimit, int[] homes, int number) {
        if (workers < 1) {
            throw new IllegalArgumentException("workers must be 1 or more, got " + workers);
        }
        tables.begin(workers, firstClock, number);
        synchronized (this) {
            this.waitLimit = waitLimit;
            joints.clear();
            reads = null;
        }
        var among = cluster;
        if (among != null) {
            tables.all().forEach(table -> Feed.begin(table, among.mail()));
            var travels = new Travels(among.mail(), number);
            tables.all().stream()
                    .filter(table ->
                            homes.length > 0 && table.spec().consistency().rotates())
                    .forEach(table -> table.rotation(
                            new Rotation(table, workers, homes, among.mail().me(), travels)));
            var clocks = tables.clocks();
            among.mail().forgetAll();
            among.server() // which may need the tables' lock meanwhile
                    .await(() -> among.server().begin(clocks, homes, travels), "a stage cannot begin", waitLimit);
        }
    }

    /** A worker's session, made by the worker's own thread. */
    public Session session(int worker) {
        return session(worker, null);
    }

    /** The same, of which is recorded what it reads and adds. */
    public Session session(int worker, @Nullable Recording into) {
        int workers = tables.workers();
        if (worker < 0 || worker >= workers) {
            throw new IndexOutOfBoundsException(
                    "the stage has workers 0 to " + (workers - 1) + ", asked for worker " + worker);
        }
        var among = cluster;
        var out = among == null ? null : new Among(among.mail(), new Reads(among.mail()), this::joint);
        return new Session(new Self(tables, out, worker, workers, limitNanos(), into, false), tables.firstClock());
    }

    /**
     * A session for a virtual iteration: what it is told to read and to add is recorded and nothing is done; reads see the
     * tables as they are. The tables change for nobody, and nobody waits. For a node alone.
     */
    public Session virtual(int worker, int workers, Recording into) {
        if (cluster != null) {
            throw new IllegalStateException("a virtual iteration is for a node alone");
        }
        return new Session(new Self(tables, null, worker, workers, limitNanos(), into, true), 0);
    }

    private synchronized Duration limit() {
        return waitLimit;
    }

    private long limitNanos() {
        return limit().toNanos();
    }

    /** What this node's workers push together to the tables of a group. */
    private synchronized JointPushes joint(Clocks group) {
        return joints.computeIfAbsent(
                group,
                clocks -> new JointPushes(
                        tables, among().mail(), clocks.number(), tables.workers(), waitLimit.toNanos()));
    }

    /** Ends the stage for all its workers: those that wait or tick get an {@link EndedException}. */
    public void end(String why, @Nullable Throwable cause) {
        tables.end(why, cause);
    }

    /** Updates that were refused for a NaN or an infinity. */
    public long refusedUpdates() {
        return tables.refusedUpdates();
    }

    // Values

    /** A copy of a dense table's values, row after row. */
    public float[] values(Table table) {
        refresh(table);
        return Tables.copyOfValues(table);
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
        if (from.spec().route() != to.spec().route()) {
            throw new IllegalArgumentException(
                    "table '" + from.name() + "' is held by others than '" + to.name() + "': their routes are "
                            + from.spec().route() + " and " + to.spec().route());
        }
        Tables.copyOwn(from, to);
        if (cluster != null) {
            reads().copy(from, to, limitNanos());
        }
    }

    /** Answers for whoever runs the workers, from the values as they are. */
    public <R> R call(ServerFunction<R> function) {
        function.tables().forEach(tables::checkIsHere);
        return function.answer((table, kind, first, second) ->
                table.isHere() ? List.of() : reads().call(table, kind, first, second, anyAge(), limitNanos()));
    }

    /** A view for whoever runs the workers; valid until they go on. */
    public View view(Table table) {
        refresh(table);
        return new View(table, null, 0, table.spec().rows());
    }

    /**
     * Copies the rows of {@code keys} to {@code out}, row after row, as their owners have them; for the
     * coordinator, while no worker adds.
     */
    public void gather(Table table, long[] keys, float[] out) {
        gather(table, keys, new FloatCells(out), out.length);
    }

    /** The same of a table of ints, or of counts. */
    public void gather(Table table, long[] keys, int[] out) {
        if (table.spec().type() != TableSpec.Type.COUNT) {
            table.ints();
        }
        gather(table, keys, new IntCells(out), out.length);
    }

    private void gather(Table table, long[] keys, Cells out, int length) {
        if (length < (long) keys.length * table.spec().width()) {
            throw new IllegalArgumentException(keys.length + " rows of table '" + table.name() + "' have "
                    + (long) keys.length * table.spec().width() + " values, the array has room for " + length);
        }
        tables.checkIsHere(table);
        if (table.ownsAll()) {
            table.shard.rows().stripesOf(keys, 0, keys.length); // which checks them
            table.shard.gather(keys, 0, keys.length, out, 0);
        } else {
            reads().asOwned(table, keys, out, anyAge(), limitNanos());
        }
    }

    /** How many rows of a table have memory, in all nodes together. */
    public long residentRows(Table table) {
        tables.checkIsHere(table);
        return call(new ServerFunction.ResidentRows(table));
    }

    /** The rows of a table of floats, those of other nodes among them; valid while nobody adds. */
    public TableRows rows(Table table) {
        table.floats();
        return new RowsOfNodes(this, table);
    }

    /** Visits each row of a table of floats that has memory; see {@link TableRows#forEachRow}. */
    public void forEachRow(Table table, TableRows.Action action) throws IOException {
        rows(table).forEachRow(action);
    }

    private void refresh(Table table) {
        tables.checkIsHere(table);
        if (!table.ownsAll()) {
            table.replica().forgetAges();
            reads().allBlocks(table, anyAge(), limitNanos());
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
        var now = reads == null ? new Reads(among.mail()) : reads;
        reads = now;
        return now;
    }

    // Checkpoints

    /** The state of the blocks that this node owns, to be written while workers go on. Called at a cut. */
    public Snapshot snapshot() {
        var among = cluster;
        return tables.snapshot(among == null ? "" : among.name());
    }

    /**
     * Of each table that all members with workers hold, by name, a sum of this node's copy, rule state included: equal on all of them. Empty for a
     * node that holds none. At a cut.
     */
    public Map<String, Long> sumsOfCopies() {
        var sums = new TreeMap<String, Long>();
        for (var table : tables.all()) {
            if (table.isReplicated() && table.isHere()) {
                sums.put(table.name(), table.floats().sum());
            }
        }
        return sums;
    }

    /** How many bytes the copies of a snapshot may take while it is written. */
    public long mostCopied() {
        return tables.mostCopied();
    }

    /** Says so; by default a sixteenth of what the JVM may have, or 16 MiB. A worker that needs more of them waits. */
    public void mostCopied(long bytes) {
        tables.setMostCopied(bytes);
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
    public void load(Storage storage, String folder, Collection<String> files) throws IOException {
        tables.load(storage, folder, files);
    }

    // Among others

    /** In {@link #counted}: rows of others that workers have read and were not planned to. */
    public static final String OUTSIDE_PLAN = Counts.OUTSIDE_PLAN;

    /** In {@link #counted}: rows that were dropped for want of use. */
    public static final String ROWS_DROPPED = Counts.ROWS_DROPPED;

    /** In {@link #counted}: updates of rows that they did not make. */
    public static final String ROWS_NOT_MADE = "updatesThatMadeNoRow";

    /** First type of frame that tables do not use. */
    public static final int FIRST_TYPE = Messages.END;

    /** Makes this node, which has no tables yet, one among others. It owns nothing before {@link #place}. */
    public void join(Credentials credentials, int member, long incarnation, Endpoint.Settings settings, Ear ear) {
        if (!tables.all().isEmpty()) {
            throw new IllegalStateException("a node that has tables cannot join others");
        }
        var among =
                new Cluster(tables, member, incarnation, ear, settings.world().ticker());
        among.start(new Endpoint(credentials, member, incarnation, settings, among));
        tables.join(new ToldOfTables(among));
        cluster = among;
    }

    /** What becomes of tables, the node's thread has to know. */
    private record ToldOfTables(Cluster among) implements Tables.Others {
        @Override
        public void checkCreation(TableSpec spec) {
            var placement = among.mail().placement();
            if (!placement.hosts().equals(placement.members())) {
                throw new IllegalStateException("table '" + spec.name()
                        + "' cannot be created within a stage whose workers are on" + " members " + placement.hosts()
                        + " only: the others would not know it; create it before");
            }
        }

        @Override
        public void place(Table table) {
            table.place(among.mail().placement(), among.mail().me());
            Feed.begin(table, among.mail());
        }

        @Override
        public void created(Table table) {
            among.server().execute(() -> {
                among.server().begin(table.clocks);
                among.server().created(table);
            });
        }

        @Override
        public void dropped(Table table) {
            among.server().execute(() -> among.server().dropped(table));
        }

        @Override
        public void look() {
            among.server().look();
        }
    }

    private Cluster among() {
        var among = cluster;
        if (among == null) {
            throw new IllegalStateException("this node has not joined others");
        }
        return among;
    }

    Endpoint endpoint() {
        return among().mail().endpoint();
    }

    /** Listens for other members. */
    public InetSocketAddress listen() throws IOException {
        return endpoint().listen();
    }

    /** Connects to a member that listens; see {@link Endpoint#connect}. */
    public void connect(int member, InetSocketAddress address, Duration limit)
            throws IOException, InterruptedException {
        endpoint().connect(member, address, limit);
    }

    /** Whether there is a member of that number, connected now or before and not forgotten. */
    public boolean knows(int member) {
        return endpoint().peer(member) != null;
    }

    /** Nanoseconds in which this node has listened to others; see {@link Endpoint#awakeNanos}. */
    public long awakeNanos() {
        return endpoint().awakeNanos();
    }

    /** For how long nothing came from a member, in nanoseconds in which this node has listened; of one unknown, for ever. */
    public long silentNanos(int member) {
        var peer = endpoint().peer(member);
        return peer == null ? Long.MAX_VALUE : peer.silentNanos();
    }

    /** Sends a frame of the caller's own; see {@link Endpoint}. Frames of the control lane never wait. */
    public void send(int member, Frame frame) {
        among().mail().send(member, frame, limitNanos());
    }

    /**
     * Has an action run, every tenth of a second, by whoever runs the workers while it waits for other nodes: what it throws
     * ends the wait. To learn that the other is gone.
     */
    public void whileWaiting(Runnable action) {
        among().mail().whileWaiting(action);
    }

    /** A member is gone for good, and what it may still say is not heard. */
    public void forget(int member, String why) {
        var peer = endpoint().peer(member);
        if (peer != null) {
            among().end(peer, why);
        }
    }

    /** What was sent under earlier epochs is refused from now on. */
    public void epoch(int epoch) {
        endpoint().epoch(epoch);
    }

    /** How often the run has lost a member; 0 for a node alone. */
    public int epoch() {
        var among = cluster;
        return among == null ? 0 : among.mail().epoch();
    }

    /** Who owns what, as far as this node knows. */
    public Placement placement() {
        return among().mail().placement();
    }

    /** Says who owns what. Only while there is nothing to be moved: for that see {@link #move}. */
    public void place(Placement placement) {
        var among = among();
        var present = tables.all();
        if (!present.isEmpty()) { // blocks that go must not be what the node's thread is sending
            among.server().await(() -> place(present, placement, among), "blocks cannot be placed", limit());
        }
        among.mail().place(placement); // last: who waits for it finds the tables ready
        among.server().execute(among.server()::placed);
    }

    private static void place(List<Table> tables, Placement placement, Cluster among) {
        for (var table : tables) {
            table.place(placement, among.mail().me());
            Feed.begin(table, among.mail());
        }
    }

    /**
     * Sends the blocks that are not this node's under the next placement, waits for those that will be, and takes it up.
     * Called at a cut, on all nodes of both placements. Returns how many blocks came.
     */
    public int move(Placement next, Duration limit) throws InterruptedException {
        int came = among().moves().move(placement(), next, limit.toNanos());
        place(next);
        return came;
    }

    /** The run is over, and its tables are somewhere else, as {@code where} says: they are forgotten here. */
    public void leaveTables(String where) {
        clear();
        tables.left(where);
    }

    /** Forgets all tables and clocks, as after a rollback; the place among the others stays. */
    public void clear() {
        tables.clear();
        Duration limit;
        synchronized (this) {
            joints.clear();
            reads = null;
            limit = waitLimit;
        }
        var among = cluster;
        if (among != null) {
            among.mail().forgetAll();
            among.server()
                    .await(
                            () -> among.server().begin(List.of(), new int[0], null),
                            "tables cannot be forgotten",
                            limit);
        }
    }

    /** Whether all workers have completed a clock, as far as this node's blocks are concerned. */
    public boolean hasCompleted(long clock) {
        return tables.hasCompleted(clock);
    }

    /**
     * Drops own rows of sparse tables that have had no update for longer than their specs say ({@link
     * orrery.table.spec.KeySpace}). At a cut, on all nodes before any worker goes on. Returns how many.
     *
     * @param clock the one that comes next
     */
    public long dropUnused(long clock) {
        return tables.dropUnused(clock);
    }

    /** What this node's endpoint has counted. */
    public Traffic traffic() {
        return endpoint().traffic();
    }

    /**
     * Name to count: reads and waits of this node's workers, what it has done for others, what its endpoint has moved.
     * Names with a label have it in braces, such as {@code staleness{2}}.
     */
    public Map<String, Long> counted() {
        var all = new LinkedHashMap<>(tables.counts().all());
        all.put("refusedUpdates", tables.refusedUpdates());
        if (tables.notMade() > 0) {
            all.put(ROWS_NOT_MADE, tables.notMade());
        }
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
            var traffic = endpoint().traffic();
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

    /** Leaves the others. What it owns can still be read; nobody else's. */
    public void leave() {
        tables.close("this node has left the others, who have some of it");
        var among = cluster;
        if (among != null) {
            among.server().close();
            endpoint().close();
        }
    }
}
