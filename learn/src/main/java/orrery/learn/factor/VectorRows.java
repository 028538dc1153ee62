package orrery.learn.factor;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors of 256 bits for the product, whose order of summing up is part of the result, and the machine's own for the
 * step. 39.5 M updates of rank 64 a CPU second, where {@link ScalarRows} does 16 to 21 ({@code bench factor}).
 *
 * <p>Not thread-safe.
 */
final class VectorRows implements RowMath {
    private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
    private static final VectorSpecies<Float> MOST = FloatVector.SPECIES_PREFERRED;

    private final float[] sums = new float[EIGHT.length()];

    /** Vectors that the machine does not have are slower than none. */
    static boolean areFast() {
        return MOST.length() >= EIGHT.length();
    }

    @Override
    public float dot(float[] p, float[] q, int n) {
        var low = FloatVector.zero(EIGHT);
        var high = low;
        int i = 0;
        for (; i + SUMS <= n; i += SUMS) {
            low = FloatVector.fromArray(EIGHT, p, i).fma(FloatVector.fromArray(EIGHT, q, i), low);
            high = FloatVector.fromArray(EIGHT, p, i + 8).fma(FloatVector.fromArray(EIGHT, q, i + 8), high);
        }
        var t = sums;
        low.add(high).intoArray(t, 0);
        float first = t[0];
        for (; i < n; i++) {
            first = Math.fma(p[i], q[i], first);
        }
        return ((first + t[4]) + (t[2] + t[6])) + ((t[1] + t[5]) + (t[3] + t[7]));
    }

    @Override
    public void step(float[] p, float[] q, int n, float by, float keep) {
        int c = 0;
        for (int end = MOST.loopBound(n); c < end; c += MOST.length()) {
            var pc = FloatVector.fromArray(MOST, p, c);
            var qc = FloatVector.fromArray(MOST, q, c);
            pc.mul(keep).add(qc.mul(by)).intoArray(p, c);
            qc.mul(keep).add(pc.mul(by)).intoArray(q, c);
        }
        for (; c < n; c++) {
            float pc = p[c];
            p[c] = keep * pc + by * q[c];
            q[c] = keep * q[c] + by * pc;
        }
    }
}
