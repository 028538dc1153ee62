package orrery.wire;

/** A frame was to go to a peer that is gone. */
public final class PeerEndedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public PeerEndedException(String message) {
        super(message);
    }
}
