package orrery.deep.train;

import java.util.Arrays;
import orrery.data.Examples;
import orrery.deep.tensor.Tensor;

/** Puts examples into a net's input, one after another. Confined to one thread. */
final class Batch {
    private final Examples.Cursor cursor;
    private final float[] row;

    /** @param size numbers of an example of the net */
    Batch(Examples examples, int size) {
        cursor = examples.cursor();
        row = new float[size];
    }

    /** Returns the example's label. */
    double put(long example, Tensor input, int at) {
        cursor.move(example);
        Arrays.fill(row, 0);
        for (int k = cursor.from(); k < cursor.to(); k++) {
            row[cursor.indices()[k]] = cursor.values()[k];
        }
        input.copy(row, 0, (long) at * row.length, row.length);
        return cursor.label();
    }
}
