package orrery.data;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How documents are read, as how often each word is in each of them.
 *
 * @param format docword, libsvm, lda-c, csv, tsv or text; found out if empty
 * @param vocabulary a file with a word on each line, in the order of their numbers; numbers are the words' names if empty
 * @param texts columns of texts, by name or number, of which a line's make a document
 * @param bigrams whether two words that follow each other are a word, too; of texts only
 * @param stopWords {@code none}, {@code english}, or a file with a word on each line: words that are left out
 * @param leastDocuments words that are in fewer documents are left out; of texts {@link #LEAST_OF_TEXTS} if empty, of others 1
 * @param mostDocuments words that are in a larger part of all documents are left out; of texts {@link #MOST_OF_TEXTS} if empty, of
 *     others 1
 * @param written how a delimited text is written
 * @param threads that parse
 */
public record DocumentOptions(
        Optional<String> format,
        Optional<String> vocabulary,
        List<String> texts,
        boolean bigrams,
        Optional<String> stopWords,
        OptionalInt leastDocuments,
        OptionalDouble mostDocuments,
        TextOptions written,
        int threads) {
    /** UCI's bag of words. */
    public static final String DOCWORD = "docword";

    /** What schemas of documents say whose words have names. */
    static final String NAMED = "documents";

    static final String NO_STOP_WORDS = "none";
    static final String ENGLISH = "english";

    /** Words of texts are in so many documents or more, if there are a hundred times as many. */
    public static final int LEAST_OF_TEXTS = 5;

    /** Words of texts are in no larger part of all documents. */
    public static final double MOST_OF_TEXTS = 0.5;

    /** All is found out, and words have numbers for names. */
    public static final DocumentOptions FOUND = new DocumentOptions(
            Optional.empty(),
            Optional.empty(),
            List.of(),
            false,
            Optional.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            TextOptions.FOUND,
            Runtime.getRuntime().availableProcessors());

    public DocumentOptions {
        texts = List.copyOf(texts);
        if (format.isPresent() && !format.get().matches("docword|libsvm|lda-c|csv|tsv|text")) {
            throw new IllegalArgumentException(
                    "documents are of format docword, libsvm, lda-c, csv, tsv or text, got '" + format.get() + "'");
        }
        if (leastDocuments.isPresent() && leastDocuments.getAsInt() < 1) {
            throw new IllegalArgumentException(
                    "words that are kept are in 1 document or more, got " + leastDocuments.getAsInt());
        }
        double most = mostDocuments.orElse(1);
        if (!(most > 0 && most <= 1)) {
            throw new IllegalArgumentException(
                    "the largest part of documents that a word may be in is above 0 and at most 1, got " + most);
        }
        if (format.isPresent() && isOfCounts(format.get()) && (bigrams || !texts.isEmpty())) {
            throw new IllegalArgumentException("bigrams and columns are of texts, and " + format.get() + " has counts");
        }
    }

    private static boolean isOfCounts(String format) {
        return format.matches("docword|libsvm|lda-c");
    }

    /** Whether texts are asked for. */
    boolean saysTexts() {
        return bigrams || !texts.isEmpty() || (format.isPresent() && !isOfCounts(format.get()));
    }

    /** The same with names for the words. */
    public DocumentOptions named(String file) {
        return new DocumentOptions(
                format, Optional.of(file), texts, bigrams, stopWords, leastDocuments, mostDocuments, written, threads);
    }

    /** The same of texts in columns. */
    public DocumentOptions ofColumns(String... columns) {
        return new DocumentOptions(
                format,
                vocabulary,
                List.of(columns),
                bigrams,
                stopWords,
                leastDocuments,
                mostDocuments,
                written,
                threads);
    }

    /** What the cache knows the documents by, before words are left out. */
    String key() {
        return "documents " + format.orElse("") + " " + texts + " " + bigrams + " " + written + " "
                + stopWords.orElse("");
    }
}
