package orrery.app;

import org.jspecify.annotations.Nullable;
import orrery.data.Nearest;
import orrery.learn.factor.FactorOptions;
import picocli.CommandLine.Option;

/** How to factorise. */
final class FactorFlags {
    static final String APP = "mf";

    @Option(names = "--rank", paramLabel = "K", description = "Of mf: factors of a user or item (default: 64).")
    @Nullable
    Integer rank;

    @Option(
            names = "--decay",
            paramLabel = "X",
            description = "Of mf: the rate falls to this part after a pass (default: 0.95).")
    @Nullable
    Float decay;

    @Option(
            names = "--method",
            paramLabel = "M",
            description = "Of mf: sgd, or adarevision (items' gradients go to the shard, summed up by clock).")
    @Nullable
    String method;

    /** With the flags that it shares with the linear applications. */
    FactorOptions options(LearnFlags shared, boolean isPassesGiven) {
        var otherwise = FactorOptions.DEFAULT;
        var how = switch (method == null ? "sgd" : method) {
            case "sgd" -> FactorOptions.Method.SGD;
            case "adarevision" -> FactorOptions.Method.ADA_REVISION;
            default ->
                throw new UsageException("unknown method '" + method + "'"
                        + Nearest.hint(String.valueOf(method), java.util.List.of("sgd", "adarevision")));
        };
        try {
            return new FactorOptions(
                    rank == null ? otherwise.rank() : rank,
                    isPassesGiven ? shared.passes : otherwise.passes(),
                    shared.rate == null ? otherwise.rate() : shared.rate,
                    decay == null ? otherwise.decay() : decay,
                    shared.l2 == null ? otherwise.l2() : shared.l2,
                    how);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
