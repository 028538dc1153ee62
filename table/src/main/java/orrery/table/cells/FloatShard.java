package orrery.table.cells;

import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.Route;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.wire.Frame;

/**
 * The cells of a table of floats. Writers hold the lock of the stripe; readers hold nothing: they acquire the table's
 * age, after which every update up to that age is visible, and then read plainly (floats do not tear).
 *
 * <p>Where all of a dense table is here, its values and each plane of its rule are one array. Where others own some of it,
 * own blocks have arrays of their own. A {@link #mirror} is then a second place for all values, own ones among them, which
 * readers use that want them side by side.
 */
public final class FloatShard extends Shard {
    private static final int WORTH_ALIGNING_CELLS = 512; // some 200 ns of arithmetic that is not vectorised
    private static final int PIECE_CELLS = 4096;
    private static final long MOST_UPDATE_BYTES = 64L << 20;

    private final Kernel kernel;
    private final LongSupplier age;
    private final int used; // the plane that says when rows were; -1 if nobody asks
    private volatile FloatStorage storage;
    private volatile float @Nullable [] update; // see update()
    private @Nullable Changes changes; // where other nodes have replicas

    /** All of the table is here. */
    public FloatShard(TableSpec spec, LongSupplier age) {
        this(spec, age, true);
    }

    /** @param isAll whether all of it is here; if not, {@link #own} says what is */
    public FloatShard(TableSpec spec, LongSupplier age, boolean isAll) {
        super(spec);
        kernel = Kernel.of(spec.rule(), width, age);
        this.age = age;
        used = spec.keys().unused() > 0 ? spec.planes().size() - 1 : -1;
        storage = FloatStorage.none(width, rows.chunkShift);
        if (rows.isDense && isAll) {
            own(all(rows.blocks));
        }
    }

    // Where

    @Override
    int arrayShift() {
        return storage.shift();
    }

    @Override
    FloatCells plane(int array, int plane) {
        var block = storage.blocks()[array];
        if (block == null) {
            throw new IllegalStateException("rows of table '" + spec.name() + "' that are not here were written to");
        }
        return new FloatCells(plane == 0 ? block.values() : block.planes()[plane - 1]);
    }

    /** The array in which a dense table's block lies, from {@link #heldAt} on. */
    public float[] heldArray(int block) {
        return plane((int) (rows.blockStart(block) >>> arrayShift()), 0).array();
    }

    /** Where in its array a dense table's block begins. */
    public int heldAt(int block) {
        return (int) (rows.blockStart(block) & ((1L << arrayShift()) - 1)) * width;
    }

