package orrery.table.spec;

/** The way of a table's updates to the members that hold its rows. */
public enum Route {
    /** To the owners of the rows. A reader asks a row's owner. Each member holds its own rows. */
    OWNERS,
    /**
     * To all members with workers: each holds all rows, applies the updates of all workers in their order, and reads its own copy. No read
     * takes a round trip. The owners' copies are what is saved. For dense tables of floats under {@link Consistency.Bsp} or {@link
     * Consistency.Local}. Each update is sent once to each other member, which costs little if it is small or travels as factors
     * (sufficient factor broadcasting: Xie et al., UAI 2016; Zhang et al., USENIX ATC 2017, section 3.2).
     */
    PEERS
}
