package orrery.table.hold;

import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.CountShard;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntShard;
import orrery.table.cells.Shard;
import orrery.table.clock.Clocks;
import orrery.table.clock.ConflictDetector;
import orrery.table.spec.Consistency;
import orrery.table.spec.Placement;
import orrery.table.spec.Route;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/** A table of a node: every read and add names one. Safe for use by many threads. */
public final class Table {
    /** Of rows that are pushed one by one: 128 MiB; further ones are asked for at each read. */
    public static final long MOST_FED_CELLS = 1 << 25;

    /** What the key of such a row, its index and its stamp take beside its values. */
    public static final int CELLS_OF_FED_ROW = 10;

    private final TableSpec spec;
    private volatile int number;
    public final int id; // position in arrays of a session
    public final @Nullable ConflictDetector detector; // under SparseSsp
    public final Shard shard;
    public final Clocks clocks;
    private final UpdateRule localRule;
    private final @Nullable FloatShard floats; // the shard, if it is of floats
    private final @Nullable IntShard ints; // the shard, if it is of ints
    private final @Nullable CountShard counts; // the shard, if it is of counts
    private volatile @Nullable Rotation rotation; // of a stage, if its blocks go from worker to worker
    private volatile List<Integer> holders = List.of(); // who has all of it, where updates go to all of them
    private volatile int[] owners = {}; // by block; empty where all is this node's own
    private volatile boolean[] isOwn = {};
    private volatile boolean ownsAll = true;
    private volatile int me; // this node's member
    private volatile @Nullable Replica replica;
    private volatile @Nullable Pushed pushed;
    private long mostFedCells;

    /** @param isAlone whether all of the table is this node's; else {@link #place} says what is */
    Table(TableSpec spec, int id, int number, Clocks clocks, UpdateRule localRule, Runnable look, boolean isAlone) {
        this.localRule = localRule;
        this.spec = spec;
        this.id = id;
        this.number = number;
        detector = spec.consistency() instanceof Consistency.SparseSsp(int staleness, int speculation)
                ? new ConflictDetector(staleness, speculation, look)
                : null;
        floats = spec.type() == TableSpec.Type.FLOAT ? new FloatShard(spec, clocks::age, isAlone) : null;
        ints = spec.type() == TableSpec.Type.INT ? new IntShard(spec, isAlone) : null;
        counts = spec.type() == TableSpec.Type.COUNT ? new CountShard(spec, isAlone) : null;
        shard = floats != null ? floats : ints != null ? ints : counts();
        this.clocks = clocks;
    }

    /** What updates do: to the table, or under local steps to the workers' copies. */
    public UpdateRule localRule() {
        return localRule;
    }

    /** By which frames call it: the same on all nodes. */
    public int number() {
        return number;
    }

    public void number(int next) {
        number = next;
    }

    /** Says which blocks this node, which is member {@code me}, owns and has from now on. What others push begins anew after it. */
    public void place(Placement placement, int me) {
        int blocks = shard.rows().blocks;
        var next = new int[blocks];
        var own = new boolean[blocks];
        boolean all = true;
        holders = spec.route() == Route.PEERS ? placement.holders(spec) : List.of();
        for (int b = 0; b < blocks; b++) {
            next[b] = placement.owner(spec, b, blocks);
            own[b] = next[b] == me || holders.contains(me);
            all &= own[b];
        }
        closePushed();
        this.me = me;
        isOwn = own; // before blocks go: questions about them are then answered MOVED
        ownsAll = all;
        owners = next;
        shard.own(own);
        replica = new Replica(shard, clocks.ticker());
        if (floats != null && shard.rows().isDense) {
            floats.watch();
        }
    }

    /** A stage begins, with so many workers. */
    void beginClocks(int workers, long firstClock) {
        if (detector != null) {
            detector.begin(workers, firstClock);
        }
    }

    /** What others push of it to this node; null if they wait to be asked. */
    @Nullable
    public Pushed pushed() {
        return pushed;
    }

    /** Others push to this from now on: at once, since the node's thread may look. */
    public void pushed(@Nullable Pushed next) {
        pushed = next;
    }

