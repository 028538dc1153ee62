package orrery.table.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * How the rows of a dense table lie, in memory and on the wire: rows of one owner side by side, in blocks of their own, and
 * among them those that the same others read. So what a node is sent of an owner's rows are few runs, copied as they are.
 * A row's place is its <i>slot</i>; slots that fill up a block have no row. Immutable.
 */
public final class RowOrder {
    /** More blocks than this would not fit a mask of locks. */
    public static final int MOST_BLOCKS = 64;

    private static final int NO_ROW = -1;

    private final int[] slot;
    private final int[] row;
    private final int shift;
    private final int[] owner;
    private final int members;
    private final long fingerprint;

    private RowOrder(int[] slot, int[] row, int shift, int[] owner, int members) {
        this.slot = slot;
        this.row = row;
        this.shift = shift;
        this.owner = owner;
        this.members = members;
        fingerprint = sum();
    }

    /** As below, of rows that are all used at the same time. */
    public static RowOrder of(int[] owners, long[] group, int members) {
        return of(owners, group, new int[owners.length], members);
    }

    /**
     * Orders rows by owner, then by {@code group}, then by first use, then by number: what is told comes in this order, so
     * what is needed first comes first, and the rows of a mini-batch are few runs.
     *
     * @param owners by row: the position of its owner among the members
     * @param group by row; rows of one group are used by the same others
     * @param firstUse by row: the first clock of a pass at which it is used
     */
    public static RowOrder of(int[] owners, long[] group, int[] firstUse, int members) {
        if (members < 1 || members > MOST_BLOCKS) {
            throw new IllegalArgumentException("a plan places rows among 1 to " + MOST_BLOCKS + " members, asked for "
                    + members + "; more can share tables whose rows are placed by their numbers");
        }
        int n = owners.length;
        var count = new int[members];
        for (int o : owners) {
            count[o]++;
        }
        int shift = 0;
        while (blocks(count, shift) > MOST_BLOCKS) {
            shift++;
        }
        var sorted = new Integer[n];
        Arrays.setAll(sorted, i -> i);
        Arrays.sort(sorted, (a, b) -> {
            int byOwner = Integer.compare(owners[a], owners[b]);
            int byGroup = byOwner != 0 ? byOwner : Long.compare(group[a], group[b]);
            int byUse = byGroup != 0 ? byGroup : Integer.compare(firstUse[a], firstUse[b]);
            return byUse != 0 ? byUse : Integer.compare(a, b);
        });
        int blocks = blocks(count, shift);
        var owner = new int[blocks];
        var slot = new int[n];
        var row = new int[blocks << shift];
        Arrays.fill(row, NO_ROW);
        int next = 0;
        int block = 0;
        for (int m = 0; m < members; m++) {
            int first = block << shift;
            for (int i = 0; i < count[m]; i++, next++) {
                slot[sorted[next]] = first + i;
                row[first + i] = sorted[next];
            }
            int end = block + blocksOf(count[m], shift);
            Arrays.fill(owner, block, end, m);
            block = end;
        }
        return new RowOrder(slot, row, shift, owner, members);
    }

    private static int blocks(int[] count, int shift) {
        int blocks = 0;
        for (int c : count) {
            blocks += blocksOf(c, shift);
        }
        return blocks;
    }

    private static int blocksOf(int rows, int shift) {
        return Math.max(1, ((rows - 1) >> shift) + 1);
    }

    /** As arrays, to be kept: slot by row, owner by block, and (shift, members). */
    List<int[]> arrays() {
        return List.of(slot, owner, new int[] {shift, members});
    }

    /**
     * What {@link #arrays} has given.
     *
     * @throws IllegalArgumentException if it makes no order
     */
    static RowOrder of(int[] slot, int[] owner, int[] shape) {
        if (shape.length != 2 || shape[0] < 0 || shape[0] > 30 || owner.length > MOST_BLOCKS) {
            throw new IllegalArgumentException(
                    "an order of " + owner.length + " blocks, shape " + Arrays.toString(shape));
        }
        var row = new int[Math.multiplyExact(owner.length, 1 << shape[0])];
        Arrays.fill(row, NO_ROW);
        for (int r = 0; r < slot.length; r++) {
            if (slot[r] < 0 || slot[r] >= row.length || row[slot[r]] != NO_ROW) {
                throw new IllegalArgumentException("row " + r + " has slot " + slot[r] + ", which is no free one");
            }
            row[slot[r]] = r;
        }
        for (int o : owner) {
            Objects.checkIndex(o, shape[1]);
        }
        return new RowOrder(slot, row, shape[0], owner, shape[1]);
    }

    /** Rows of the table. */
    public int rows() {
        return slot.length;
    }

    /** Slots, with those that have no row. */
    public int slots() {
        return row.length;
    }

    /** How many members it was made for. */
    public int members() {
        return members;
    }

    public int blocks() {
        return owner.length;
    }

    /** Log2 of the slots of a block. */
    public int blockShift() {
        return shift;
    }

    /** The position of a block's owner among the members. */
    public int owner(int block) {
        return owner[block];
    }

    public int slot(int row) {
        return slot[row];
    }

    /** The row of a slot, or -1. */
    public int row(int slot) {
        return row[slot];
    }

    /** By row: the position of its owner among the members. */
    public int[] owners() {
        var owners = new int[slot.length];
        Arrays.setAll(owners, r -> owner[slot[r] >> shift]);
        return owners;
    }

    private long sum() {
        var sum = new CRC32C();
        var bytes = java.nio.ByteBuffer.allocate(4096);
        for (var array : new int[][] {slot, owner, {shift, members}}) {
            for (int value : array) {
                if (bytes.remaining() < Integer.BYTES) {
                    sum.update(bytes.flip());
                    bytes.clear();
                }
                bytes.putInt(value);
            }
        }
        sum.update(bytes.flip());
        return (sum.getValue() << 32) | ((slot.length * 31L + row.length) & 0xffffffffL);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RowOrder order
                && Arrays.equals(slot, order.slot)
                && Arrays.equals(owner, order.owner)
                && shift == order.shift
                && members == order.members;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(slot);
    }

    /** Names it by its content. */
    @Override
    public String toString() {
        return Long.toHexString(fingerprint);
    }
}
