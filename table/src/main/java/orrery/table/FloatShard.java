package orrery.table;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;

/**
 * The cells of a table of floats. Writers hold the lock of the stripe; readers hold nothing: they acquire the table's
 * age, after which every update up to that age is visible, and then read plainly (floats do not tear).
 */
final class FloatShard implements Shard {
    private final TableSpec spec;
    private final Rows rows;
    private final StripeLocks locks;
    private final Kernel kernel;
    private final int width;
    private volatile FloatBlock[] blocks;
    private volatile float[][] values; // blocks[i].values(), one step nearer

    FloatShard(TableSpec spec, LongSupplier age) {
        this.spec = spec;
        width = spec.width();
        rows = new Rows(spec);
        locks = new StripeLocks(rows.stripes);
        kernel = Kernel.of(spec.rule(), width, age);
        blocks = new FloatBlock[rows.blocks()];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = FloatBlock.of(rows.rowsInBlock(b), width, spec.rule().planes());
            spec.init().fill((long) b << rows.blockShift, rows.rowsInBlock(b), width, blocks[b].values(), 0);
        }
        values = valuesOf(blocks);
    }

    private static float[][] valuesOf(FloatBlock[] blocks) {
        var values = new float[blocks.length][];
        Arrays.setAll(values, i -> blocks[i].values());
        return values;
    }

    @Override
    public Rows rows() {
        return rows;
    }

    @Override
    public StripeLocks locks() {
        return locks;
    }

    /** The values, block by block: row r is at {@code [r >>> blockShift][(r & mask) * width]}. */
    float[][] values() {
        return values;
    }

    // Reading

    /** Copies the rows of {@code keys[from..to)} to {@code out}, from {@code at} on. */
    void gather(long[] keys, int from, int to, float[] out, int at) {
        var cells = values;
        if (width == 1 && rows.isDense && cells.length == 1) {
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
    void read(long key, float[] out, int at) {
        rows.check(key);
        long slot = rows.slot(key);
        if (slot < 0) {
            spec.init().fill(key, 1, width, out, at);
        } else {
            var block = values[(int) (slot >>> rows.blockShift)];
            int start = (int) (slot & ((1 << rows.blockShift) - 1)) * width;
            System.arraycopy(block, start, out, at, width);
        }
    }

    // Writing. The caller holds the locks of the stripes.

    /** Adds {@code scale} times the given rows; for rules that may be applied in parts. */
    void addScaled(long[] keys, int from, int to, float[] changes, int at, float scale) {
        var now = values;
        if (width == 1 && rows.isDense && now.length == 1) {
            var cells = now[0];
            int shift = at - from;
            for (int i = from; i < to; i++) {
                cells[(int) keys[i]] += scale * changes[i + shift];
            }
        } else {
            for (int i = from; i < to; i++, at += width) {
                long slot = claim(keys[i]);
                var block = values[(int) (slot >>> rows.blockShift)];
                int start = (int) (slot & ((1 << rows.blockShift) - 1)) * width;
                for (int c = 0; c < width; c++) {
                    block[start + c] += scale * changes[at + c];
                }
            }
        }
    }

    /** Adds {@code by} to one cell. */
    void addCell(long key, int column, float by) {
        long slot = claim(key);
        values[(int) (slot >>> rows.blockShift)][(int) (slot & ((1 << rows.blockShift) - 1)) * width + column] += by;
    }

    /** Applies the rule to one row. */
    void apply(long key, float[] update, int at) {
        long slot = claim(key);
        int row = (int) (slot & ((1 << rows.blockShift) - 1));
        kernel.apply(blocks[(int) (slot >>> rows.blockShift)], row, 1, update, at);
    }

    /** Applies the rule to rows {@code from} to {@code to} of a dense table; the update of row r is at {@code r * width}. */
    void applyRange(long from, long to, float[] update) {
        while (from < to) {
            int block = (int) (from >>> rows.blockShift);
            long end = Math.min(to, (long) (block + 1) << rows.blockShift);
            int row = (int) (from & ((1 << rows.blockShift) - 1));
            kernel.apply(blocks[block], row, (int) (end - from), update, (int) (from * width));
            from = end;
        }
    }

    private long claim(long key) {
        long slot = rows.slot(key);
        return slot >= 0 ? slot : create(key);
    }

    private int create(long key) {
        int slot = rows.newSlot();
        var block = block(slot >>> rows.blockShift);
        spec.init().fill(key, 1, width, block.values(), (slot & ((1 << rows.blockShift) - 1)) * width);
        rows.enter(key, slot);
        return slot;
    }

    private FloatBlock block(int block) {
        var now = blocks;
        return block < now.length ? now[block] : grow(block);
    }

    private synchronized FloatBlock grow(int block) {
        while (blocks.length <= block) {
            var more = Arrays.copyOf(blocks, blocks.length + 1);
            more[blocks.length] =
                    FloatBlock.of(1 << rows.blockShift, width, spec.rule().planes());
            values = valuesOf(more);
            blocks = more;
        }
        return blocks[block];
    }

    @Override
    public void beginStage() {
        if (spec.rule() instanceof UpdateRule.AdaRevision) {
            for (var block : blocks) {
                Arrays.fill(block.planes()[Kernel.EPOCH], -1); // an epoch that never is
            }
        }
    }

    // Keeping

    @Override
    public long bytes() {
        long cells = 0;
        for (var block : blocks) {
            cells += block.values().length;
            for (var plane : block.planes()) {
                cells += plane.length;
            }
        }
        return cells * Float.BYTES;
    }

    @Override
    public List<Tensor> tensors() {
        long n = rows.resident();
        var tensors = new ArrayList<Tensor>();
        if (!rows.isDense) {
            tensors.add(Tensor.longs("keys", rows.keys()));
        }
        var now = blocks;
        tensors.add(plane("values", n, width, i -> now[i].values()));
        var planes = spec.rule().planes();
        for (int p = 0; p < planes.size(); p++) {
            int plane = p;
            tensors.add(
                    plane("rule." + planes.get(p).name(), n, planes.get(p).width(width), i -> now[i].planes()[plane]));
        }
        return tensors;
    }

    private Tensor plane(String name, long n, int planeWidth, java.util.function.IntFunction<float[]> ofBlock) {
        int cellsShift = rows.blockShift;
        return new Tensor(name, Safetensors.Type.F32, new long[] {n, planeWidth}, (from, count, into) -> {
            long perBlock = (long) planeWidth << cellsShift;
            for (long at = from, end = from + count; at < end; ) {
                int block = (int) (at / perBlock);
                int within = (int) (at % perBlock);
                int length = (int) Math.min(end - at, perBlock - within);
                into.asFloatBuffer().put(ofBlock.apply(block), within, length);
                into.position(into.position() + Float.BYTES * length);
                at += length;
            }
        });
    }

    @Override
    public void load(Safetensors file) throws IOException {
        long n = file.shape("values")[0];
        if ((rows.isDense && n != rows.count) || file.shape("values")[1] != width) {
            throw new IOException(file.where() + ": holds " + n + " x " + file.shape("values")[1] + " values, table '"
                    + spec.name() + "' has " + rows.count + " x " + width);
        }
        if (!rows.isDense) {
            if (rows.resident() > 0) {
                throw new IllegalStateException("table '" + spec.name() + "' has rows already");
            }
            for (long key : file.longs("keys")) {
                create(key);
            }
        }
        var planes = spec.rule().planes();
        for (int b = 0; b < blocks.length; b++) {
            long first = (long) b << rows.blockShift;
            int count = (int) Math.min(1L << rows.blockShift, n - first);
            file.floats("values", first * width, blocks[b].values(), 0, count * width);
            for (int p = 0; p < planes.size(); p++) {
                int planeWidth = planes.get(p).width(width);
                file.floats(
                        "rule." + planes.get(p).name(),
                        first * planeWidth,
                        blocks[b].planes()[p],
                        0,
                        count * planeWidth);
            }
        }
    }
}