    /** Hears of others' rows no more, until a stage begins. */
    public void closePushed() {
        var last = pushed;
        if (last != null) {
            last.close();
        }
    }

    /** Rows that are pushed one by one take so many cells here, at most; 0 for the usual number. Before a stage. */
    public void mostFedCells(long cells) {
        mostFedCells = cells;
    }

    public long mostFedCells() {
        return mostFedCells;
    }

    /**
     * Whether a worker's updates of a clock are applied at its end only, all at once: the worker sees them before, and is
     * told which of its clocks are in what is pushed to it.
     */
    public boolean appliesWholeClocks() {
        var now = pushed;
        return now != null && now.isInPlace() && spec.writesThrough();
    }

    /** Whether updates of several workers may be added up before they are pushed. */
    public boolean addsUp() {
        return spec.consistency() instanceof Consistency.Ssp
                && pushed == null
                && (spec.type() == TableSpec.Type.INT || spec.rule().replayable());
    }

    /** Whether there is something of blocks {@code from} to {@code to}. */
    @FunctionalInterface
    public interface Touches {
        boolean any(int from, int to);
    }

    /** Blocks {@code from} to {@code to}, all of one stripe and one owner. */
    @FunctionalInterface
    public interface Blocks {
        void run(int from, int to);
    }

    /** Visits the runs of blocks that others own and of which there is something. */
    public void forEachElsewhere(Touches touches, Blocks action) {
        var whose = owners;
        for (int from = 0, to; from < whose.length; from = to) {
            to = endOfRun(whose, from);
            if (!owns(from) && touches.any(from, to)) {
                action.run(from, to);
            }
        }
    }

    /** Visits the runs of own blocks of a stripe of which there is something. */
    public void forEachOwn(int stripe, Touches touches, Blocks action) {
        var rows = shard.rows();
        var whose = owners;
        int end = rows.firstBlock(stripe + 1);
        for (int from = rows.firstBlock(stripe), to; from < end; from = to) {
            to = whose.length == 0 ? end : endOfRun(whose, from);
            if (owns(from) && touches.any(from, to)) {
                action.run(from, to);
            }
        }
    }

    /** Visits the runs of own blocks of which there is something. */
    public void forEachOwn(Touches touches, Blocks action) {
        for (int stripe = 0; stripe < shard.rows().stripes; stripe++) {
            forEachOwn(stripe, touches, action);
        }
    }

    private int endOfRun(int[] whose, int from) {
        var rows = shard.rows();
        int end = rows.firstBlock(rows.stripeOfBlock(from) + 1);
        int to = from + 1;
        while (to < end && whose[to] == whose[from]) {
            to++;
        }
        return to;
    }

    /** Whether no other node owns any of it. */
    public boolean isWhole() {
        return owners.length == 0;
    }

    /** Whether all that its readers need is here: it is this node's, or the updates of all workers come here. */
    public boolean isHere() {
        return isWhole() || (ownsAll && isReplicated());
    }

    /** Whether each update goes to several members, who all hold all rows. */
    public boolean isReplicated() {
        return !holders.isEmpty();
    }

    /** The members that receive all updates; empty if each update goes to its owner. */
    public List<Integer> holders() {
        return holders;
    }

    /** Whether this node's copy of a block is the one that is saved, and that counts where several members answer. */
    public boolean keeps(int block) {
        var whose = owners;
        return whose.length == 0 || whose[block] == me;
    }

    /** The member that a block is of; if there are {@link #holders}, others have it too. */
    public int owner(int block) {
        return owners[block];
    }

    /** Whether this node applies updates of a block, and answers for it. */
    public boolean owns(int block) {
        var own = isOwn;
        return own.length == 0 || own[block];
    }

    /** Whether all blocks are this node's, among others or alone. */
    public boolean ownsAll() {
        return ownsAll;
    }

    /** Whether some block of a stripe is. */
    public boolean ownsSome(int stripe) {
        if (ownsAll) {
            return true;
        }
        var rows = shard.rows();
        for (int block = rows.firstBlock(stripe); block < rows.firstBlock(stripe + 1); block++) {
            if (owns(block)) {
                return true;
            }
        }
        return false;
    }

