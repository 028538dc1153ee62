package orrery.app.apps.linear;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import orrery.app.apps.Application;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.data.Nearest;
import orrery.learn.linear.LinearOptions;
import orrery.table.spec.UpdateRule;
import picocli.CommandLine.Option;

/** How a linear model is learned. A parameter that the chosen rule does not have is an error, not ignored. */
final class OptimiserFlags {
    private static final List<String> RULES = List.of("sgd", "momentum", "adagrad", "adarevision", "adam", "ftrl");

    @Option(
            names = "--passes",
            paramLabel = "N",
            description = {
                "How often each example is used (default: 5 to 100, by their number).",
                "The default is 100,000 divided by the number of examples, at least 5 and at most 100."
            })
    @Nullable
    Integer passes;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Examples per worker and clock (default: ${DEFAULT-VALUE}).")
    int batch = 64;

    @Option(
            names = "--rule",
            paramLabel = "R",
            description = "sgd, momentum, adagrad, adarevision, adam or ftrl (default: ${DEFAULT-VALUE}).")
    String rule = "adagrad";

    @Option(
            names = "--rate",
            paramLabel = "X",
            description = {
                "Learning rate, a multiple of what suits the data (default: 1).",
                "Features are brought to one scale, and steps divided by the mean size of an example, so that the"
                        + " same rate suits differently scaled data. It falls to 0 in the course of the training."
            })
    float rate = 1;

    @Option(
            names = "--no-scaling",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Learn from the features as they are, at --rate itself.",
                "The rate does not fall then, and must be given."
            })
    boolean noScaling;

    @Option(
            names = "--l1",
            paramLabel = "X",
            descriptionKey = FlagGroup.MORE,
            description = "L1 penalty; of sgd, adagrad, ftrl.")
    @Nullable
    Float l1;

    @Option(names = "--l2", paramLabel = "X", description = "L2 penalty; not of adarevision.")
    @Nullable
    Float l2;

    @Option(
            names = "--early-stop",
            paramLabel = "N",
            description = {
                "End when validation data has not got better for N passes.",
                "The best weights are taken. Validation data is --validation, or a tenth of the training data."
            })
    int patience;

    @Option(
            names = "--momentum",
            paramLabel = "X",
            descriptionKey = FlagGroup.MORE,
            description = "Of the rule momentum (default: 0.9).")
    @Nullable
    Float momentum;

    @Option(
            names = "--damping",
            paramLabel = "X",
            descriptionKey = FlagGroup.MORE,
            description = "Of adagrad (default: 1e-12) and adam (1e-8).")
    @Nullable
    Float damping;

    @Option(names = "--beta", paramLabel = "X", descriptionKey = FlagGroup.MORE, description = "Of ftrl (default: 1).")
    @Nullable
    Float beta;

    @Option(
            names = "--beta1",
            paramLabel = "X",
            descriptionKey = FlagGroup.MORE,
            description = "Of adam (default: 0.9).")
    @Nullable
    Float beta1;

    @Option(
            names = "--beta2",
            paramLabel = "X",
            descriptionKey = FlagGroup.MORE,
            description = "Of adam (default: 0.999).")
    @Nullable
    Float beta2;

    int passes() {
        if (passes != null && passes < 1) {
            throw new UsageException("--passes must be 1 or more, got " + passes);
        }
        return passes == null ? LinearOptions.BY_SIZE : passes;
    }

    LinearOptions.Scaling scaling(Application.Given given) {
        if (noScaling && !given.has("--rate")) {
            throw new UsageException(
                    "--no-scaling needs --rate, such as 0.3 of adagrad: without scaling no rate suits all data");
        }
        return noScaling ? LinearOptions.Scaling.NONE : LinearOptions.Scaling.FOUND;
    }

    UpdateRule rule() {
        var given = given();
        return switch (rule) {
            case "sgd" -> {
                allow(given, "l1", "l2");
                yield new UpdateRule.Sgd(rate, or(l1, 0), or(l2, 0));
            }
            case "momentum" -> {
                allow(given, "momentum", "l2");
                yield new UpdateRule.Momentum(rate, or(momentum, 0.9f), or(l2, 0));
            }
            case "adagrad" -> {
                allow(given, "damping", "l1", "l2");
                yield new UpdateRule.AdaGrad(rate, or(damping, 1e-12f), or(l1, 0), or(l2, 0));
            }
            case "adarevision" -> {
                allow(given);
                yield new UpdateRule.AdaRevision(rate);
            }
            case "adam" -> {
                allow(given, "beta1", "beta2", "damping", "l2");
                yield new UpdateRule.Adam(rate, or(beta1, 0.9f), or(beta2, 0.999f), or(damping, 1e-8f), or(l2, 0));
            }
            case "ftrl" -> {
                allow(given, "beta", "l1", "l2");
                yield new UpdateRule.Ftrl(rate, or(beta, 1), or(l1, 0), or(l2, 0));
            }
            default -> throw new UsageException("unknown rule '" + rule + "'" + Nearest.hint(rule, RULES));
        };
    }

    private Set<String> given() {
        var given = new LinkedHashSet<String>();
        note(given, "l1", l1);
        note(given, "l2", l2);
        note(given, "momentum", momentum);
        note(given, "damping", damping);
        note(given, "beta", beta);
        note(given, "beta1", beta1);
        note(given, "beta2", beta2);
        return given;
    }

    private static void note(Set<String> given, String name, @Nullable Float value) {
        if (value != null) {
            given.add(name);
        }
    }

    private void allow(Set<String> given, String... known) {
        for (var name : given) {
            if (!List.of(known).contains(name)) {
                throw new UsageException("the rule " + rule + " has no --" + name
                        + (known.length == 0 ? "" : ", only --" + String.join(", --", known)));
            }
        }
    }

    private static float or(@Nullable Float value, float otherwise) {
        return value == null ? otherwise : value;
    }
}
