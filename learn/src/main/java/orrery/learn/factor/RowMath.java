package orrery.learn.factor;

/**
 * Arithmetic on rows of factors, which all begin at 0 of their arrays. What there is of it yields the same bits, so that
 * a run does not depend on how its members were started.
 */
interface RowMath {
    /** So many sums that are added up in the end; what is left over beyond a multiple of them joins the first. */
    int SUMS = 16;

    /** The product of the first {@code n} of both. */
    float dot(float[] p, float[] q, int n);

    /** At once: {@code p = keep * p + by * q} and {@code q = keep * q + by * p}, the first {@code n} of both. */
    void step(float[] p, float[] q, int n, float by, float keep);

    /** Vectors, if there are any. */
    static RowMath best() {
        return hasVectors() ? new VectorRows() : new ScalarRows();
    }

    /** Whether the JVM was started with {@code --add-modules jdk.incubator.vector} on a machine that has fast vectors. */
    static boolean hasVectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && VectorRows.areFast();
    }
}
