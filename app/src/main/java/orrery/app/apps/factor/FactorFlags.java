package orrery.app.apps.factor;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.data.Nearest;
import orrery.learn.Layout;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.FactorOptions.Method;
import picocli.CommandLine.Option;

/** How factors are learned. */
final class FactorFlags {
    @Option(names = "--rank", paramLabel = "K", description = "Factors of a user or item (default: ${DEFAULT-VALUE}).")
    int rank = FactorOptions.DEFAULT.rank();

    @Option(
            names = "--layout",
            paramLabel = "L",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Where factors are: auto (default), dense or keyed.",
                "keyed: each process holds its own rows, and the model is written in parts: more processes hold more. auto:"
                        + " keyed among processes if there are more than 67 million cells (256 MiB)."
            })
    String layout = "auto";

    Layout layout() {
        try {
            return Layout.parse(layout, List.of(Layout.AUTO, Layout.DENSE, Layout.KEYED));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }

    /** The optimiser's; what is left open is what the method does best with. */
    static final class Descent {
        @Option(
                names = "--passes",
                paramLabel = "N",
                description = "How often each rating is used (default: 8; of sgd and adarevision 25).")
        @Nullable
        Integer passes;

        @Option(
                names = "--rate",
                paramLabel = "X",
                description = "Learning rate (default: 0.12; of sgd and adarevision 0.03).")
        @Nullable
        Float rate;

        @Option(
                names = "--decay",
                paramLabel = "X",
                description = "The rate is multiplied by it after each pass (default: 0.75; of sgd 0.95).")
        @Nullable
        Float decay;

        @Option(
                names = "--l2",
                paramLabel = "X",
                description =
                        "L2 penalty of factors and biases, per rating (default: 0.04; of sgd and adarevision 0.1).")
        @Nullable
        Float l2;

        @Option(
                names = "--method",
                paramLabel = "M",
                description = {
                    "row-adagrad, sgd or adarevision (default: ${DEFAULT-VALUE}).",
                    "row-adagrad: a rate per user and item, which falls with what it has learned; ratings count in standard"
                            + " deviations. sgd: one rate. adarevision: the gradients of items go to the shard, summed up by"
                            + " clock."
                })
        String method = "row-adagrad";
    }

    private static final Map<String, Method> METHODS = new TreeMap<>(
            Map.of("row-adagrad", Method.ROW_ADAGRAD, "sgd", Method.SGD, "adarevision", Method.ADA_REVISION));

    FactorOptions options(Descent descent) {
        var method = METHODS.get(descent.method);
        if (method == null) {
            throw new UsageException(
                    "unknown method '" + descent.method + "'" + Nearest.hint(descent.method, METHODS.keySet()));
        }
        var usual = FactorOptions.of(method);
        try {
            return new FactorOptions(
                    rank,
                    descent.passes == null ? usual.passes() : descent.passes,
                    descent.rate == null ? usual.rate() : descent.rate,
                    descent.decay == null ? usual.decay() : descent.decay,
                    descent.l2 == null ? usual.l2() : descent.l2,
                    method);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }
}
