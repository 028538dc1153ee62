package orrery.app.flags;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import orrery.data.Dialect;
import orrery.data.TextOptions;
import picocli.CommandLine.Option;

/** How a delimited text is written. */
public final class TextFlags {
    @Option(
            names = "--delimiter",
            paramLabel = "C",
            description = {
                "Between fields: a character, ::, tab or space (default: found).",
                "space stands for any number of spaces and tabs."
            })
    @Nullable
    String delimiter;

    @Option(
            names = "--header",
            negatable = true,
            description = "The first line names the columns, or does not (default: found).")
    @Nullable
    Boolean header;

    @Option(
            names = "--missing",
            paramLabel = "WORDS",
            split = ",",
            description = {
                "Fields without a value (default: empty, NA, N/A, ?, NaN, null, None).",
                "Separated by commas; an empty field is always one. By default also NULL, none, n/a, #N/A, <NA>, \\N."
            })
    @Nullable
    List<String> missing;

    @Option(
            names = "--quotes",
            negatable = true,
            descriptionKey = FlagGroup.MORE,
            description = "Double quotes enclose fields, or are plain characters (default: found).")
    @Nullable
    Boolean quotes;

    /** The options that were given. */
    public TextOptions options() {
        try {
            return new TextOptions(
                    Optional.ofNullable(delimiter).map(Dialect::parseDelimiter),
                    Optional.ofNullable(header),
                    Optional.ofNullable(quotes),
                    Optional.ofNullable(missing).map(words -> {
                        var all = new java.util.ArrayList<>(List.of(""));
                        words.forEach(word -> all.add(word.strip()));
                        return List.copyOf(all);
                    }));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--delimiter: ", e);
        }
    }
}
