package orrery.table.hold;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Cells;
import orrery.table.cells.Factors;
import orrery.table.cells.FloatCells;
import orrery.table.cells.FloatShard;
import orrery.table.cells.KeyedRows;
import orrery.table.cells.Rows;
import orrery.table.cells.Shard;
import orrery.table.spec.TableSpec;
import orrery.wire.Frame;

/**
 * A piece of a push: updates of one stripe, or factors of several, as they came over the wire.
 *
 * @param block the first that it may be of; all but factors are of its stripe
 * @param kind whole rows, a run of rows, single cells, a part of one row, or factors
 * @param keys the rows; of a run and of factors the first only; of cells none
 * @param cells of single cells where they are, counted from the first of the block; of a part its first column; of factors how many rows,
 *     how many pairs, where these numbers begin, and how many have come
 * @param updates row after row
 */
public record Section(int block, int kind, long[] keys, int[] cells, Cells updates) {
    /** Bytes before a section's content. */
    public static final int HEAD_BYTES = 2 * Integer.BYTES;

    private static final int COUNT_BITS = 29;

    /** Whole rows with their keys. */
    static final int ROWS = 0;

    /** Consecutive slots of a dense table. */
    static final int RUN = 1;

    /** Single cells of a dense table; the others are zero. */
    static final int CELLS = 2;

    /** Some columns of a row that no frame has room for. */
    static final int PART = 3;

    /** Some numbers of the {@link Factors} of rows that one node holds, of whatever stripes. */
    static final int FACTORS = 4;

    /** Bytes before the rows of a run. */
    public static final int RUN_HEAD_BYTES = HEAD_BYTES + Long.BYTES;

    /** Bytes before the cells of a part. */
    public static final int PART_HEAD_BYTES = HEAD_BYTES + Long.BYTES + Integer.BYTES;

    /** Bytes before the numbers of factors: the first row, how many rows, how many pairs, where in them these numbers begin. */
    public static final int FACTORS_HEAD_BYTES = HEAD_BYTES + 4 * Integer.BYTES;

    private static void head(Frame to, int block, int kind, int count) {
        to.putInt((kind << COUNT_BITS) | count).putInt(block);
    }

    /** Writes whole rows: {@code n} positions of {@code rows}, as sorted by block, from {@code from} on. */
    public static void writeRows(Frame to, int block, KeyedRows rows, int from, int n, Cells values, int width) {
        head(to, block, ROWS, n);
        for (int k = from; k < from + n; k++) {
            to.putLong(rows.key(rows.sorted(k)));
        }
        for (int k = from; k < from + n; k++) {
            values.put(to, rows.sorted(k) * width, width);
        }
    }

    /** Writes {@code n} consecutive rows from {@code slot} on, with the update of slot s at s * width. */
    public static void writeRun(Frame to, int block, int slot, int n, Cells values, int width) {
        head(to, block, RUN, n);
        values.put(to.putLong(slot), slot * width, n * width);
    }

    /** Writes {@code n} single cells from the {@code i}th on. */
    public static void writeCells(Frame to, int block, int[] cells, Cells changes, int i, int n) {
        head(to, block, CELLS, n);
        changes.put(to.putInts(cells, i, n), i, n);
    }

    /** Writes {@code n} columns of a row, from {@code column} on; the row's update begins at {@code at}. */
    public static void writePart(Frame to, int block, long row, int column, int n, Cells values, int at) {
        head(to, block, PART, n);
        values.put(to.putLong(row).putInt(column), at + column, n);
    }

    /** Writes {@code n} numbers of factors, from {@code at} on. */
    public static void writeFactors(Frame to, int block, Factors factors, int at, int n) {
        head(to, block, FACTORS, n);
        to.putInt(factors.first())
                .putInt(factors.rows())
                .putInt(factors.count())
                .putInt(at);
        new FloatCells(factors.numbers()).put(to, at, n);
    }

    /**
     * Reads the sections of a frame.
     *
     * @throws IndexOutOfBoundsException if the frame makes no sense
     * @throws IllegalArgumentException if it is of rows that are not this node's, or an update is not finite
     */
    public static List<Section> read(Frame frame, Table table) {
        var sections = new ArrayList<Section>();
        while (frame.remaining() > 0) {
            sections.add(readOne(frame, table));
        }
        return sections;
    }

