package orrery.wire;

import java.io.IOException;

/** The other side refused a connection, and said why. */
public final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    public RefusedException(String message) {
        super(message);
    }
}
