package orrery.engine.event;

/** A job was cancelled, or the thread that ran it interrupted. */
public final class JobCancelledException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public JobCancelledException(String message) {
        super(message);
    }
}