    private static Section readOne(Frame frame, Table table) {
        int head = frame.getInt();
        int block = frame.getInt();
        int kind = head >>> COUNT_BITS;
        int count = head & ((1 << COUNT_BITS) - 1);
        var rows = table.shard.rows();
        int width = table.spec().width();
        if (block < 0 || block >= rows.blocks || (!rows.isDense && (kind == RUN || kind == CELLS))) {
            throw new IndexOutOfBoundsException(
                    "table '" + table.name() + "' has no block " + block + " with sections of kind " + kind);
        }
        return switch (kind) {
            case CELLS -> {
                var cells = frame.getInts(count);
                checkCells(table, block, cells);
                yield new Section(block, kind, new long[0], cells, updates(frame, table, count));
            }
            case RUN -> {
                var first = frame.getLongs(1);
                checkRun(table, block, first[0], count);
                yield new Section(
                        block, kind, first, new int[0], updates(frame, table, Math.multiplyExact(count, width)));
            }
            case PART -> {
                var key = frame.getLongs(1);
                checkRows(table, block, key);
                int column = frame.getInt();
                if (column < 0 || count < 1 || column > width - count) {
                    throw new IndexOutOfBoundsException(count + " columns from " + column + " on of table '"
                            + table.name() + "', which has " + width);
                }
                yield new Section(block, kind, key, new int[] {column}, updates(frame, table, count));
            }
            case FACTORS -> factors(frame, table, block, count);
            case ROWS -> {
                var keys = frame.getLongs(count);
                checkRows(table, block, keys);
                yield new Section(
                        block, kind, keys, new int[0], updates(frame, table, Math.multiplyExact(count, width)));
            }
            default -> throw new IndexOutOfBoundsException("there are no sections of kind " + kind);
        };
    }

    private static Section factors(Frame frame, Table table, int block, int n) {
        int first = frame.getInt();
        int count = frame.getInt();
        int pairs = frame.getInt();
        int at = frame.getInt();
        var rows = table.shard.rows();
        if (first < 0
                || count < 1
                || pairs < 1
                || n < 1
                || table.spec().type() != TableSpec.Type.FLOAT
                || !rows.isDense
                || !Factors.mayTravel(pairs, table.spec())
                || first > rows.slots() - count
                || !rows.isNatural()
                || at < 0
                || at > Factors.length(pairs, count, table.spec().width()) - n) {
            throw new IndexOutOfBoundsException(
                    n + " numbers from " + at + " on, of " + pairs + " pairs of factors, for " + count + " rows from "
                            + first + " on of table '" + table.name() + "'");
        }
        checkOwned(table, rows.blockOfSlot(first), rows.blockOfSlot(first + count - 1L));
        return new Section(
                block, FACTORS, new long[] {first}, new int[] {count, pairs, at, n}, updates(frame, table, n));
    }

    private static Cells updates(Frame frame, Table table, int count) {
        Cells updates = table.shard.newCells(count);
        updates.take(frame, 0, count);
        if (updates.firstNotFinite(0, count) >= 0) {
            throw new IllegalArgumentException("an update of table '" + table.name() + "' is not finite");
        }
        return updates;
    }

    private static void checkRows(Table table, int block, long[] keys) {
        var rows = table.shard.rows();
        int stripe = rows.stripeOfBlock(block);
        boolean ownsAll = table.ownsAll();
        for (long key : keys) {
            rows.check(key);
            int of = rows.block(key);
            if (rows.stripeOfBlock(of) != stripe) {
                throw new IndexOutOfBoundsException("row " + key + " of table '" + table.name() + "' is of stripe "
                        + rows.stripeOfBlock(of) + ", not " + stripe);
            }
            if (!ownsAll) {
                checkOwned(table, of, of);
            }
        }
    }

