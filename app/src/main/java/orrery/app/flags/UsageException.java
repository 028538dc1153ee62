package orrery.app.flags;

/** A command line that cannot be meant so. */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UsageException(String message) {
        super(message);
    }

    /** What a library says of a value, with {@code begin} before it. */
    public UsageException(String begin, IllegalArgumentException cause) {
        super(begin + cause.getMessage(), cause);
    }
}
