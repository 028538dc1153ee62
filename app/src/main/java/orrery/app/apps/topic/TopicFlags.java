package orrery.app.apps.topic;

import org.jspecify.annotations.Nullable;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.learn.topic.TopicOptions;
import orrery.learn.topic.TopicSampler;
import orrery.table.cells.CountRows;
import picocli.CommandLine.Option;

/** How topics are found. */
final class TopicFlags {
    @Option(names = "--topics", paramLabel = "K", description = "How many (default: ${DEFAULT-VALUE}).")
    int topics = TopicOptions.DEFAULT.topics();

    @Option(
            names = "--alpha",
            paramLabel = "X",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Prior count of each topic in a document (default: found).",
                "Found: begun with 5 / K, 0.1 at most, and after each pass made likelier for topics that more documents have."
            })
    @Nullable
    Double alpha;

    @Option(
            names = "--beta",
            paramLabel = "X",
            descriptionKey = FlagGroup.MORE,
            description = "Prior count of each word in a topic (default: ${DEFAULT-VALUE}).")
    double beta = TopicOptions.DEFAULT.beta();

    @Option(
            names = "--sampler",
            paramLabel = "S",
            descriptionKey = FlagGroup.MORE,
            description = {
                "How topics are drawn: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
                "exact and rotation: from all topics, by what the word or the document has; up to 65,536.",
                "light and warp: by proposals, accepted or not; up to 1,048,576 topics, at the same time a word."
            })
    TopicSampler sampler = TopicOptions.DEFAULT.sampler();

    @Option(
            names = "--count-rows",
            paramLabel = "F",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Forms of rows of counts, to compare: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
                "mixed: lists or hashed while few of their topics have a count, dense from a quarter on."
            })
    CountRows.Structure structure = TopicOptions.DEFAULT.structure();

    /** How long they are looked for. */
    static final class Search {
        @Option(
                names = "--iterations",
                paramLabel = "N",
                description = "Passes over all words (default: ${DEFAULT-VALUE}).")
        int iterations = TopicOptions.DEFAULT.iterations();
    }

    TopicOptions options(Search search) {
        if (alpha != null && !(alpha > 0)) {
            throw new UsageException("--alpha must be above 0, got " + alpha);
        }
        try {
            return new TopicOptions(topics, search.iterations, alpha == null ? 0 : alpha, beta, sampler, structure);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
