package orrery.app.apps;

import java.util.List;
import orrery.data.Nearest;
import orrery.learn.factor.FactorOptions;
import picocli.CommandLine.Option;

/** How factors are learned. */
final class FactorFlags {
    @Option(names = "--rank", paramLabel = "K", description = "Factors of a user or item (default: ${DEFAULT-VALUE}).")
    int rank = FactorOptions.DEFAULT.rank();

    /** The optimiser's. */
    static final class Descent {
        @Option(
                names = "--passes",
                paramLabel = "N",
                description = "How often each rating is used (default: ${DEFAULT-VALUE}).")
        int passes = FactorOptions.DEFAULT.passes();

        @Option(names = "--rate", paramLabel = "X", description = "Learning rate (default: ${DEFAULT-VALUE}).")
        float rate = FactorOptions.DEFAULT.rate();

        @Option(
                names = "--decay",
                paramLabel = "X",
                description = "The rate is multiplied by it after each pass (default: ${DEFAULT-VALUE}).")
        float decay = FactorOptions.DEFAULT.decay();

        @Option(
                names = "--l2",
                paramLabel = "X",
                description = "L2 penalty of factors and biases, per rating (default: ${DEFAULT-VALUE}).")
        float l2 = FactorOptions.DEFAULT.l2();

        @Option(
                names = "--method",
                paramLabel = "M",
                description = {
                    "sgd, or adarevision (default: ${DEFAULT-VALUE}).",
                    "Under adarevision the gradients of items go to the shard, summed up by clock."
                })
        String method = "sgd";
    }

    FactorOptions options(Descent descent) {
        var how = switch (descent.method) {
            case "sgd" -> FactorOptions.Method.SGD;
            case "adarevision" -> FactorOptions.Method.ADA_REVISION;
            default ->
                throw new UsageException("unknown method '" + descent.method + "'"
                        + Nearest.hint(descent.method, List.of("sgd", "adarevision")));
        };
        try {
            return new FactorOptions(rank, descent.passes, descent.rate, descent.decay, descent.l2, how);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
