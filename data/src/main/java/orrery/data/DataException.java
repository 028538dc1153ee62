package orrery.data;

import java.io.IOException;

/** Data that cannot be read as what it is said to be. The message begins with the place, such as {@code a.csv:17}. */
public final class DataException extends IOException {
    private static final long serialVersionUID = 1;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
