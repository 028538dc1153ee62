package orrery.table.hold;

/** What others push of a table to this node, without being asked each time; as far as the table itself needs to know of it. */
public interface Pushed {
    /** How old all of it is at most. */
    long freshness();

    /** Whether it lies in the table's own array, so that a worker's updates of a clock are to be applied all at once. */
    boolean isInPlace();

    /** What comes from now on is not heard. */
    void close();
}
