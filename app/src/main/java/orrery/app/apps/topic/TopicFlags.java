package orrery.app.apps.topic;

import org.jspecify.annotations.Nullable;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.learn.topic.TopicOptions;
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
            return new TopicOptions(topics, search.iterations, alpha == null ? 0 : alpha, beta);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