    public boolean ownsRow(long row) {
        return owns(shard.rows().block(row));
    }

    /** Which blocks this node saves. */
    boolean[] own() {
        var own = new boolean[shard.rows().blocks];
        for (int b = 0; b < own.length; b++) {
            own[b] = keeps(b);
        }
        return own;
    }

    /** Drops own rows that have had no update for longer than the spec says. While nobody reads or adds. Returns how many. */
    long dropUnused(long clock) {
        long dropped = 0;
        var rows = shard.rows();
        for (int block = 0; spec.keys().unused() > 0 && block < rows.blocks; block++) {
            if (owns(block)) {
                int stripe = rows.stripeOfBlock(block);
                shard.locks().lock(stripe);
                try {
                    dropped += shard.dropUnused(block, clock);
                } finally {
                    shard.locks().unlock(stripe);
                }
            }
        }
        return dropped;
    }

    /** Makes sure that a sparse table has a row, if it is this node's; it begins as the spec says. While nobody adds. */
    public void createOwn(long key) {
        if (!shard.rows().isDense && ownsRow(key)) {
            int stripe = shard.rows().stripe(key);
            shard.locks().lock(stripe);
            try {
                shard.createRow(key);
            } finally {
                shard.locks().unlock(stripe);
            }
        }
    }

    /**
     * Has this node hold all values of a dense table of floats side by side, others' rows among its own.
     *
     * @throws IllegalStateException if it is read by key only
     */
    public void mirror() {
        var here = floats();
        if (here.isContiguous() || ownsAll()) {
            return; // a view of own blocks needs no other place for them
        }
        if (spec.read() == TableSpec.Read.BY_KEY) {
            throw new IllegalStateException("table '" + name() + "' is read by key (TableSpec.byKey), so that members"
                    + " hold their own blocks only; a view of it, or all its values at once, would take "
                    + here.mirrorBytes() + " bytes of each: gather the rows that are needed, or leave byKey out");
        }
        here.mirror();
    }

    /** What this node knows of the blocks of others. */
    public Replica replica() {
        var now = replica;
        if (now == null) {
            throw new IllegalStateException("table '" + name() + "' is all of this node");
        }
        return now;
    }

    public TableSpec spec() {
        return spec;
    }

    public String name() {
        return spec.name();
    }

    /** Rows of this node that have memory: those of own blocks of a dense table, those written so far of a sparse one. */
    public long residentRows() {
        long rows = 0;
        for (int b = 0; b < shard.rows().blocks; b++) {
            rows += owns(b) ? shard.rows().resident(b) : 0;
        }
        return rows;
    }

    /** Bytes that are here: values and rule state of own blocks, and the mirror, if there is one. */
    public long bytes() {
        return shard.bytes();
    }

    public FloatShard floats() {
        var here = floats;
        if (here == null) {
            throw new IllegalArgumentException("table '" + name() + "' holds "
                    + (counts == null ? "ints; use an int[]" : "counts; its blocks are those of Session.ring"));
        }
        return here;
    }

    public IntShard ints() {
        var here = ints;
        if (here == null) {
            throw new IllegalArgumentException("table '" + name() + "' holds "
                    + (counts == null ? "floats; use a float[]" : "counts; its blocks are those of Session.ring"));
        }
        return here;
    }

    public CountShard counts() {
        var here = counts;
        if (here == null) {
            throw new IllegalArgumentException("table '" + name() + "' holds no counts");
        }
        return here;
    }

    /** How its blocks go from worker to worker, in the stage that is on. */
    public Rotation rotation() {
        var now = rotation;
        if (now == null) {
            throw new IllegalStateException("table '" + name() + "' is under " + spec.consistency()
                    + ": its blocks do not" + " rotate, or no stage is on");
        }
        return now;
    }

    boolean hasRotation() {
        return rotation != null;
    }

    public void rotation(@Nullable Rotation next) {
        rotation = next;
    }

    @Override
    public String toString() {
        return name();
    }
}
