package orrery.table.cells;

import java.util.List;
import orrery.table.spec.UpdateRule;

/** A run of rows of a table of floats: the values and, plane by plane, the state of the update rule. */
record FloatBlock(float[] values, float[][] planes) {

    static FloatBlock of(int rows, int width, List<UpdateRule.Plane> planes) {
        var state = new float[planes.size()][];
        for (int i = 0; i < state.length; i++) {
            state[i] = new float[rows * planes.get(i).width(width)];
        }
        return new FloatBlock(new float[rows * width], state);
    }
}
