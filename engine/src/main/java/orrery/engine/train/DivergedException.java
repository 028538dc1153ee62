package orrery.engine.train;

/** A training whose loss grew beyond all bounds: its steps are too large. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DivergedException(String message) {
        super(message);
    }
}
