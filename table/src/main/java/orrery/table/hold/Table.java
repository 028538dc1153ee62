package orrery.table.hold;

import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntShard;
import orrery.table.cells.Shard;
import orrery.table.clock.Clocks;
import orrery.table.clock.ConflictDetector;
import orrery.table.spec.Consistency;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/** A table of a node: every read and add names one. Safe for use by many threads. */
public final class Table {
    private final TableSpec spec;
    private volatile int number;
    public final int id; // position in arrays of a session
    public final @Nullable ConflictDetector detector; // under SparseSsp
    public final Shard shard;
    public final Clocks clocks;
    private final UpdateRule localRule;
    private volatile int[] owners = {}; // by stripe; empty where all is this node's own
    private volatile boolean[] isOwn = {};
    private volatile @Nullable Replica replica;
    private volatile @Nullable Pushed pushed;
    private long mostFedCells;

    Table(TableSpec spec, int id, int number, Shard shard, Clocks clocks, UpdateRule localRule, Runnable look) {
        this.localRule = localRule;
        this.spec = spec;
        this.id = id;
        this.number = number;
        detector = spec.consistency() instanceof Consistency.SparseSsp(int staleness, int speculation)
                ? new ConflictDetector(staleness, speculation, look)
                : null;
        this.shard = shard;
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

    /** Says which blocks this node, which is member {@code me}, owns from now on. What others push begins anew after it. */
    public void place(Placement placement, int me) {
        int stripes = shard.rows().stripes;
        var next = new int[stripes];
        var own = new boolean[stripes];
        for (int s = 0; s < stripes; s++) {
            next[s] = placement.owner(spec, s, stripes);
            own[s] = next[s] == me;
        }
        closePushed();
        replica = new Replica(shard.rows(), spec.width(), clocks.ticker());
        if (shard instanceof FloatShard floats && shard.rows().isDense) {
            floats.watch();
        }
        isOwn = own;
        owners = next;
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

    /** Visits the stripes that others own and of which there is something. */
    public void forEachElsewhere(IntPredicate touches, IntConsumer action) {
        for (int stripe = 0; stripe < owners.length; stripe++) {
            if (!owns(stripe) && touches.test(stripe)) {
                action.accept(stripe);
            }
        }
    }

    /** Whether no other node owns any of it. */
    public boolean isWhole() {
        return owners.length == 0;
    }

    public int owner(int stripe) {
        return owners[stripe];
    }

    public boolean owns(int stripe) {
        var own = isOwn;
        return own.length == 0 || own[stripe];
    }

    public boolean ownsRow(long row) {
        return owns(shard.rows().stripe(row));
    }

    /** Which stripes are this node's own. */
    boolean[] own() {
        var own = isOwn.length == 0 ? new boolean[shard.rows().stripes] : isOwn.clone();
        for (int s = 0; s < own.length; s++) {
            own[s] = owns(s);
        }
        return own;
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

    /** Rows that have memory: all of a dense table, those written so far of a sparse one. */
    public long residentRows() {
        return shard.rows().resident();
    }

    /** Bytes of values and rule state. */
    public long bytes() {
        return shard.bytes();
    }

    public FloatShard floats() {
        if (shard instanceof FloatShard floats) {
            return floats;
        }
        throw new IllegalArgumentException("table '" + name() + "' holds ints; use an int[]");
    }

    public IntShard ints() {
        if (shard instanceof IntShard ints) {
            return ints;
        }
        throw new IllegalArgumentException("table '" + name() + "' holds floats; use a float[]");
    }

    @Override
    public String toString() {
        return name();
    }
}
