package orrery.app.apps.topic;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import orrery.app.flags.CacheFlags;
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
            names = "--format",
            paramLabel = "F",
            description = {
                "docword (UCI), libsvm or lda-c (default: found).",
                "docword: three lines with the numbers of documents, words and lines, then lines of document, word, count."
            })
    @Nullable
    String format;

    @Mixin
    CacheFlags caching = new CacheFlags();

    DocumentOptions options() {
        try {
            return new DocumentOptions(
                    Optional.ofNullable(format),
                    Optional.ofNullable(vocabulary),
                    Runtime.getRuntime().availableProcessors());
        } catch (IllegalArgumentException e) {
            throw new UsageException("--format: ", e);
        }
    }

    Data data() {
        return caching.data();
    }
}
