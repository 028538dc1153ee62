package orrery.table.cells;

import java.nio.ByteBuffer;
import orrery.wire.Frame;

/**
 * Cells of one type, side by side: what holds a block's values or a plane of its rule, the updates of a push, or rows
 * that somebody has asked for. Only this knows of which type they are; what keeps, sends and merges them does not ask.
 * As safe as an array.
 */
public sealed interface Cells permits FloatCells, IntCells {
    /** Bytes of a cell of any type. */
    int BYTES = 4;

    int length();

    /** Other cells of this type, zeros. */
    Cells another(int length);

    /** The same cells with room for more. */
    Cells grown(int length);

    /** Copies {@code count} cells from {@code from} on to others of this type, from {@code at} on. */
    void copyTo(Cells to, int from, int at, int count);

    /** Writes cells to a frame. */
    void put(Frame to, int from, int count);

    /** Takes cells from a frame. */
    void take(Frame from, int at, int count);

    /** Bytes that {@link #pack} writes of so many cells at most. */
    default int mostPacked(int count) {
        return BYTES * count;
    }

    /** Writes cells to a frame for {@link #unpack}, in fewer bytes if their type has a way. */
    default void pack(Frame to, int from, int count) {
        put(to, from, count);
    }

    /** Takes what {@link #pack} has written. */
    default void unpack(Frame from, int at, int count) {
        take(from, at, count);
    }

    /** Writes cells to a buffer, whose position moves on. */
    void put(ByteBuffer to, int from, int count);

    /**
     * Collects what is not zero of cells {@code [from, to)}: to {@code cells} which they are, less {@code start}, and the values to others
     * of this type, both from {@code at} on, until {@code cells} is full.
     *
     * @return how many there are in {@code cells} then
     */
    int nonZeros(int from, int to, int start, int[] cells, Cells values, int at);

    /** Index of the first of {@code [from, to)} that is not finite, or -1: counts always are. */
    int firstNotFinite(int from, int to);
}
