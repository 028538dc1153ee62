package orrery.table.outbox;

import orrery.table.cells.KeyedRows;

/** What was added to the rows of a table and has not reached them, summed by row. Sealed to be handed on, then cleared. */
public abstract sealed class Sums permits Outbox, IntOutbox {
    public abstract boolean isEmpty();

    /** Makes ready to be handed on: nothing is added from here until {@link #clear}. */
    public abstract void seal();

    /** Whether there is something for rows of this stripe. Sealed only. */
    public abstract boolean touches(int stripe);

    /** Hands what belongs to the stripe to who sends it to its owner, and forgets it. Sealed only. */
    public abstract void push(int stripe, Sink to);

    /** Who sends updates to the owners of their rows. */
    public interface Sink {
        /** Whole rows: positions {@code from} to {@code to} of {@code rows}, as sorted by stripe; floats or ints. */
        void rows(int stripe, KeyedRows rows, int from, int to, Object values, int width);

        /** Rows {@code from} to {@code to} of a dense table, all of one stripe, with the update of row r at r * width. */
        void run(int stripe, int from, int to, float[] values, int width);

        /** The cells of {@code values[from..to)} that are not zero; {@link #endCells} follows. */
        void cells(int stripe, int stripeStart, float[] values, int from, int to);

        /** There are no more single cells of the stripe. */
        void endCells(int stripe);
    }

    /** Whether all of it can be added to an open one of the same table. Sealed only. */
    public abstract boolean fitsInto(Sums sum);

    /** Adds what belongs to the stripe to an open one of the same table. Sealed only. */
    public abstract void addTo(Sums sum, int stripe);

    /** An empty one for the same table. */
    public abstract Sums another();

    /** About how many bytes all of it takes. Sealed only. */
    public abstract long bytes();

    /** Forgets the rest and opens again. */
    public abstract void clear();
}
