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
}
