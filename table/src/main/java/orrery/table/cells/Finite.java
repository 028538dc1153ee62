package orrery.table.cells;

/** Whether floats are finite. */
public final class Finite {
    private static final int EXPONENT = 0x7f800000;
    private static final int ONE = 0x00800000;

    private Finite() {}

    /** True if none is NaN or infinite: an exponent of all ones, and one more, is a sign. */
    public static boolean all(float[] values, int from, int to) {
        int signs = 0;
        for (int i = from; i < to; i++) {
            signs |= (Float.floatToRawIntBits(values[i]) & EXPONENT) + ONE;
        }
        return signs >= 0;
    }

    /** Index of the first that is not finite; there is one. */
    public static int firstNot(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!Float.isFinite(values[i])) {
                return i;
            }
        }
        throw new IllegalArgumentException("all values from " + from + " to " + to + " are finite");
    }
}
