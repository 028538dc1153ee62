package orrery.app.flags;

/**
 * Flags that belong together.
 *
 * @param heading such as data
 * @param flags an object whose fields are picocli's options; those with the description key {@link #MORE} are only named
 *     where help is short
 */
public record FlagGroup(String heading, Object flags) {
    /** The description key of options that few need. */
    public static final String MORE = "more";

    public static final String DATA = "data";
    public static final String MODEL = "model";
    public static final String OPTIMISER = "optimiser";
}
