package orrery.app;

import org.jspecify.annotations.Nullable;
import orrery.learn.cluster.ClusterOptions;
import picocli.CommandLine.Option;

/** How to cluster. */
final class ClusterFlags {
    static final String APP = "kmeans";

    @Option(names = "--clusters", paramLabel = "K", description = "Of kmeans: how many (default: 10).")
    @Nullable
    Integer clusters;

    @Option(
            names = "--starts",
            paramLabel = "N",
            description = "Of kmeans: draw first centroids so often, and begin with the best (default: 4).")
    @Nullable
    Integer starts;

    /** With the flags that it shares with others: a batch makes it mini-batches. */
    ClusterOptions options(LearnFlags learning, boolean isBatchGiven, RankFlags ranking, boolean isToleranceGiven) {
        var otherwise = ClusterOptions.DEFAULT;
        try {
            return new ClusterOptions(
                    clusters == null ? otherwise.clusters() : clusters,
                    ranking.iterations,
                    isToleranceGiven ? ranking.tolerance : otherwise.tolerance(),
                    isBatchGiven ? learning.batch : otherwise.batch(),
                    starts == null ? otherwise.starts() : starts);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
