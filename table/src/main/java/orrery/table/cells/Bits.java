package orrery.table.cells;

/** Cells of either type, kept as the bits of an int: what passes rows on does not look at them. */
public final class Bits {
    private Bits() {}

    /** Copies cells to an array of floats or ints. */
    public static void toCells(int[] bits, int from, Object cells, int at, int count) {
        if (cells instanceof float[] floats) {
            for (int c = 0; c < count; c++) {
                floats[at + c] = Float.intBitsToFloat(bits[from + c]);
            }
        } else {
            System.arraycopy(bits, from, (int[]) cells, at, count);
        }
    }

    /** Copies cells from an array of floats or ints. */
    public static void ofCells(Object cells, int at, int[] bits, int to, int count) {
        if (cells instanceof float[] floats) {
            for (int c = 0; c < count; c++) {
                bits[to + c] = Float.floatToRawIntBits(floats[at + c]);
            }
        } else {
            System.arraycopy((int[]) cells, at, bits, to, count);
        }
    }
}
