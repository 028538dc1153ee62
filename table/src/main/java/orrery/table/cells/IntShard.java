package orrery.table.cells;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.TableSpec;

/** The cells of a table of counts. As {@link FloatShard}, without rules and mirrors: counts start at zero and add, and must fit. */
public final class IntShard extends Shard {
    private volatile Storage storage = new Storage(new int[0][], 0, false);

    /** Slot s is row {@code s & mask} of array {@code s >>> shift}; an array that is not here is null. */
    private record Storage(int[] @Nullable [] blocks, int shift, boolean isWhole) {}

    /** All of the table is here. */
    public IntShard(TableSpec spec) {
        this(spec, true);
    }

    /** @param isAll whether all of it is here; if not, {@link #own} says what is */
    public IntShard(TableSpec spec, boolean isAll) {
        super(spec);
        if (!rows.isDense) {
            storage = new Storage(new int[0][], rows.chunkShift, false);
        } else if (isAll) {
            own(all(rows.blocks));
        }
    }

    // Where

    @Override
    int arrayShift() {
        return storage.shift();
    }

    @Override
    IntCells plane(int array, int plane) {
        return new IntCells(array(storage, array));
    }

    private int[] array(Storage now, int array) {
        var block = now.blocks()[array];
        if (block == null) {
            throw new IllegalStateException("table '" + spec.name() + "': rows that are not here were asked for");
        }
        return block;
    }

    @Override
    public long dropUnused(int block, long clock) {
        return 0;
    }

    @Override
    public IntCells newCells(int length) {
        return new IntCells(length);
    }

    @Override
    boolean isHere(int array) {
        var now = storage.blocks();
        return array < now.length && now[array] != null;
    }

    @Override
    void hold(boolean[] own, boolean isAll) {
        var before = storage;
        boolean isFirst = before.blocks().length == 0;
        if (isAll && isFirst) {
            var blocks = new int[rows.chunks()][];
            Arrays.setAll(blocks, b -> new int[rows.rowsInChunk(b) * width]);
            storage = new Storage(blocks, rows.chunkShift, true);
        } else if (isFirst || (!isAll && before.isWhole())) {
            var now = new Storage(new int[rows.blocks][], rows.blockShift(), false);
            for (int block = 0; !isFirst && block < rows.blocks; block++) {
                if (!own[block]) {
                    continue;
                }
                long first = rows.blockStart(block);
                int start = (int) (first & ((1L << before.shift()) - 1)) * width;
                var from = array(before, (int) (first >>> before.shift()));
                now.blocks()[block] = Arrays.copyOfRange(from, start, start + rows.resident(block) * width);
            }
            storage = now;
        }
    }

    @Override
    void allocate(int block) {
        storage.blocks()[block] = new int[rows.resident(block) * width];
    }

    @Override
    void release(int block) {
        var now = storage;
        if (!now.isWhole() && now.blocks().length > block) {
            now.blocks()[block] = null;
        }
    }

    // Changes

    @Override
    public void watchRows() {
        versions = versions == null ? new RowVersions(rows, locks) : versions;
    }

    @Override
    public boolean hasChanged(long key, int since) {
        var single = versions;
        return single == null || single.hasChanged(rows.slot(key), since);
    }

    private void changingRow(long key, long slot) {
        beforeRow(key);
        var single = versions;
        if (single != null) {
            single.mark(key, slot);
        }
    }

    @Override
    void changing(int block) {
        if (rows.isDense) {
            beforeSlots(rows.blockStart(block), rows.blockStart(block + 1));
        }
    }

    @Override
    void changed(int block) {}

    // Reading

    @Override
    public void gather(long[] keys, int from, int to, Cells out, int at) {
        gather(keys, from, to, ((IntCells) out).array(), at);
    }

