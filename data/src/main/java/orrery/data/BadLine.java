package orrery.data;

/** A line that cannot be parsed. Its number counts from the chunk's first; {@link Chunks} knows where that is. */
final class BadLine extends RuntimeException {
    private static final long serialVersionUID = 1;

    final long line; // from 0, within the chunk

    BadLine(long line, String message) {
        super(message, null, false, false);
        this.line = line;
    }
}
