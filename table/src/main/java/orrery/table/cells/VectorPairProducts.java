package orrery.table.cells;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * By tiles of six rows and two vectors, whose sums stay in registers; both factors are packed, so that a tile reads them in a row (Goto
 * and van de Geijn, ACM TOMS 2008).
 */
record VectorPairProducts() implements PairProducts {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int HIGH = 6;
    private static final int WIDE = 2 * LANES;
    private static final int ROWS = 20 * HIGH; // whose factors stay in the second cache

    static boolean areFast() {
        return LANES >= 8;
    }

    @Override
    public void add(float[] of, int from, int stride, int rows, int v, int width, int count, float[] into, int at) {
        var left = new float[Math.ceilDiv(Math.min(ROWS, rows), HIGH) * HIGH * count];
        var right = new float[WIDE * count];
        var edge = new float[HIGH * WIDE];
        for (int i = 0; i < rows; i += ROWS) {
            int some = Math.min(ROWS, rows - i);
            packLeft(of, from + i, stride, some, count, left);
            for (int j = 0; j < width; j += WIDE) {
                int wide = Math.min(WIDE, width - j);
                packRight(of, v + j, width, wide, count, right);
                for (int r = 0; r < some; r += HIGH) {
                    int high = Math.min(HIGH, some - r);
                    int to = at + (i + r) * width + j;
                    if (high == HIGH && wide == WIDE) {
                        tile(left, r * count, right, count, into, to, width);
                    } else {
                        copy(into, to, width, edge, 0, WIDE, high, wide);
                        tile(left, r * count, right, count, edge, 0, WIDE);
                        copy(edge, 0, WIDE, into, to, width, high, wide);
                    }
                }
            }
        }
    }

    private static void copy(
            float[] of, int from, int stride, float[] to, int at, int toStride, int rows, int columns) {
        for (int r = 0; r < rows; r++) {
            System.arraycopy(of, from + r * stride, to, at + r * toStride, columns);
        }
    }

    /** Six rows' numbers of a pair lie side by side; what is missing of the last six is zero. */
    private static void packLeft(float[] of, int from, int stride, int rows, int count, float[] to) {
        for (int r = 0; r < rows; r += HIGH) {
            int high = Math.min(HIGH, rows - r);
            for (int k = 0; k < count; k++) {
                int at = (r * count) + k * HIGH;
                for (int h = 0; h < HIGH; h++) {
                    to[at + h] = h < high ? of[from + k * stride + r + h] : 0;
                }
            }
        }
    }

    private static void packRight(float[] of, int from, int width, int columns, int count, float[] to) {
        for (int k = 0; k < count; k++) {
            System.arraycopy(of, from + k * width, to, k * WIDE, columns);
        }
    }

    private static void tile(float[] left, int l, float[] right, int count, float[] into, int at, int stride) {
        var s00 = FloatVector.fromArray(SPECIES, into, at);
        var s01 = FloatVector.fromArray(SPECIES, into, at + LANES);
        var s10 = FloatVector.fromArray(SPECIES, into, at + stride);
        var s11 = FloatVector.fromArray(SPECIES, into, at + stride + LANES);
        var s20 = FloatVector.fromArray(SPECIES, into, at + 2 * stride);
        var s21 = FloatVector.fromArray(SPECIES, into, at + 2 * stride + LANES);
        var s30 = FloatVector.fromArray(SPECIES, into, at + 3 * stride);
        var s31 = FloatVector.fromArray(SPECIES, into, at + 3 * stride + LANES);
        var s40 = FloatVector.fromArray(SPECIES, into, at + 4 * stride);
        var s41 = FloatVector.fromArray(SPECIES, into, at + 4 * stride + LANES);
        var s50 = FloatVector.fromArray(SPECIES, into, at + 5 * stride);
        var s51 = FloatVector.fromArray(SPECIES, into, at + 5 * stride + LANES);
        for (int k = 0, r = 0; k < count; k++, l += HIGH, r += WIDE) {
            var b0 = FloatVector.fromArray(SPECIES, right, r);
            var b1 = FloatVector.fromArray(SPECIES, right, r + LANES);
            var x = FloatVector.broadcast(SPECIES, left[l]);
            s00 = x.fma(b0, s00);
            s01 = x.fma(b1, s01);
            x = FloatVector.broadcast(SPECIES, left[l + 1]);
            s10 = x.fma(b0, s10);
            s11 = x.fma(b1, s11);
            x = FloatVector.broadcast(SPECIES, left[l + 2]);
            s20 = x.fma(b0, s20);
            s21 = x.fma(b1, s21);
            x = FloatVector.broadcast(SPECIES, left[l + 3]);
            s30 = x.fma(b0, s30);
            s31 = x.fma(b1, s31);
            x = FloatVector.broadcast(SPECIES, left[l + 4]);
            s40 = x.fma(b0, s40);
            s41 = x.fma(b1, s41);
            x = FloatVector.broadcast(SPECIES, left[l + 5]);
            s50 = x.fma(b0, s50);
            s51 = x.fma(b1, s51);
        }
        s00.intoArray(into, at);
        s01.intoArray(into, at + LANES);
        s10.intoArray(into, at + stride);
        s11.intoArray(into, at + stride + LANES);
        s20.intoArray(into, at + 2 * stride);
        s21.intoArray(into, at + 2 * stride + LANES);
        s30.intoArray(into, at + 3 * stride);
        s31.intoArray(into, at + 3 * stride + LANES);
        s40.intoArray(into, at + 4 * stride);
        s41.intoArray(into, at + 4 * stride + LANES);
        s50.intoArray(into, at + 5 * stride);
        s51.intoArray(into, at + 5 * stride + LANES);
    }
}
