package orrery.table.outbox;

import orrery.table.cells.Cells;
import orrery.table.cells.FloatCells;
import orrery.table.cells.KeyedRows;

/** What was added to the rows of a table and has not reached them, summed by row. Sealed to be handed on, then cleared. */
public abstract sealed class Sums permits Outbox, IntOutbox {
    public abstract boolean isEmpty();

    /** Makes ready to be handed on: nothing is added from here until {@link #clear}. */
    public abstract void seal();

    /** Whether there is something for rows of blocks {@code from} to {@code to}. Sealed only. */
    public abstract boolean touches(int from, int to);

    /** Hands the updates of blocks of one stripe and one owner to a sink. Sealed only. */
    public abstract void write(int from, int to, Sink sink);

    /** The same, and forgets it. */
    public void push(int from, int to, Sink sink) {
        write(from, to, sink);
    }

    /** Who sends updates to the owners of their rows. */
    public interface Sink {
        /** Whole rows of {@code block} and following: positions {@code from} to {@code to} of {@code rows}, as sorted by block. */
        void rows(int block, KeyedRows rows, int from, int to, Cells values, int width);

        /** Slots {@code from} to {@code to} of a dense table, with the update of slot s at s * width. */
        void run(int block, int from, int to, FloatCells values, int width);

        /** The cells of {@code values[from..to)} that are not zero; the block begins with {@code start}. {@link #endCells} follows. */
        void cells(int block, int start, Cells values, int from, int to);

        /** There are no more single cells of the block and those after it. */
        void endCells(int block);
    }

    /** Whether all of it can be added to an open one of the same table. Sealed only. */
    public abstract boolean fitsInto(Sums sum);

    /** Adds what belongs to blocks {@code from} to {@code to} to an open one of the same table. Sealed only. */
    public abstract void addTo(Sums sum, int from, int to);

    /** An empty one for the same table. */
    public abstract Sums another();

    /** About how many bytes all of it takes. Sealed only. */
    public abstract long bytes();

    /** Forgets the rest and opens again. */
    public abstract void clear();
}
