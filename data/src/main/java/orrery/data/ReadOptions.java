package orrery.data;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How data is to be read. What is left open is found out from the data.
 *
 * @param format libsvm, csv or tsv; by the file's name if empty
 * @param delimiter between the fields of a CSV file; by the format if empty
 * @param header whether the first line of a CSV file names the columns; by the first lines if empty
 * @param roles column to role; a column is a name, or a number from 1, or from -1 backwards
 * @param hashBits categories are hashed to 2^hashBits features
 * @param words how many words of text columns become features, the commonest; at least two texts must have a word
 * @param log1p whether values become log(1 + value); text always does
 * @param normalize whether each example is scaled to length 1; text always is
 * @param rawNumbers whether numeric columns are left as they are, not brought to mean 0 and deviation 1
 * @param threads how many threads parse
 */
public record ReadOptions(
        Optional<String> format,
        Optional<Character> delimiter,
        Optional<Boolean> header,
        Map<String, Role> roles,
        int hashBits,
        int words,
        boolean log1p,
        boolean normalize,
        boolean rawNumbers,
        int threads) {

    /** What a column is for. */
    public enum Role {
        LABEL,
        WEIGHT,
        GROUP,
        NUMERIC,
        CATEGORICAL,
        TEXT,
        IGNORE
    }

    public ReadOptions {
        if (hashBits < 1 || hashBits > 28) {
            throw new IllegalArgumentException("hash bits must be 1 to 28, got " + hashBits);
        }
        if (words < 1) {
            throw new IllegalArgumentException("words must be 1 or more, got " + words);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
        }
        if (delimiter.isPresent() && (delimiter.get() > 127 || delimiter.get() == '"' || delimiter.get() == '\n')) {
            throw new IllegalArgumentException(
                    "the delimiter must be one ASCII character and no quote, got '" + delimiter.get() + "'");
        }
        if (format.isPresent() && !format.get().matches("libsvm|csv|tsv")) {
            throw new IllegalArgumentException("format must be libsvm, csv or tsv, got '" + format.get() + "'");
        }
        roles = Map.copyOf(new TreeMap<>(roles));
    }

    /** All found out from the data; 2^18 features for categories, 50,000 words, all processors. */
    public static ReadOptions defaults() {
        return new ReadOptions(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                18,
                50_000,
                false,
                false,
                false,
                Runtime.getRuntime().availableProcessors());
    }

    public ReadOptions withRole(String column, Role role) {
        var more = new TreeMap<>(roles);
        more.put(column, role);
        return new ReadOptions(format, delimiter, header, more, hashBits, words, log1p, normalize, rawNumbers, threads);
    }

    public ReadOptions withLog1p() {
        return new ReadOptions(format, delimiter, header, roles, hashBits, words, true, normalize, rawNumbers, threads);
    }

    public ReadOptions withNormalize() {
        return new ReadOptions(format, delimiter, header, roles, hashBits, words, log1p, true, rawNumbers, threads);
    }

    public ReadOptions withThreads(int threads) {
        return new ReadOptions(
                format, delimiter, header, roles, hashBits, words, log1p, normalize, rawNumbers, threads);
    }

    /** The same for the text that {@link TableFormat} makes of a table. */
    ReadOptions ofTable() {
        return new ReadOptions(
                Optional.of("csv"),
                Optional.of(','),
                Optional.of(true),
                roles,
                hashBits,
                words,
                log1p,
                normalize,
                rawNumbers,
                threads);
    }

    /** All that changes what is read, as the key of a cache. */
    String key() {
        return format + "," + delimiter + "," + header + "," + new TreeMap<>(roles) + "," + hashBits + "," + words + ","
                + log1p + "," + normalize + "," + rawNumbers;
    }
}