    @Override
    public FloatCells newCells(int length) {
        return new FloatCells(length);
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
            holdWhole();
        } else if (isFirst || (!isAll && before.isWhole())) {
            var blocks = new @Nullable FloatBlock[rows.blocks];
            for (int block = 0; !isFirst && block < rows.blocks; block++) {
                blocks[block] = own[block] ? part(before, block) : null; // what stays is copied, and the rest goes
            }
            storage = FloatStorage.of(width, blocks, rows.blockShift(), false);
        }
    }

    private void holdWhole() {
        var blocks = new FloatBlock[rows.chunks()];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = FloatBlock.of(rows.rowsInChunk(b), width, spec.planes());
            fill((long) b << rows.chunkShift, rows.rowsInChunk(b), blocks[b].values());
        }
        storage = FloatStorage.of(width, blocks, rows.chunkShift, true);
    }

    /** A block of what was one array. */
    private FloatBlock part(FloatStorage whole, int block) {
        long first = rows.blockStart(block);
        int count = rows.resident(block);
        var from = whole.blocks()[(int) (first >>> whole.shift())];
        if (from == null) {
            throw new IllegalStateException();
        }
        int row = (int) (first & ((1L << whole.shift()) - 1));
        var part = FloatBlock.of(count, width, spec.planes());
        copy(from, row, part, 0, count);
        return part;
    }

    private void copy(FloatBlock from, int row, FloatBlock to, int at, int count) {
        System.arraycopy(from.values(), row * width, to.values(), at * width, count * width);
        for (int p = 0; p < from.planes().length; p++) {
            int w = width(p + 1);
            System.arraycopy(from.planes()[p], row * w, to.planes()[p], at * w, count * w);
        }
    }

    @Override
    void allocate(int block) {
        var now = storage;
        var fresh = FloatBlock.of(rows.resident(block), width, spec.planes());
        fill(rows.blockStart(block), rows.resident(block), fresh.values());
        now.blocks()[block] = fresh;
        if (now.isMirrored()) {
            now.written(rows.blockStart(block), rows.blockStart(block + 1));
        } else {
            now.values()[block] = fresh.values();
        }
    }

    @Override
    void release(int block) {
        var now = storage;
        if (!now.isWhole() && now.blocks().length > block) {
            now.blocks()[block] = null;
            var watching = changes;
            if (watching != null) {
                watching.forget(block);
            }
            if (!now.isMirrored()) {
                clear(now.values(), block);
            }
        }
    }

    @SuppressWarnings("NullAway") // what is not here is not read
    private static void clear(float[][] values, int block) {
        values[block] = null;
    }

    private void fill(long first, int count, float[] values) {
        if (rows.isNatural()) {
            spec.init().fill(first, count, width, values, 0);
            return;
        }
        for (int i = 0; i < count; i++) {
            long row = rows.row(first + i);
            if (row >= 0) {
                spec.init().fill(row, 1, width, values, i * width);
            }
        }
    }

    // The mirror

    /** Whether all values are side by side: there is a mirror, or no need of one. */
    public boolean isContiguous() {
        return storage.isMirrored() || storage.isWhole();
    }

    /** Bytes that {@link #mirror} would take. */
    public long mirrorBytes() {
        return rows.slots() * width * Float.BYTES;
    }

    /**
     * Makes room for all values of a dense table side by side, those of others among them: for readers that view them, and
     * for what others tell. Own ones are there from now on, too.
     */
    public synchronized void mirror() {
        if (isContiguous()) {
            return;
        }
        long all = -1L >>> (Long.SIZE - rows.stripes);
        locks.lockAll(all);
        try {
            storage = storage.mirrored(rows);
        } finally {
            for (int stripe = 0; stripe < rows.stripes; stripe++) {
                locks.unlockUnchanged(stripe);
            }
        }
    }

    /** The values, array by array: slot s is at {@code [s >>> valueShift][(s & mask) * width]}. */
    public float[][] values() {
        return storage.values();
    }

    /** Log2 of the rows of an array of {@link #values}. */
    public int valueShift() {
        return storage.valueShift();
    }

    // Changes

    /** Keeps account of what changes, from now on. Only while nobody uses it. */
    public Changes watch() {
        var now = changes;
        if (now == null) {
            now = new Changes(rows, locks, width);
            changes = now;
        }
        return now;
    }

    private void changing(long from, long to) {
        beforeSlots(from, to);
        var watching = changes;
        if (watching != null) {
            watching.mark(from, to);
        }
    }

    private void changingRow(long key, long slot) {
        beforeRow(key);
        var single = versions;
        if (single != null) {
            single.mark(key, slot);
        } else {
            var watching = changes;
            if (watching != null) {
                watching.mark(slot);
            }
        }
    }

    @Override
    void changing(int block) {
        if (rows.isDense) {
            changing(rows.blockStart(block), rows.blockStart(block + 1));
        }
    }

    @Override
    void changed(int block) {
        storage.written(rows.blockStart(block), rows.blockStart(block + 1));
    }

    @Override
    public void watchRows() {
        if (rows.isDense) {
            watch();
        } else if (versions == null) {
            versions = new RowVersions(rows, locks);
        }
    }

    @Override
    public boolean hasChanged(long key, int since) {
        long slot = rows.slot(key);
        var single = versions;
        return single == null ? watch().nextRow(slot, slot + 1, since) == slot : single.hasChanged(slot, since);
    }

    // Reading

    @Override
    public void gather(long[] keys, int from, int to, Cells out, int at) {
        gather(keys, from, to, ((FloatCells) out).array(), at);
    }

    /** Copies the rows of {@code keys[from..to)} to {@code out}, from {@code at} on. */
    public void gather(long[] keys, int from, int to, float[] out, int at) {
        var cells = storage.values();
        if (width == 1 && rows.isDense && rows.isNatural() && cells.length == 1) {
            rows.stripesOf(keys, from, to); // which checks them
            gatherCells(cells[0], keys, from, to, out, at);
        } else {
            for (int i = from; i < to; i++, at += width) {
                read(keys[i], out, at);
            }
        }
    }

    private static void gatherCells(float[] cells, long[] keys, int from, int to, float[] out, int at) {
        int shift = at - from;
        for (int i = from; i < to; i++) {
            out[i + shift] = cells[(int) keys[i]];
        }
    }

    /** Copies one row; one that was never written has its first values. */
    public void read(long key, float[] out, int at) {
        rows.check(key);
        long slot = rows.slot(key);
        if (slot < 0) {
            spec.init().fill(key, 1, width, out, at);
        } else {
            var now = storage;
            System.arraycopy(now.values()[(int) (slot >>> now.valueShift())], now.valueStart(slot), out, at, width);
        }
    }

    /** A sum of the bits of all values and of the rule's state, plane by plane, of a table that is all here. While nobody adds. */
    public long sum() {
        long sum = 1;
        for (int plane = 0; plane < planes(); plane++) {
            for (int array = 0; array < storage.blocks().length; array++) {
                sum = sum(sum, plane(array, plane).array());
            }
        }
        return sum;
    }

    private static long sum(long before, float[] values) {
        long sum = before;
        for (float value : values) {
            sum = 31 * sum + Float.floatToRawIntBits(value);
        }
        return sum;
    }

    @Override
    public double value(long key, int column) {
        long slot = rows.slot(key);
        var now = storage;
        return now.values()[(int) (slot >>> now.valueShift())][now.valueStart(slot) + column];
    }

    // Writing. The caller holds the locks of the stripes.

    /** Adds {@code scale} times the given rows; for rules that may be applied in parts. */
    public void addScaled(long[] keys, int from, int to, float[] by, int at, float scale) {
        var now = storage;
        if (width == 1
                && rows.isDense
                && rows.isNatural()
                && now.isWhole()
                && now.blocks().length == 1
                && changes == null
                && !isWatched()) {
            var cells = now.values()[0];
            int shift = at - from;
            for (int i = from; i < to; i++) {
                cells[(int) keys[i]] += scale * by[i + shift];
            }
        } else {
            for (int i = from; i < to; i++, at += width) {
                addRow(keys[i], by, at, scale);
            }
        }
    }

    /** Adds {@code scale} times one row; to one of others, where a mirror has it for readers. */
    public void addRow(long key, float[] by, int at, float scale) {
        long slot = claim(key);
        if (slot < 0) {
            return;
        }
        changingRow(key, slot);
        var now = storage;
        var cells = now.target(slot);
        int start = now.targetStart(slot);
        for (int c = 0; c < width; c++) {
            cells[start + c] += scale * by[at + c];
        }
        use(slot);
        now.written(slot, slot + 1);
    }

    /** Adds {@code by} to one cell. */
    public void addCell(long key, int column, float by) {
        long slot = claim(key);
        if (slot < 0) {
            return;
        }
        changingRow(key, slot);
        var now = storage;
        now.target(slot)[now.targetStart(slot) + column] += by;
        use(slot);
        now.written(slot, slot + 1);
    }

    /** Applies the rule to one row. */
    public void apply(long key, float[] update, int at) {
        long slot = claim(key);
        if (slot >= 0) {
            changingRow(key, slot);
            applySlots(slot, 1, update, at);
            use(slot);
        }
    }

    @Override
    public void apply(long[] keys, Cells updates) {
        var floats = ((FloatCells) updates).array();
        for (int i = 0; i < keys.length; i++) {
            apply(keys[i], floats, i * width);
        }
    }

    /** Applies the rule to slots {@code from} to {@code to} of a dense table; the update of slot s is at {@code s * width}. */
    public void applyRange(long from, long to, float[] update) {
        changing(from, to);
        applySlots(from, (int) (to - from), update, (int) (from * width));
    }

    @Override
    public void applyRun(long slot, Cells updates) {
        var floats = ((FloatCells) updates).array();
        applyRows(slot, floats.length / width, floats, 0);
    }

    /** Applies the rule to {@code count} slots from {@code slot} on of a dense table; the update begins at {@code at}. */
    void applyRows(long slot, int count, float[] update, int at) {
        changing(slot, slot + count);
        applySlots(slot, count, update, at);
    }

    /**
     * Room for an update of all rows, each in its place, where a rule need not copy it ({@link #applyInPieces}); null for a table that is large or
     * not all here. The holder of a stripe's lock may use the stripe's rows of it.
     */
    float @Nullable [] update() {
        var now = update;
        if (now == null && storage.isWhole() && updateBytes(spec) > 0) {
            now = newUpdate();
        }
        return now;
    }

    private synchronized float[] newUpdate() {
        var now = update == null ? new float[(int) (rows.slots() * width)] : update;
        update = now;
        return now;
    }

    /** Bytes that room for an update of all rows takes; 0 if there is none. */
    public static long updateBytes(TableSpec spec) {
        long bytes = spec.rows() * spec.width() * Float.BYTES;
        return spec.route() == Route.PEERS && bytes <= MOST_UPDATE_BYTES ? bytes : 0;
    }

    /** The other cells of a row get an update of zero, which the rule ignores. */
    @Override
    public void applyCells(int block, int[] cells, Cells updates) {
        var floats = ((FloatCells) updates).array();
        var row = new float[width];
        long first = rows.blockStart(block);
        for (int i = 0; i < cells.length; ) {
            int at = cells[i] / width;
            for (; i < cells.length && cells[i] / width == at; i++) {
                row[cells[i] % width] = floats[i];
            }
            changing(first + at, first + at + 1);
            applySlots(first + at, 1, row, 0);
            Arrays.fill(row, 0);
        }
    }

    private void applySlots(long slot, int count, float[] update, int at) {
        var now = storage;
        var first = now.blocks()[(int) (slot >>> now.shift())];
        int row = (int) (slot & ((1 << now.shift()) - 1));
        if (first != null && row + count <= 1 << now.shift()) { // nearly always
            apply(first, row, count, update, at);
        } else {
            applyAcross(now, slot, count, update, at);
        }
        now.written(slot, slot + count);
    }

    private void applyAcross(FloatStorage now, long slot, int count, float[] update, int at) {
        int rowsOfArray = 1 << now.shift();
        for (int done = 0; done < count; ) {
            int within = (int) ((slot + done) & (rowsOfArray - 1));
            int n = Math.min(count - done, rowsOfArray - within);
            var block = now.blocks()[(int) ((slot + done) >>> now.shift())];
            if (block == null) {
                throw new IllegalStateException("table '" + spec.name() + "': an update of rows that are not here");
            }
            apply(block, within, n, update, at + done * width);
            done += n;
        }
    }

    private void apply(FloatBlock block, int row, int n, float[] update, int at) {
        if (at == row * width || n * width < WORTH_ALIGNING_CELLS) {
            kernel.apply(block, row, n, update, at);
        } else {
            applyInPieces(block, row, n, update, at);
        }
    }

    /**
     * Kernels are vectorised where rows and their update begin at the same index: AdaGrad takes 0.15 ns a cell instead of
     * 2.1. So both are copied, some thousand cells at a time, to where they do.
     */
    private void applyInPieces(FloatBlock block, int row, int n, float[] update, int at) {
        int most = Math.min(n, Math.max(1, PIECE_CELLS / width));
        var piece = FloatBlock.of(most, width, spec.planes());
        var by = new float[most * width];
        for (int done = 0; done < n; ) {
            int m = Math.min(most, n - done);
            copy(block, row + done, piece, 0, m);
            System.arraycopy(update, at + done * width, by, 0, m * width);
            kernel.apply(piece, 0, m, by, 0);
            copy(piece, 0, block, row + done, m);
            done += m;
        }
    }

    /** The slot of a row that an update is of; -1 if it is not there, and the update does not make it. */
    private long claim(long key) {
        long slot = rows.slot(key);
        if (slot >= 0) {
            return slot;
        }
        if (admission == null) {
            return create(key);
        }
        beforeRow(key); // what is known of rows that are not there belongs to the block, too
        return admission.makes(rows.block(key), key) ? create(key) : -1;
    }

    /** A row has had an update: it will not be dropped soon. */
    private void use(long slot) {
        if (used >= 0) {
            var now = storage;
            var block = now.blocks()[(int) (slot >>> now.shift())];
            if (block != null) {
                block.planes()[used][(int) (slot & ((1L << now.shift()) - 1))] = age.getAsLong() + 1;
            }
        }
    }

    @Override
    public long dropUnused(int block, long clock) {
        if (used < 0 || rows.resident(block) == 0) {
            return 0;
        }
        var now = storage;
        long oldest = clock - 1 - spec.keys().unused();
        var keys = rows.keys(block);
        var unused = Arrays.stream(keys)
                .filter(key -> {
                    long slot = rows.slot(key);
                    var of = now.blocks()[(int) (slot >>> now.shift())];
                    return of != null && of.planes()[used][(int) (slot & ((1L << now.shift()) - 1))] < oldest;
                })
                .toArray();
        if (unused.length > 0) {
            beforeRow(unused[0]); // of the block
            rows.drop(block, unused);
        }
        return unused.length;
    }

    @Override
    long create(long key) {
        long known = rows.slot(key);
        if (known >= 0) {
            return known;
        }
        beforeRow(key);
        int slot = rows.newSlot();
        var block = chunk(slot >>> rows.chunkShift);
        int row = slot & ((1 << rows.chunkShift) - 1);
        spec.init().fill(key, 1, width, block.values(), row * width);
        for (int p = 1; p < planes(); p++) { // another row may have had the slot
            int w = width(p);
            Arrays.fill(block.planes()[p - 1], row * w, (row + 1) * w, 0);
        }
        rows.enter(key, slot);
        changingRow(key, slot); // or it would have the mark of the row before
        return slot;
    }

    private FloatBlock chunk(int chunk) {
        var now = storage.blocks();
        var here = chunk < now.length ? now[chunk] : null;
        return here == null ? grow(chunk) : here;
    }

    private synchronized FloatBlock grow(int chunk) {
        var blocks = storage.blocks();
        while (blocks.length <= chunk) {
            blocks = Arrays.copyOf(blocks, blocks.length + 1);
            blocks[blocks.length - 1] = FloatBlock.of(1 << rows.chunkShift, width, spec.planes());
        }
        storage = FloatStorage.of(width, blocks, rows.chunkShift, false);
        var grown = blocks[chunk];
        if (grown == null) {
            throw new IllegalStateException();
        }
        return grown;
    }

    @Override
    public void beginStage() {
        if (spec.rule().base() instanceof UpdateRule.AdaRevision) {
            for (var block : storage.blocks()) {
                if (block != null) {
                    Arrays.fill(block.planes()[Kernel.EPOCH], -1); // an epoch that never is
                }
            }
        }
    }

    @Override
    public long bytes() {
        var now = storage;
        long cells = 0;
        for (var block : now.blocks()) {
            if (block != null) {
                cells += block.values().length;
                for (var plane : block.planes()) {
                    cells += plane.length;
                }
            }
        }
        return cells * Float.BYTES + (now.isMirrored() ? mirrorBytes() : 0);
    }

    /** Takes a row's values without a thought of the rule. The caller holds the stripe's lock. */
    public void setRow(long row, float[] from) {
        long slot = rows.isDense ? rows.slot(row) : create(row);
        if (rows.isDense) {
            changing(slot, slot + 1);
        } else {
            changingRow(row, slot);
        }
        var now = storage;
        System.arraycopy(from, 0, plane((int) (slot >>> now.shift()), 0).array(), now.start(slot), width);
        now.written(slot, slot + 1);
    }

    /** Takes values of others' cells, the {@code at}th after slot {@code slot} and following, into the mirror. */
    public void setCells(long slot, int at, float[] from, int begin, int count) {
        var now = storage;
        forEachCells(now, slot, at, count, (array, cell, done, n) -> {
            System.arraycopy(from, begin + done, now.values()[array], cell, n);
        });
    }

    /** Copies {@code count} cells of a dense table, the {@code at}th after slot {@code slot} and following, to a frame. */
    public void putCells(long slot, int at, int count, Frame to) {
        var now = storage;
        forEachCells(now, slot, at, count, (array, cell, done, n) -> to.putFloats(now.values()[array], cell, n));
    }

    /** Cells that lie side by side. */
    @FunctionalInterface
    private interface Run {
        void at(int array, int cell, int done, int count);
    }

    private void forEachCells(FloatStorage now, long slot, int at, int count, Run run) {
        long perArray = (long) width << now.valueShift();
        long cell = slot * width + at;
        for (int done = 0; done < count; ) {
            int within = (int) (cell % perArray);
            int n = (int) Math.min(count - done, perArray - within);
            run.at((int) (cell / perArray), within, done, n);
            cell += n;
            done += n;
        }
    }
}
