package orrery.data;

import java.util.Optional;

/**
 * How documents are read, as how often each word is in each of them.
 *
 * @param format {@code docword}, {@code libsvm} or {@code lda-c}; found out if empty
 * @param vocabulary a file with a word on each line, in the order of their numbers; numbers are the words' names if empty
 * @param threads that parse
 */
public record DocumentOptions(Optional<String> format, Optional<String> vocabulary, int threads) {
    /** UCI's bag of words. */
    public static final String DOCWORD = "docword";

    /** What schemas of documents say whose words have names. */
    static final String NAMED = "documents";

    /** All is found out, and words have numbers for names. */
    public static final DocumentOptions FOUND = new DocumentOptions(
            Optional.empty(), Optional.empty(), Runtime.getRuntime().availableProcessors());

    public DocumentOptions {
        if (format.isPresent() && !format.get().matches("docword|libsvm|lda-c")) {
            throw new IllegalArgumentException(
                    "documents are of format docword, libsvm or lda-c, got '" + format.get() + "'");
        }
    }

    /** The same with names for the words. */
    public DocumentOptions named(String file) {
        return new DocumentOptions(format, Optional.of(file), threads);
    }

    String key() {
        return "documents " + format.orElse("");
    }
}
