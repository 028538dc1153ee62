package orrery.data;

/**
 * What was read, and how.
 *
 * @param value such as a graph
 */
public record Read<T>(T value, Reading reading) {
    /** The same, of files with these sums. */
    Read<T> summed(java.util.Map<String, String> ofFiles) {
        return new Read<>(value, reading.summed(ofFiles));
    }
}
