package orrery.table.cells;

import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.TableSpec;

/**
 * The counts of a table whose blocks go from worker to worker: by block its rows, where it is here. Whoever holds a block
 * changes it as it likes, without a lock; all else is for when no worker does, at a cut.
 */
public final class CountShard extends Shard {
    private final @Nullable CountRows[] blocks;
    private volatile @Nullable CountPool pool;

    /** @param isAll whether all of it is here; if not, {@link #own} says what is */
    public CountShard(TableSpec spec, boolean isAll) {
        super(spec);
        blocks = new CountRows[rows.blocks];
        if (isAll) {
            own(all(rows.blocks));
        }
    }

    // Whole blocks

    /**
     * Has about so many bytes of blocks in memory from now on, and the others in files.
     *
     * @param folder where the files are
     */
    public synchronized void pool(Path folder, long bytes) {
        if (pool == null) {
            pool = new CountPool(
                    blocks,
                    folder,
                    bytes,
                    (block, encoded) ->
                            CountRows.decode(rows.resident(block), width, CountRows.Structure.MIXED, encoded));
        }
    }

    /** Blocks that have come back from files so far. */
    public long loaded() {
        var of = pool;
        return of == null ? 0 : of.loaded();
    }

    /** A worker is about to hold a block, and another after it. */
    public void hold(int block, int next) {
        var of = pool;
        if (of != null) {
            of.begin(block);
            of.ahead(next);
        }
    }

    /** A worker has done with a block, which stays here. */
    public void rest(int block) {
        var of = pool;
        if (of != null) {
            of.rest(block);
        }
    }

    /** The rows of a block. */
    public CountRows block(int block) {
        var of = pool;
        var here = of == null ? blocks[block] : of.fetch(block);
        if (here == null) {
            throw new IllegalStateException("table '" + spec.name() + "': block " + block + " is not here");
        }
        return here;
    }

    /** Takes a block's rows, in place of those that it has. */
    public void block(int block, CountRows fresh) {
        elsewhere(block);
        blocks[block] = fresh;
        rest(block); // others are used before it
    }

    private void elsewhere(int block) {
        var of = pool;
        if (of != null) {
            of.forget(block);
        }
    }

    @Override
    public boolean isOfFixedSize() {
        return false;
    }

    @Override
    public int cells(int block, int plane) {
        return block(block).encodedCells();
    }

    @Override
    public BlockCopy copy(int block) {
        return new BlockCopy(block, new long[0], new Cells[] {block(block).encode()});
    }

    @Override
    public void install(BlockCopy copy) {
        beforeBlock(copy.block());
        block(copy.block(), CountRows.decode(rows.resident(copy.block()), width, (IntCells) copy.planes()[0]));
    }

    /** Takes a row of others, as {@link CountRows} that hold it as their {@code i}th. */
    public void installRow(long key, CountRows from, int i) {
        int block = rows.block(key);
        int row = (int) (rows.slot(key) - rows.blockStart(block));
        var to = block(block);
        from.forEach(i, (column, count) -> to.add(row, column, count));
    }

    @Override
    public void installRow(long key, Cells[] from, int i) {
        throw new IllegalStateException("rows of counts are not of one size");
    }

    @Override
    boolean isHere(int array) {
        var of = pool;
        return of == null ? blocks[array] != null : of.has(array);
    }

    @Override
    int arrayShift() {
        return rows.blockShift();
    }

    @Override
    Cells plane(int array, int plane) {
        throw new IllegalStateException("rows of counts have no planes");
    }

    @Override
    void hold(boolean[] own, boolean isAll) {}

    @Override
    void allocate(int block) {
        elsewhere(block);
        blocks[block] = new CountRows(rows.resident(block), width);
    }

    @Override
    void release(int block) {
        elsewhere(block);
        blocks[block] = null;
    }

    @Override
    public IntCells newCells(int length) {
        return new IntCells(length);
    }

    @Override
    public long bytes() {
        long bytes = 0;
        for (var block : blocks) {
            bytes += block == null ? 0 : block.bytes();
        }
        return bytes;
    }

    // Rows, at a cut

    /** Copies rows, with their zeros, one after another. */
    @Override
    public void gather(long[] keys, int from, int to, Cells out, int at) {
        int[] all = ((IntCells) out).array();
        Arrays.fill(all, at, at + (to - from) * width, 0);
        for (int i = from; i < to; i++, at += width) {
            rows.check(keys[i]);
            int begin = at;
            forEach(keys[i], (column, count) -> all[begin + column] = count);
        }
    }

    /** Visits the counts of a row that are above zero. */
    public void forEach(long key, CountRows.Entry action) {
        int block = rows.block(key);
        block(block).forEach((int) (rows.slot(key) - rows.blockStart(block)), action);
    }

    @Override
    public double value(long key, int column) {
        int block = rows.block(key);
        return block(block).count((int) (rows.slot(key) - rows.blockStart(block)), column);
    }

    @Override
    public void apply(long[] keys, Cells updates) {
        throw byHolderOnly();
    }

    @Override
    public void applyRun(long slot, Cells updates) {
        throw byHolderOnly();
    }

    @Override
    public void applyCells(int block, int[] cells, Cells updates) {
        throw byHolderOnly();
    }

    private IllegalArgumentException byHolderOnly() {
        return new IllegalArgumentException("table '" + spec.name() + "' rotates: only who holds a block changes it");
    }

    @Override
    public void watchRows() {}

    @Override
    public boolean hasChanged(long key, int since) {
        return true;
    }

    @Override
    long create(long key) {
        return rows.slot(key);
    }

    @Override
    public long dropUnused(int block, long clock) {
        return 0;
    }

    @Override
    void changing(int block) {
        beforeBlock(block);
    }

    @Override
    void changed(int block) {}
}
