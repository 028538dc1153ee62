package orrery.data;

/** A line that cannot be parsed. Its number counts from the chunk's first; {@link Chunks} knows where that is. */
final class BadLine extends RuntimeException {
    private static final long serialVersionUID = 1;

    final long line; // from 0, within the chunk
    private final boolean isAtEnd;

    BadLine(long line, String message) {
        this(line, message, false);
    }

    private BadLine(long line, String message, boolean isAtEnd) {
        super(message, null, false, false);
        this.line = line;
        this.isAtEnd = isAtEnd;
    }

    /** What begins in a line and does not end. */
    static BadLine withoutEnd(long line, String message) {
        return new BadLine(line, message, true);
    }

    /** Whether more bytes might have mended it. */
    boolean isAtEnd() {
        return isAtEnd;
    }
}
