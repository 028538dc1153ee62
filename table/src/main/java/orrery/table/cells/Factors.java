package orrery.table.cells;

import java.util.Arrays;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;

/**
 * An update as pairs of vectors: the sum over k of u_k v_k^T, for rows {@code first} and following. It takes
 * {@code count * (rows + width)} numbers where the rows themselves take {@code rows * width} (sufficient factors: Xie et al., UAI 2016). Rows are
 * summed up in the order of pairs, with one rounding for a multiplication and its addition, so that all members get the same bits.
 *
 * @param count how many pairs
 * @param numbers the u of all pairs, (count, rows), then the v, (count, width)
 */
public record Factors(int first, int rows, int width, int count, float[] numbers) {
    private static final int PIECE_CELLS = 1 << 16; // they stay in the second cache until the rule has them

    public Factors {
        if (numbers.length != length(count, rows, width)) {
            throw new IllegalArgumentException(count + " pairs of " + rows + " and " + width + " numbers are "
                    + length(count, rows, width) + ", got " + numbers.length);
        }
    }

    /** Of all rows of a table. Copies both arrays. */
    public static Factors of(int rows, int width, float[] u, float[] v) {
        int count = v.length / width;
        var numbers = Arrays.copyOf(u, u.length + v.length);
        System.arraycopy(v, 0, numbers, u.length, v.length);
        return new Factors(0, rows, width, count, numbers);
    }

    /** Whether so many pairs may travel as factors: more would take twice as much as the rows. */
    public static boolean mayTravel(long count, TableSpec spec) {
        return count * (spec.rows() + spec.width()) <= 2 * spec.rows() * spec.width();
    }

    /** How many numbers so many pairs have. */
    public static int length(int count, int rows, int width) {
        return Math.multiplyExact(count, rows + width);
    }

    /** These, and others of the same rows after them. */
    public Factors and(Factors more) {
        var all = new float[numbers.length + more.numbers.length];
        int u = count * rows;
        int moreU = more.count * rows;
        System.arraycopy(numbers, 0, all, 0, u);
        System.arraycopy(more.numbers, 0, all, u, moreU);
        System.arraycopy(numbers, u, all, u + moreU, count * width);
        System.arraycopy(more.numbers, moreU, all, u + moreU + count * width, more.count * width);
        return new Factors(first, rows, width, count + more.count, all);
    }

    /** The factors of rows {@code from} to {@code to}. */
    public Factors ofRows(int from, int to) {
        if (from == first && to == first + rows) {
            return this;
        }
        int n = to - from;
        var some = new float[length(count, n, width)];
        for (int k = 0; k < count; k++) {
            System.arraycopy(numbers, k * rows + from - first, some, k * n, n);
        }
        System.arraycopy(numbers, count * rows, some, count * n, count * width);
        return new Factors(from, n, width, count, some);
    }

    /**
     * Refuses pairs if a number, or a sum of their products, is not finite.
     *
     * @throws NonFiniteUpdateException naming the cell
     */
    public void checkFinite(TableSpec spec) {
        double most = 0;
        for (int k = 0; k < count; k++) {
            most += (double) largest(k * rows, rows) * largest(count * rows + k * width, width);
        }
        if (most < Float.MAX_VALUE) {
            return;
        }
        var row = new float[width];
        for (int r = first; r < first + rows; r++) {
            Arrays.fill(row, 0);
            addRows(r, r + 1, row, 0);
            if (!Finite.all(row, 0, width)) {
                int column = Finite.firstNot(row, 0, width);
                throw new NonFiniteUpdateException(spec, r, column, row[column]);
            }
        }
    }

    private float largest(int from, int n) {
        float most = 0;
        for (int i = from; i < from + n; i++) {
            most = Math.max(most, Math.abs(numbers[i])); // NaN if one is
        }
        return most;
    }

    /** Adds rows {@code from} to {@code to} to those that begin at {@code at}. */
    public void addRows(int from, int to, float[] into, int at) {
        PairProducts.BEST.add(numbers, from - first, rows, to - from, count * rows, width, count, into, at);
    }

    /** Applies the rule to the rows of blocks {@code from} to {@code to}, as far as they are among these. The caller holds the stripe's lock. */
    public void apply(FloatShard shard, int from, int to) {
        int begin = (int) Math.max(first, shard.rows().blockStart(from));
        int end = (int) Math.min(first + (long) rows, shard.rows().blockStart(to));
        int most = Math.max(1, PIECE_CELLS / width);
        var all = shard.update();
        var piece = all != null ? all : new float[Math.max(0, Math.min(most, end - begin)) * width];
        for (int row = begin; row < end; row += most) {
            int n = Math.min(most, end - row);
            int at = all != null ? row * width : 0;
            Arrays.fill(piece, at, at + n * width, 0);
            addRows(row, row + n, piece, at);
            shard.applyRows(row, n, piece, at);
        }
    }
}
