package orrery.app;

/** The command was used wrongly: exit code 2. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }

    /** In the words of a value's own check. */
    UsageException(String prefix, IllegalArgumentException e) {
        super(prefix + e.getMessage(), e);
    }
}
