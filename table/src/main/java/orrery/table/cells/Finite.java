package orrery.table.cells;

/** Whether floats are finite. */
public final class Finite {
    private Finite() {}

    /** True if none is NaN or infinite: x * 0 is 0 for every finite x, else NaN. Eight sums hide the latency. */
    public static boolean all(float[] values, int from, int to) {
        float a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
        int i = from;
        for (; i + 7 < to; i += 8) {
            a += values[i] * 0f;
            b += values[i + 1] * 0f;
            c += values[i + 2] * 0f;
            d += values[i + 3] * 0f;
            e += values[i + 4] * 0f;
            f += values[i + 5] * 0f;
            g += values[i + 6] * 0f;
            h += values[i + 7] * 0f;
        }
        for (; i < to; i++) {
            a += values[i] * 0f;
        }
        return ((a + b) + (c + d)) + ((e + f) + (g + h)) == 0f;
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
