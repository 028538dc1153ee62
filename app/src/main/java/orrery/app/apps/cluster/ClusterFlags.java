package orrery.app.apps.cluster;

import java.util.List;
import orrery.app.apps.Application;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.learn.Layout;
import orrery.learn.cluster.ClusterOptions;
import picocli.CommandLine.Option;

/** How clusters are found. */
final class ClusterFlags {
    @Option(names = "--clusters", paramLabel = "K", description = "How many (default: ${DEFAULT-VALUE}).")
    int clusters = ClusterOptions.DEFAULT.clusters();

    @Option(
            names = "--layout",
            paramLabel = "L",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Where centroids are: auto (default), dense or keyed.",
                "keyed: each process holds its own, workers read them by slices, and the model is written in parts: more"
                        + " processes hold more. They begin with examples evenly drawn. auto: keyed among processes if there"
                        + " are more than 67 million cells (256 MiB)."
            })
    String layout = "auto";

    Layout layout() {
        try {
            return Layout.parse(layout, List.of(Layout.AUTO, Layout.DENSE, Layout.KEYED));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }

    /** How they are looked for. */
    static final class Search {
        @Option(names = "--iterations", paramLabel = "N", description = "Passes at most (default: ${DEFAULT-VALUE}).")
        int iterations = ClusterOptions.DEFAULT.iterations();

        @Option(
                names = "--tolerance",
                paramLabel = "X",
                description = "End when the inertia falls by a smaller part (default: ${DEFAULT-VALUE}).")
        double tolerance = ClusterOptions.DEFAULT.tolerance();

        @Option(
                names = "--batch",
                paramLabel = "N",
                description = "Mini-batches of N examples per worker (default: all examples at once).")
        int batch = ClusterOptions.DEFAULT.batch();

        @Option(
                names = "--starts",
                paramLabel = "N",
                description = "First centroids are drawn N times, the best begin (default: ${DEFAULT-VALUE}).")
        int starts = ClusterOptions.DEFAULT.starts();
    }

    ClusterOptions options(Search search, Application.Given given) {
        if (given.has("--batch") && search.batch < 1) {
            throw new UsageException("--batch must be 1 or more, got " + search.batch);
        }
        if (given.has("--starts") && layout() == Layout.KEYED) {
            throw new UsageException(
                    "--starts is of the dense layout: centroids by key begin with examples evenly drawn");
        }
        try {
            return new ClusterOptions(clusters, search.iterations, search.tolerance, search.batch, search.starts);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
