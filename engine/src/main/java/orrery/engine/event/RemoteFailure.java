package orrery.engine.event;

/** What a worker on a member has failed with, in the member's words. */
public final class RemoteFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public RemoteFailure(String message) {
        super(message, null, false, false); // the trace is in the member's log
    }
}