    private static void checkRun(Table table, int block, long first, int count) {
        var rows = table.shard.rows();
        if (count < 1 || first < rows.blockStart(block) || first > stripeEnd(rows, block) - count) {
            throw new IndexOutOfBoundsException("a run of " + count + " rows from " + first
                    + " on goes beyond the stripe of block " + block + " of table '" + table.name() + "'");
        }
        checkOwned(table, rows.blockOfSlot(first), rows.blockOfSlot(first + count - 1));
    }

    private static void checkCells(Table table, int block, int[] cells) {
        var rows = table.shard.rows();
        int width = table.spec().width();
        long most = (stripeEnd(rows, block) - rows.blockStart(block)) * width;
        for (int cell : cells) {
            if (cell < 0 || cell >= most) {
                throw new IndexOutOfBoundsException("block " + block + " of table '" + table.name()
                        + "' and those after it in its stripe have " + most + " cells, not " + cell);
            }
            int of = rows.blockOfSlot(rows.blockStart(block) + cell / width);
            checkOwned(table, of, of);
        }
    }

    /** The slot after the last of a block's stripe. */
    private static long stripeEnd(Rows rows, int block) {
        return rows.blockStart(rows.firstBlock(rows.stripeOfBlock(block) + 1));
    }

    private static void checkOwned(Table table, int first, int last) {
        for (int block = first; block <= last; block++) {
            if (!table.owns(block)) {
                throw new IllegalArgumentException("block " + block + " of table '" + table.name()
                        + "' is not owned here but by member " + table.owner(block));
            }
        }
    }

    /** Whether it is a part of what no frame has room for: of a row, or of factors. */
    public boolean isPart() {
        return kind == PART || kind == FACTORS;
    }

    /**
     * Adds this part to the parts of its row, or of its factors, that have arrived.
     *
     * @param row what came before, or null
     */
    public Section joined(@Nullable Section row, int width) {
        if (kind == FACTORS) {
            return joinedFactors(row, width);
        }
        var whole = row == null ? new Section(block, ROWS, keys, new int[1], updates.another(width)) : row;
        updates.copyTo(whole.updates, 0, cells[0], updates.length());
        whole.cells[0] += updates.length();
        return whole;
    }

    private Section joinedFactors(@Nullable Section before, int width) {
        int length = Factors.length(cells[1], cells[0], width);
        if (before == null && updates.length() == length) {
            return this;
        }
        var whole = before == null
                ? new Section(block, kind, keys, new int[] {cells[0], cells[1], 0, 0}, updates.another(length))
                : before;
        if (whole.kind != FACTORS
                || whole.cells[0] != cells[0]
                || whole.cells[1] != cells[1]
                || whole.cells[3] != cells[2]) {
            throw new IllegalArgumentException("factors of " + cells[1] + " pairs of " + cells[0]
                    + " rows go on at number " + cells[2] + ", where others are under way");
        }
        updates.copyTo(whole.updates, 0, cells[2], cells[3]);
        whole.cells[3] += cells[3];
        return whole;
    }

    /** Whether all parts have been joined. */
    public boolean isComplete() {
        return (kind == FACTORS ? cells[3] : cells[0]) == updates.length();
    }

    /** Applies what is of a stripe, whose lock the caller holds. */
    public void apply(Shard shard, int stripe) {
        var rows = shard.rows();
        if (kind == FACTORS) {
            var numbers = ((FloatCells) updates).array();
            new Factors((int) keys[0], cells[0], shard.width(0), cells[1], numbers)
                    .apply((FloatShard) shard, rows.firstBlock(stripe), rows.firstBlock(stripe + 1));
        } else if (rows.stripeOfBlock(block) == stripe) {
            apply(shard);
        }
    }

    /** Visits the stripes of which it has something. */
    public void forEachStripe(Rows rows, IntConsumer action) {
        int last = kind == FACTORS ? rows.blockOfSlot(keys[0] + cells[0] - 1) : block;
        for (int stripe = rows.stripeOfBlock(block); stripe <= rows.stripeOfBlock(last); stripe++) {
            action.accept(stripe);
        }
    }

    private void apply(Shard shard) {
        switch (kind) {
            case RUN -> shard.applyRun(keys[0], updates);
            case CELLS -> shard.applyCells(block, cells, updates);
            default -> shard.apply(keys, updates);
        }
    }
}
