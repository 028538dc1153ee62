package orrery.app.apps.topic;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import orrery.app.flags.CacheFlags;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.TextFlags;
import orrery.app.flags.UsageException;
import orrery.data.Data;
import orrery.data.DocumentOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How documents are read. */
final class DocumentFlags {
    @Option(
            names = "--vocabulary",
            paramLabel = "FILE",
            description = "A word on each line, in the order of their numbers (default: numbers are their names).")
    @Nullable
    String vocabulary;

    @Option(
            names = "--text",
            paramLabel = "COLUMNS",
            split = ",",
            description = {
                "Columns of texts of a CSV or TSV file: each line is a document.",
                "Columns are names, or numbers from 1. Of a folder of text files each file is a document."
            })
    List<String> texts = List.of();

    @Option(
            names = "--format",
            paramLabel = "F",
            description = {
                "docword (UCI), libsvm, lda-c, csv, tsv or text (default: found).",
                "docword: three lines with the numbers of documents, words and lines, then lines of document, word, count."
            })
    @Nullable
    String format;

    @Option(
            names = "--least-documents",
            paramLabel = "N",
            description = {
                "Leave out words that are in fewer documents (default: 5 of texts).",
                "Of counts, and of fewer than 500 texts, the default is 1."
            })
    @Nullable
    Integer least;

    @Option(
            names = "--most-documents",
            paramLabel = "X",
            description = "Leave out words in a larger part of all documents (default: 0.5 of texts, else 1).")
    @Nullable
    Double most;

    @Option(
            names = "--stop-words",
            paramLabel = "WORDS",
            descriptionKey = FlagGroup.MORE,
            description = "english, none, or a file of words to leave out (default: english of texts, else none).")
    @Nullable
    String stopWords;

    @Option(
            names = "--bigrams",
            descriptionKey = FlagGroup.MORE,
            description = "Two words of a text that follow each other are a word, too.")
    boolean bigrams;

    @Mixin
    TextFlags written = new TextFlags();

    @Mixin
    CacheFlags caching = new CacheFlags();

    DocumentOptions options() {
        try {
            return new DocumentOptions(
                    Optional.ofNullable(format),
                    Optional.ofNullable(vocabulary),
                    texts,
                    bigrams,
                    Optional.ofNullable(stopWords),
                    least == null ? OptionalInt.empty() : OptionalInt.of(least),
                    most == null ? OptionalDouble.empty() : OptionalDouble.of(most),
                    written.options(),
                    Runtime.getRuntime().availableProcessors());
        } catch (IllegalArgumentException e) {
            throw new UsageException("", e);
        }
    }

    Data data() {
        return caching.data();
    }
}
