package orrery.data;

/**
 * Examples and what their features and labels mean.
 *
 * @param reading how they were read
 */
public record Loaded(Examples examples, Schema schema, Reading reading) {
    /** Examples that come from no file. */
    public Loaded(Examples examples, Schema schema) {
        this(examples, schema, Reading.of(schema.format()));
    }

    /** The same, of files with these sums. */
    Loaded summed(java.util.Map<String, String> ofFiles) {
        return new Loaded(examples, schema, reading.summed(ofFiles));
    }
}
