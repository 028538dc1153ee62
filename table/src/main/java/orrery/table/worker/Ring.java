package orrery.table.worker;

import java.nio.file.Path;
import java.util.List;
import orrery.table.cells.CountRows;
import orrery.table.cells.FloatShard;
import orrery.table.hold.Rotation;
import orrery.table.spec.TableSpec;

/**
 * The blocks of a table under {@link orrery.table.spec.Consistency.Rotating} as one worker has them, one after the other, lap after
 * lap:
 *
 * <pre>
 *   ring.take();                  // waits for the next block, which is this worker's alone until it passes it on
 *   ... ring.counts() ...         // reads and changes it
 *   ring.pass();
 * </pre>
 *
 * A lap has as many blocks as the table ({@link #blocks}), in an order that does not change. Where a clock ends within a lap, the next
 * goes on from there; where it ends with a lap, {@link Session#tick} waits until this worker's own blocks are at home. Confined to
 * the worker's thread.
 */
public final class Ring {
    private static final int NONE = -1;

    private final Port port;
    private final Rotation rotation;
    private final int[] order;
    private final boolean isOfCounts;
    private long taken; // blocks, in all laps
    private int held = NONE;

    Ring(Port port) {
        this.port = port;
        rotation = port.table.rotation();
        order = rotation.order(port.self.worker);
        isOfCounts = port.spec.type() == TableSpec.Type.COUNT;
    }

    /** How many blocks a lap has. */
    public int blocks() {
        return order.length;
    }

    /** The number of the block that comes after so many more in this worker's order; 0 for the next. */
    public int coming(int ahead) {
        return order[(int) ((taken + ahead) % order.length)];
    }

    /**
     * Has about so many bytes of the table's blocks of this member in memory from now on, and the others in files: for a model that
     * is larger than memory. The next block comes back from its file while a worker holds the one before it.
     *
     * @param folder where the files are, which have no names and go with the process
     */
    public void keepAtMost(long bytes, Path folder) {
        port.table.counts().pool(folder, bytes);
    }

    /** How many blocks have come back from files so far. */
    public long loaded() {
        return port.table.counts().loaded();
    }

    /** Waits for the next block. Returns its number. */
    public int take() {
        if (held != NONE) {
            throw new IllegalStateException("worker " + port.self.worker + " holds block " + held + " of table '"
                    + port.spec.name() + "': it passes it on before it takes the next");
        }
        int block = coming(0);
        port.waited(rotation.take(block, visit(block), port.self.waitLimitNanos), NONE);
        if (isOfCounts) {
            port.table.counts().hold(block, coming(1));
        }
        port.table.shard.beginHold(block);
        held = block;
        return block;
    }

    private long visit(int block) {
        return rotation.visit(block, port.self.worker, taken / order.length);
    }

    /** Passes the block that it holds on to the next worker. */
    public void pass() {
        int block = held();
        held = NONE;
        long visit = visit(block);
        taken++;
        port.table.shard.endHold(block);
        if (isOfCounts && rotation.staysHere(block, visit)) {
            port.table.counts().rest(block); // before others may have it
        }
        rotation.pass(block, visit, port.self.waitLimitNanos);
    }

    private int held() {
        if (held == NONE) {
            throw new IllegalStateException("worker " + port.self.worker + " holds no block of table '"
                    + port.spec.name() + "'; it takes one before");
        }
        return held;
    }

    /** The counts of the block that it holds. */
    public CountRows counts() {
        return port.table.counts().block(held());
    }

    /** The number of the first row of a block. */
    public long firstRow(int block) {
        return port.table.shard.rows().blockStart(block);
    }

    /** How many rows a block has. */
    public int rows(int block) {
        return port.table.shard.rows().resident(block);
    }

    /** The block that has a row. */
    public int block(long row) {
        port.table.shard.rows().check(row);
        return port.table.shard.rows().block(row);
    }

    /** The floats of the block that it holds, where they begin in an array. */
    public float[] floats() {
        return shard().heldArray(held());
    }

    /** Where in {@link #floats} the held block's first row begins. */
    public int at() {
        return shard().heldAt(held());
    }

    private FloatShard shard() {
        return port.table.floats();
    }

    // At a cut

    /** The blocks that have their home here, to be read at a cut by {@link #countsAtHome}. */
    public List<Integer> home() {
        return rotation.homeBlocks(port.self.worker);
    }

    /** The counts of a block that has its home here; at a cut, to be read only. */
    public CountRows countsAtHome(int block) {
        return port.table.counts().block(block);
    }

    /** A clock ends: what has gone around is to be at home. */
    void tick() {
        if (held != NONE) {
            throw new IllegalStateException("worker " + port.self.worker + " ticks while it holds block " + held
                    + " of table '" + port.spec.name() + "'; it passes it on before");
        }
        if (taken > 0 && taken % order.length == 0) {
            for (int block : rotation.homeBlocks(port.self.worker)) {
                port.waited(
                        rotation.awaitHome(
                                block,
                                rotation.visit(block, port.self.worker, taken / order.length),
                                port.self.waitLimitNanos),
                        NONE);
            }
        }
    }
}
