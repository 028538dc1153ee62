package orrery.app.faults;

/** What may happen to a run. */
enum Fault {
    /** A member is killed. */
    KILL_MEMBER,
    /** One member is killed, and the other while the first is replaced. */
    KILL_BOTH,
    /** A member stops and never goes on: it is replaced and killed. */
    HANG_MEMBER,
    /** A member stops for less than its lease. */
    PAUSE_MEMBER,
    /** The coordinator stops for longer than a lease, and goes on. */
    PAUSE_COORDINATOR,
    /** All stop for longer than a lease, and go on. */
    PAUSE_ALL,
    /** The coordinator is killed; the run is resumed. */
    KILL_COORDINATOR,
    /** Ctrl-C; the run is resumed. */
    INTERRUPT,
    /** The coordinator is killed and a byte of the newest checkpoint flipped; the run is resumed. */
    FLIP_CHECKPOINT,
    /** The data is changed, then a member killed: the run must end and say so. */
    CHANGE_DATA,
    /** The data is changed between the reading of the coordinator and that of the members. */
    CHANGE_DATA_EARLY,
    /** 200 connections that say nothing, and garbage, while a member is killed. */
    FLOOD,
    /** The disk is full; then it is not, and the run is resumed. */
    FULL_DISK
}
