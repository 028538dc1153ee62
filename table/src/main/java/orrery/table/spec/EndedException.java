package orrery.table.spec;

import org.jspecify.annotations.Nullable;

/** The job ended while this worker was at work: somebody failed, or it was cancelled. Not a failure of this worker's. */
public final class EndedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public EndedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
