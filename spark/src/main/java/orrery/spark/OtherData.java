package orrery.spark;

/** A member has found other rows in its part than were counted: no life of it can go on with the run. */
final class OtherData extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /** @param part such as: part 3 of the data frame */
    OtherData(String part, long due, long found) {
        super(part + " had " + due + " rows when they were counted, and has " + found
                + (found == due ? " other ones" : "")
                + " now: the frame is not the same each time it is made; cache it, or write it to a file first");
    }
}
