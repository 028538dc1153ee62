package orrery.table.spec;

/** A wait passed its deadline. The message says who waited at which clock, and for whom. */
public final class WaitExpiredException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    public WaitExpiredException(String message) {
        super(message);
    }
}
