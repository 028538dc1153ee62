package orrery.wire;

/** A receiver took nothing in for too long. */
public final class CreditExpiredException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public CreditExpiredException(String message) {
        super(message);
    }
}
