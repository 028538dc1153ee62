package orrery.table.cells;

import java.nio.ByteBuffer;
import java.util.Arrays;
import orrery.wire.Frame;

/** Floats on the heap. */
public record FloatCells(float[] array) implements Cells {
    public FloatCells(int length) {
        this(new float[length]);
    }

    @Override
    public int length() {
        return array.length;
    }

    @Override
    public Cells another(int length) {
        return new FloatCells(length);
    }

    @Override
    public Cells grown(int length) {
        return new FloatCells(Arrays.copyOf(array, length));
    }

    @Override
    public void copyTo(Cells to, int from, int at, int count) {
        System.arraycopy(array, from, ((FloatCells) to).array, at, count);
    }

    @Override
    public void put(Frame to, int from, int count) {
        to.putFloats(array, from, count);
    }

    @Override
    public void take(Frame from, int at, int count) {
        from.getFloats(array, at, count);
    }

    @Override
    public void put(ByteBuffer to, int from, int count) {
        to.asFloatBuffer().put(array, from, count);
        to.position(to.position() + BYTES * count);
    }

    @Override
    public int nonZeros(int from, int to, int start, int[] cells, Cells values, int at) {
        var into = ((FloatCells) values).array;
        for (int i = from; i < to && at < cells.length; i++) {
            if (array[i] != 0) {
                cells[at] = i - start;
                into[at++] = array[i];
            }
        }
        return at;
    }

    @Override
    public int firstNotFinite(int from, int to) {
        return Finite.all(array, from, to) ? -1 : Finite.firstNot(array, from, to);
    }
}
