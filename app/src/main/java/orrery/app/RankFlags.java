package orrery.app;

import java.util.List;
import orrery.learn.rank.PageRankOptions;
import picocli.CommandLine.Option;

/** How to rank. */
final class RankFlags {
    static final String APP = "pagerank";

    @Option(
            names = "--follow",
            paramLabel = "P",
            description = "Of pagerank: the probability of following a link, the damping (default: ${DEFAULT-VALUE}).")
    double damping = PageRankOptions.DEFAULT.damping();

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            description =
                    "Of pagerank: enough when ranks change by less in sum (default: ${DEFAULT-VALUE}); of kmeans: when the"
                            + " inertia falls by a smaller part (1e-4).")
    double tolerance = PageRankOptions.DEFAULT.tolerance();

    @Option(
            names = "--iterations",
            paramLabel = "N",
            description = "Of pagerank and kmeans: at most so many (default: ${DEFAULT-VALUE}).")
    int iterations = PageRankOptions.DEFAULT.iterations();

    @Option(
            names = "--from",
            paramLabel = "NODE",
            description = "Of pagerank: walks begin at this node, not anywhere; repeatable.")
    List<String> seeds = List.of();

    @Option(
            names = "--top",
            paramLabel = "K",
            description = "Of pagerank: so many nodes are told (default: ${DEFAULT-VALUE}).")
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
