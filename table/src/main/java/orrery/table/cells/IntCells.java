package orrery.table.cells;

import java.nio.ByteBuffer;
import java.util.Arrays;
import orrery.wire.Frame;

/** Counts on the heap. */
public record IntCells(int[] array) implements Cells {
    private static final int AS_THEY_ARE = -1; // in place of the bytes that they are packed in

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
    public int mostPacked(int count) {
        return Integer.BYTES + BYTES * count;
    }

    @Override
    public void pack(Frame to, int from, int count) {
        var packed = new PackedInts();
        int bytes = packed.pack(array, from, count, BYTES * count);
        to.putInt(bytes < 0 ? AS_THEY_ARE : bytes);
        if (bytes < 0) {
            put(to, from, count);
        } else {
            to.putBytes(packed.bytes(), 0, bytes);
        }
    }

    @Override
    public void unpack(Frame from, int at, int count) {
        int bytes = from.getInt();
        if (bytes == AS_THEY_ARE) {
            take(from, at, count);
        } else {
            Arrays.fill(array, at, at + count, 0);
            PackedInts.unpack(from.getBytes(bytes), array, at, count);
        }
    }

    @Override
    public void put(ByteBuffer to, int from, int count) {
        to.asIntBuffer().put(array, from, count);
        to.position(to.position() + BYTES * count);
    }

    @Override
    public int nonZeros(int from, int to, int start, int[] cells, Cells values, int at) {
        var into = ((IntCells) values).array;
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
        return -1;
    }
}
