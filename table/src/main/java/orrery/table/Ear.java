package orrery.table;

import orrery.wire.Frame;

/** What a node hears that is not about tables. Called by its event loop or its own thread; must not block. */
public interface Ear {
    /** A frame of a type of the caller's, at least {@link Node#FIRST_TYPE}, to be closed by the receiver. */
    void heard(Frame frame);

    default void connected(int member, long incarnation) {}

    default void disconnected(int member, long incarnation, String why) {}

    default void refused(String from, String why) {}

    /** An update that a worker of another node has sent cannot be applied. */
    default void failed(Throwable why) {}
}
