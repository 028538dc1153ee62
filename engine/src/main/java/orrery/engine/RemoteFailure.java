package orrery.engine;

/** What a worker on a member has failed with, in the member's words. */
final class RemoteFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    RemoteFailure(String message) {
        super(message, null, false, false); // the trace is in the member's log
    }
}
