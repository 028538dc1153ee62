package orrery.table;

/** What was added to the rows of a table and has not reached them, summed by row. Sealed to be handed on, then cleared. */
abstract sealed class Sums permits Outbox, IntOutbox {
    abstract boolean isEmpty();

    /** Makes ready to be handed on: nothing is added from here until {@link #clear}. */
    abstract void seal();

    /** Whether there is something for rows of this stripe. Sealed only. */
    abstract boolean touches(int stripe);

    /** Pushes what belongs to the stripe to its owner, and forgets it. Sealed only. */
    abstract void push(int stripe, Pushes to);

    /** Whether all of it can be added to an open one of the same table. Sealed only. */
    abstract boolean fitsInto(Sums sum);

    /** Adds what belongs to the stripe to an open one of the same table. Sealed only. */
    abstract void addTo(Sums sum, int stripe);

    /** An empty one for the same table. */
    abstract Sums another();

    /** About how many bytes all of it takes. Sealed only. */
    abstract long bytes();

    /** Forgets the rest and opens again. */
    abstract void clear();
}
