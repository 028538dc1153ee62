package orrery.deep.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of floats by tiles whose sums stay in registers: both factors are packed, so that a tile reads them in a row (Goto and van
 * de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 2008).
 */
final class VectorMatrices implements Matrices {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int TILE_ROWS = 6;
    private static final int TILE_COLUMNS = 2 * LANES;
    private static final int ROWS = 20 * TILE_ROWS; // of a piece of a, that stays in the second cache with INNER
    private static final int INNER = 256;
    private static final int COLUMNS = 1 << 10; // of a piece of b
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final float[] left = new float[ROWS * INNER];
    private final float[] right = new float[(COLUMNS + TILE_COLUMNS) * INNER];
    private final float[] tile = new float[TILE_ROWS * TILE_COLUMNS];

    @Override
    public void addProduct(int rows, int columns, int inner, Matrix a, Matrix b, Matrix c) {
        for (int j = 0; j < columns; j += COLUMNS) {
            int someColumns = Math.min(COLUMNS, columns - j);
            for (int p = 0; p < inner; p += INNER) {
                int someInner = Math.min(INNER, inner - p);
                pack(b.transposed(), j, someColumns, p, someInner, TILE_COLUMNS, right);
                for (int i = 0; i < rows; i += ROWS) {
                    int someRows = Math.min(ROWS, rows - i);
                    pack(a, i, someRows, p, someInner, TILE_ROWS, left);
                    tiles(someRows, someColumns, someInner, c, i, j);
                }
            }
        }
    }

    /** Packs rows in strips of so many, whose numbers of a column lie side by side; what is missing of the last strip is zero. */
    private static void pack(Matrix m, int row, int rows, int column, int columns, int strip, float[] to) {
        MemorySegment data = m.of().data();
        int at = 0;
        for (int first = row; first < row + rows; first += strip, at += strip * columns) {
            int here = Math.min(strip, row + rows - first);
            if (here < strip) {
                java.util.Arrays.fill(to, at, at + strip * columns, 0);
            }
            if (m.isTransposed()) { // numbers of a column are side by side already
                for (int p = 0; p < columns; p++) {
                    MemorySegment.copy(data, FLOAT, m.place(first, column + p) * Float.BYTES, to, at + p * strip, here);
                }
            } else if (here == TILE_ROWS && strip == TILE_ROWS) {
                packTile(data, m.place(first, column), m.stride(), columns, to, at);
            } else {
                for (int r = 0; r < here; r++) {
                    long from = m.place(first + r, column);
                    for (int p = 0; p < columns; p++) {
                        to[at + p * strip + r] = data.getAtIndex(FLOAT, from + p);
                    }
                }
            }
        }
    }

    /** Six rows: each is read on and on, and what is written lies side by side. */
    private static void packTile(MemorySegment data, long from, int stride, int columns, float[] to, int at) {
        for (int p = 0; p < columns; p++, at += TILE_ROWS, from++) {
            to[at] = data.getAtIndex(FLOAT, from);
            to[at + 1] = data.getAtIndex(FLOAT, from + stride);
            to[at + 2] = data.getAtIndex(FLOAT, from + 2L * stride);
            to[at + 3] = data.getAtIndex(FLOAT, from + 3L * stride);
            to[at + 4] = data.getAtIndex(FLOAT, from + 4L * stride);
            to[at + 5] = data.getAtIndex(FLOAT, from + 5L * stride);
        }
    }

    private void tiles(int rows, int columns, int inner, Matrix c, int row, int column) {
        for (int j = 0; j < columns; j += TILE_COLUMNS) {
            int wide = Math.min(TILE_COLUMNS, columns - j);
            for (int i = 0; i < rows; i += TILE_ROWS) {
                int high = Math.min(TILE_ROWS, rows - i);
                tile(i * inner, j * inner, inner);
                add(c, row + i, high, column + j, wide);
            }
        }
    }

    /** The product of two strips. */
    private void tile(int a, int b, int inner) {
        var s00 = FloatVector.zero(SPECIES);
        var s01 = s00;
        var s10 = s00;
        var s11 = s00;
        var s20 = s00;
        var s21 = s00;
        var s30 = s00;
        var s31 = s00;
        var s40 = s00;
        var s41 = s00;
        var s50 = s00;
        var s51 = s00;
        float[] lefts = left;
        float[] rights = right;
        for (int p = 0; p < inner; p++) {
            int l = a + p * TILE_ROWS;
            int r = b + p * TILE_COLUMNS;
            var b0 = FloatVector.fromArray(SPECIES, rights, r);
            var b1 = FloatVector.fromArray(SPECIES, rights, r + LANES);
            var x = FloatVector.broadcast(SPECIES, lefts[l]);
            s00 = x.fma(b0, s00);
            s01 = x.fma(b1, s01);
            x = FloatVector.broadcast(SPECIES, lefts[l + 1]);
            s10 = x.fma(b0, s10);
            s11 = x.fma(b1, s11);
            x = FloatVector.broadcast(SPECIES, lefts[l + 2]);
            s20 = x.fma(b0, s20);
            s21 = x.fma(b1, s21);
            x = FloatVector.broadcast(SPECIES, lefts[l + 3]);
            s30 = x.fma(b0, s30);
            s31 = x.fma(b1, s31);
            x = FloatVector.broadcast(SPECIES, lefts[l + 4]);
            s40 = x.fma(b0, s40);
            s41 = x.fma(b1, s41);
            x = FloatVector.broadcast(SPECIES, lefts[l + 5]);
            s50 = x.fma(b0, s50);
            s51 = x.fma(b1, s51);
        }
        float[] to = tile;
        s00.intoArray(to, 0);
        s01.intoArray(to, LANES);
        s10.intoArray(to, 2 * LANES);
        s11.intoArray(to, 3 * LANES);
        s20.intoArray(to, 4 * LANES);
        s21.intoArray(to, 5 * LANES);
        s30.intoArray(to, 6 * LANES);
        s31.intoArray(to, 7 * LANES);
        s40.intoArray(to, 8 * LANES);
        s41.intoArray(to, 9 * LANES);
        s50.intoArray(to, 10 * LANES);
        s51.intoArray(to, 11 * LANES);
    }

    private void add(Matrix c, int row, int rows, int column, int columns) {
        MemorySegment data = c.of().data();
        for (int i = 0; i < rows; i++) {
            long at = c.place(row + i, column);
            int from = i * TILE_COLUMNS;
            int j = 0;
            for (; j + LANES <= columns; j += LANES) {
                long bytes = (at + j) * Float.BYTES;
                FloatVector.fromMemorySegment(SPECIES, data, bytes, ByteOrder.nativeOrder())
                        .add(FloatVector.fromArray(SPECIES, tile, from + j))
                        .intoMemorySegment(data, bytes, ByteOrder.nativeOrder());
            }
            for (; j < columns; j++) {
                data.setAtIndex(FLOAT, at + j, data.getAtIndex(FLOAT, at + j) + tile[from + j]);
            }
        }
    }
}
