package orrery.data;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How data is to be read. What is left open is found out from the data.
 *
 * @param format libsvm, csv or tsv; by the file's name and its first lines if empty
 * @param text how a delimited text is written, as far as it is known
 * @param roles column to role; a column is a name, or a number from 1, or from -1 backwards
 * @param hashBits categories are hashed to 2^hashBits features; 64 makes their hashes keys of a sparse table, and lets
 *     features of libsvm files be any number of 64 bits
 * @param words how many words of text columns become features, the commonest; at least two texts must have a word
 * @param log1p whether values become log(1 + value); text always does
 * @param normalize whether each example is scaled to length 1; text always is
 * @param numbers what becomes of numeric columns
 * @param isLabelled whether a column of labels is needed; if not, there is one only if it was given
 * @param threads how many threads parse
 */
public record ReadOptions(
        Optional<String> format,
        TextOptions text,
        Map<String, Role> roles,
        int hashBits,
        int words,
        boolean log1p,
        boolean normalize,
        Numbers numbers,
        boolean isLabelled,
        int threads) {

    /** Bits of hashes that are keys, of which no two categories have the same one. */
    public static final int KEYS = 64;

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

    /** What becomes of numeric columns. */
    public enum Numbers {
        /** They are brought to mean 0 and deviation 1. */
        STANDARDISED,
        /** They are brought to mean 0; distances stay as they are. */
        CENTRED,
        /** They are left as they are. */
        RAW
    }

    public ReadOptions {
        if ((hashBits < 1 || hashBits > 28) && hashBits != KEYS) {
            throw new IllegalArgumentException("hash bits must be 1 to 28, or 64 for keys, got " + hashBits);
        }
        if (words < 1) {
            throw new IllegalArgumentException("words must be 1 or more, got " + words);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
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
                TextOptions.FOUND,
                Map.of(),
                18,
                50_000,
                false,
                false,
                Numbers.STANDARDISED,
                true,
                Runtime.getRuntime().availableProcessors());
    }

    public ReadOptions withRole(String column, Role role) {
        var more = new TreeMap<>(roles);
        more.put(column, role);
        return new ReadOptions(format, text, more, hashBits, words, log1p, normalize, numbers, isLabelled, threads);
    }

    public ReadOptions with(TextOptions said) {
        return new ReadOptions(format, said, roles, hashBits, words, log1p, normalize, numbers, isLabelled, threads);
    }

    public ReadOptions with(Numbers other) {
        return new ReadOptions(format, text, roles, hashBits, words, log1p, normalize, other, isLabelled, threads);
    }

    public ReadOptions withFormat(String name) {
        return new ReadOptions(
                Optional.of(name), text, roles, hashBits, words, log1p, normalize, numbers, isLabelled, threads);
    }

    /** The same for data that need no labels. */
    public ReadOptions unlabelled() {
        return new ReadOptions(format, text, roles, hashBits, words, log1p, normalize, numbers, false, threads);
    }

    public ReadOptions withLog1p() {
        return new ReadOptions(format, text, roles, hashBits, words, true, normalize, numbers, isLabelled, threads);
    }

    public ReadOptions withNormalize() {
        return new ReadOptions(format, text, roles, hashBits, words, log1p, true, numbers, isLabelled, threads);
    }

    public ReadOptions withThreads(int count) {
        return new ReadOptions(format, text, roles, hashBits, words, log1p, normalize, numbers, isLabelled, count);
    }

    /** The same for the text that {@link TableFormat} makes of a table. */
    ReadOptions ofTable() {
        return with(new TextOptions(Optional.of(","), Optional.of(true), Optional.of(true), text.missing()))
                .withFormat("csv");
    }

    /** All that changes what is read, as the key of a cache. */
    String key() {
        return format + "," + text + "," + new TreeMap<>(roles) + "," + hashBits + "," + words + "," + log1p + ","
                + normalize + "," + numbers + "," + isLabelled;
    }
}
