package orrery.learn.cluster;

/** Products of a sparse example with {@value #WIDTH} centroids that lie side by side. */
interface Lanes {
    int WIDTH = 16;

    /**
     * Sets {@code out[lane]} to {@code half[at + lane]} plus the sum over the example's features of {@code value *
     * cells[index * WIDTH + lane]}, in floats. Returns the least.
     */
    float scores(int[] indices, float[] values, int from, int to, float[] cells, float[] half, int at, float[] out);

    /** Vectors, if the JVM was started with {@code --add-modules jdk.incubator.vector} on a machine that has them. */
    static Lanes best() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && VectorLanes.areFast()
                ? new VectorLanes()
                : new ScalarLanes();
    }
}