    /** Copies the rows of {@code keys[from..to)} to {@code out}, from {@code at} on. */
    public void gather(long[] keys, int from, int to, int[] out, int at) {
        var now = storage;
        for (int i = from; i < to; i++, at += width) {
            rows.check(keys[i]);
            long slot = rows.slot(keys[i]);
            if (slot < 0) {
                Arrays.fill(out, at, at + width, 0);
            } else {
                if (slot >>> now.shift() >= now.blocks().length) {
                    now = storage; // it has grown
                }
                System.arraycopy(array(now, (int) (slot >>> now.shift())), start(now, slot), out, at, width);
            }
        }
    }

    @Override
    public double value(long key, int column) {
        long slot = rows.slot(key);
        var now = storage;
        return array(now, (int) (slot >>> now.shift()))[start(now, slot) + column];
    }

    // Writing. The caller holds the locks of the stripes.

    /** Adds rows. */
    public void add(long[] keys, int from, int to, int[] changes, int at) {
        for (int i = from; i < to; i++, at += width) {
            add(keys[i], changes, at);
        }
    }

    /** Adds one row. */
    public void add(long key, int[] changes, int at) {
        long slot = create(key);
        changingRow(key, slot);
        addSlot(slot, key, changes, at);
    }

    private void addSlot(long slot, long key, int[] changes, int at) {
        var now = storage;
        var block = array(now, (int) (slot >>> now.shift()));
        int start = start(now, slot);
        for (int c = 0; c < width; c++) {
            addCell(block, start, key, c, changes[at + c]);
        }
    }

    private void addCell(int[] block, int start, long key, int column, int change) {
        int old = block[start + column];
        int sum = old + change;
        if (((old ^ sum) & (change ^ sum)) < 0) {
            throw new ArithmeticException("table '" + spec.name() + "': row " + key + ", column " + column
                    + " would be " + ((long) old + change) + ", which no int can hold");
        }
        block[start + column] = sum;
    }

    @Override
    public void apply(long[] keys, Cells updates) {
        add(keys, 0, keys.length, ((IntCells) updates).array(), 0);
    }

    @Override
    public void applyRun(long slot, Cells updates) {
        var counts = ((IntCells) updates).array();
        for (int i = 0; i < counts.length / width; i++) {
            changingRow(rows.row(slot + i), slot + i);
            addSlot(slot + i, rows.row(slot + i), counts, i * width);
        }
    }

    @Override
    public void applyCells(int block, int[] cells, Cells updates) {
        var counts = ((IntCells) updates).array();
        var now = storage;
        for (int i = 0; i < cells.length; i++) {
            long slot = rows.blockStart(block) + cells[i] / width;
            changingRow(rows.row(slot), slot);
            addCell(
                    array(now, (int) (slot >>> now.shift())),
                    start(now, slot),
                    rows.row(slot),
                    cells[i] % width,
                    counts[i]);
        }
    }

    private int start(Storage now, long slot) {
        return (int) (slot & ((1 << now.shift()) - 1)) * width;
    }

    @Override
    long create(long key) {
        long known = rows.slot(key);
        if (known >= 0) {
            return known;
        }
        beforeRow(key);
        int slot = rows.newSlot();
        grow(slot >>> rows.chunkShift);
        var now = storage;
        Arrays.fill(
                array(now, slot >>> rows.chunkShift),
                start(now, slot),
                start(now, slot) + width,
                0); // another row may have had it
        rows.enter(key, slot);
        changingRow(key, slot); // or it would have the mark of the row before
        return slot;
    }

    private void grow(int chunk) {
        if (chunk >= storage.blocks().length) {
            synchronized (this) {
                var blocks = storage.blocks();
                while (blocks.length <= chunk) {
                    blocks = Arrays.copyOf(blocks, blocks.length + 1);
                    blocks[blocks.length - 1] = new int[width << rows.chunkShift];
                }
                storage = new Storage(blocks, rows.chunkShift, false);
            }
        }
    }

    @Override
    public long bytes() {
        long cells = 0;
        for (var block : storage.blocks()) {
            cells += block == null ? 0 : block.length;
        }
        return cells * Integer.BYTES;
    }
}
