package orrery.app.apps.rank;

import java.util.List;
import orrery.app.flags.UsageException;
import orrery.learn.rank.PageRankOptions;
import picocli.CommandLine.Option;

/** How nodes are ranked. */
final class RankFlags {
    @Option(
            names = "--follow",
            paramLabel = "P",
            description = "The probability of following a link, the damping (default: ${DEFAULT-VALUE}).")
    double damping = PageRankOptions.DEFAULT.damping();

    @Option(names = "--from", paramLabel = "NODE", description = "Walks begin at this node, not anywhere; repeatable.")
    List<String> seeds = List.of();

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            description = "End when ranks change by less in sum (default: ${DEFAULT-VALUE}).")
    double tolerance = PageRankOptions.DEFAULT.tolerance();

    @Option(names = "--iterations", paramLabel = "N", description = "At most N (default: ${DEFAULT-VALUE}).")
    int iterations = PageRankOptions.DEFAULT.iterations();

    @Option(names = "--top", paramLabel = "K", description = "Print the top K nodes (default: ${DEFAULT-VALUE}).")
    int top = 10;

    PageRankOptions options() {
        if (top < 1) {
            throw new UsageException("--top must be 1 or more, got " + top);
        }
        try {
            return new PageRankOptions(damping, tolerance, iterations, seeds);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
