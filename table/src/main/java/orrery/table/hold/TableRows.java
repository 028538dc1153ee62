package orrery.table.hold;

import java.io.IOException;
import orrery.table.spec.TableSpec;

/**
 * The rows of a table of floats that nobody changes meanwhile: in the nodes of a run, between stages or after it, or in
 * files. Memory is needed for what is asked for, and for a block or some pages of it. Confined to one thread.
 */
public interface TableRows extends AutoCloseable {
    /** What the table is. */
    TableSpec spec();

    /** How many rows have memory: all of a dense table, those of a sparse one that were written to. */
    long residentRows() throws IOException;

    /**
     * Copies the rows of {@code keys[from..to)} to {@code out}, row after row, from {@code at} on. A row that was never
     * written has its first values.
     *
     * @throws IndexOutOfBoundsException if the table has no such row
     */
    void gather(long[] keys, int from, int to, float[] out, int at) throws IOException;

    /** The same of all keys, to the begin of {@code out}. */
    default void gather(long[] keys, float[] out) throws IOException {
        gather(keys, 0, keys.length, out, 0);
    }

    /**
     * Visits each row that has memory, once: of a dense table by their numbers, of a sparse one block by block, and in each
     * by key. That order does not depend on who has the rows.
     */
    void forEachRow(Action action) throws IOException;

    /** Takes a row; the array is used again. */
    @FunctionalInterface
    interface Action {
        void row(long key, float[] values) throws IOException;
    }

    @Override
    default void close() throws IOException {}
}
