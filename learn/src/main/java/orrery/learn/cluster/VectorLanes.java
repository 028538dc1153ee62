package orrery.learn.cluster;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors of 256 bits, two for the lanes, and two features at a time: 46 GFLOP/s on one thread, where a run by {@link ScalarLanes}
 * takes two to three times the CPU time. Those of 512 bits were hardly faster in a whole run.
 */
final class VectorLanes implements Lanes {
    private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;

    /** Vectors that the machine does not have are slower than none. */
    static boolean areFast() {
        return FloatVector.SPECIES_PREFERRED.length() >= EIGHT.length();
    }

    @Override
    public float scores(
            int[] indices, float[] values, int from, int to, float[] cells, float[] half, int at, float[] out) {
        var low = FloatVector.fromArray(EIGHT, half, at);
        var high = FloatVector.fromArray(EIGHT, half, at + 8);
        var otherLow = FloatVector.zero(EIGHT);
        var otherHigh = otherLow;
        int p = from;
        for (; p + 2 <= to; p += 2) {
            var v = FloatVector.broadcast(EIGHT, values[p]);
            int cell = indices[p] * WIDTH;
            low = FloatVector.fromArray(EIGHT, cells, cell).fma(v, low);
            high = FloatVector.fromArray(EIGHT, cells, cell + 8).fma(v, high);
            v = FloatVector.broadcast(EIGHT, values[p + 1]);
            cell = indices[p + 1] * WIDTH;
            otherLow = FloatVector.fromArray(EIGHT, cells, cell).fma(v, otherLow);
            otherHigh = FloatVector.fromArray(EIGHT, cells, cell + 8).fma(v, otherHigh);
        }
        if (p < to) {
            var v = FloatVector.broadcast(EIGHT, values[p]);
            int cell = indices[p] * WIDTH;
            low = FloatVector.fromArray(EIGHT, cells, cell).fma(v, low);
            high = FloatVector.fromArray(EIGHT, cells, cell + 8).fma(v, high);
        }
        low = low.add(otherLow);
        high = high.add(otherHigh);
        low.intoArray(out, 0);
        high.intoArray(out, 8);
        return low.min(high).reduceLanes(VectorOperators.MIN);
    }
}
