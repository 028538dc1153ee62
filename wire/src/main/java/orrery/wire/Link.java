package orrery.wire;

/**
 * Carries frames to one other endpoint, urgent ones first, each lane in order. A link may lose what it was given, but only
 * by closing (a {@link FaultyLink} also otherwise). Safe for use by many threads.
 */
interface Link {
    /** Takes over the frame and sends it soon. Never blocks: how much is under way is the {@link Peer}'s to bound. */
    void send(Frame frame);

    /** Closes; the receiver on either side is told once. */
    void close(String why);

    boolean isOpen();

    /** Where the other side is, in words for a message. */
    String where();

    /** Who gets the frames. Called by the link's event loop, one call at a time; must not block. */
    interface Receiver {
        /** Takes over the frame. */
        void receive(Link link, Frame frame);

        /** There is nothing more to receive for now. */
        void paused(Link link);

        void closed(Link link, String why);
    }
}
