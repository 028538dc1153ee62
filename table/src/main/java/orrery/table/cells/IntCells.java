package orrery.table.cells;

import java.nio.ByteBuffer;
import java.util.Arrays;
import orrery.wire.Frame;

/** Counts on the heap. */
public record IntCells(int[] array) implements Cells {
    public IntCells(int length) {
        this(new int[length]);
    }

    @Override
    public int length() {
        return array.length;
    }

    @Override
    public Cells another(int length) {
        return new IntCells(length);
    }

    @Override
    public Cells grown(int length) {
        return new IntCells(Arrays.copyOf(array, length));
    }

    @Override
    public void copyTo(Cells to, int from, int at, int count) {
        System.arraycopy(array, from, ((IntCells) to).array, at, count);
    }

    @Override
    public void put(Frame to, int from, int count) {
        to.putInts(array, from, count);
    }

    @Override
    public void take(Frame from, int at, int count) {
        from.getInts(array, at, count);
    }

    @Override
    public void put(ByteBuffer to, int from, int count) {
        to.asIntBuffer().put(array, from, count);
        to.position(to.position() + BYTES * count);
    }

    @Override
    public int firstNotFinite(int from, int to) {
        return -1;
    }
}
