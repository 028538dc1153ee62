package orrery.data;

import java.util.List;
import java.util.Optional;

/**
 * What is said of how a delimited text is written; what is left open is found out from its first lines.
 *
 * @param delimiter between fields; see {@link Dialect}
 * @param header whether the first line names the columns
 * @param quotes whether double quotes enclose fields
 * @param missing fields that stand for no value
 */
public record TextOptions(
        Optional<String> delimiter,
        Optional<Boolean> header,
        Optional<Boolean> quotes,
        Optional<List<String>> missing) {
    /** All is found out. */
    public static final TextOptions FOUND =
            new TextOptions(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    public TextOptions {
        if (delimiter.isPresent() && !Dialect.isDelimiter(delimiter.get())) {
            new Dialect(delimiter.get(), true, false, false, List.of()); // which says what is wrong
        }
        missing = missing.map(List::copyOf);
    }

    public TextOptions withDelimiter(String said) {
        return new TextOptions(Optional.of(said), header, quotes, missing);
    }

    public TextOptions withHeader(boolean has) {
        return new TextOptions(delimiter, Optional.of(has), quotes, missing);
    }
}
