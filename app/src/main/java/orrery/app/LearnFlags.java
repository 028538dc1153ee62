package orrery.app;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import orrery.data.Nearest;
import orrery.engine.Parallelism;
import orrery.learn.linear.LeastSquares;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LinearSvm;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.SoftmaxRegression;
import orrery.learn.linear.SvrgOptions;
import orrery.table.UpdateRule;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What to learn: hyper-parameters. A parameter that the chosen rule does not have is an error, not ignored. */
final class LearnFlags {
    static final List<String> APPS = List.of("lr", "svm", "softmax", "least-squares");
    private static final List<String> NOT_OF_SVRG = List.of(
            "--rule",
            "--l1",
            "--momentum",
            "--damping",
            "--beta",
            "--beta1",
            "--beta2",
            "--class-weight",
            "--balanced",
            "--early-stop");
    private static final List<String> RULES = List.of("sgd", "momentum", "adagrad", "adarevision", "adam", "ftrl");

    @Option(
            names = "--passes",
            paramLabel = "N",
            description = "How often each example is used (default: ${DEFAULT-VALUE}).")
    int passes = 5;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Examples per worker and clock (default: ${DEFAULT-VALUE}; of kmeans all).")
    int batch = 64;

    @Option(
            names = "--rule",
            paramLabel = "R",
            description = "sgd, momentum, adagrad, adarevision, adam or ftrl (default: ${DEFAULT-VALUE}).")
    String rule = "adagrad";

    @Option(names = "--rate", paramLabel = "X", description = "Learning rate (default: 0.3; adam 0.01; ftrl: alpha).")
    @Nullable
    Float rate;

    @Option(names = "--l1", paramLabel = "X", description = "L1 penalty, of sgd, adagrad, ftrl.")
    @Nullable
    Float l1;

    @Option(names = "--l2", paramLabel = "X", description = "L2 penalty, of sgd, momentum, adagrad, adam, ftrl.")
    @Nullable
    Float l2;

    @Option(names = "--momentum", paramLabel = "X", description = "Of momentum (default: 0.9).")
    @Nullable
    Float momentum;

    @Option(names = "--damping", paramLabel = "X", description = "Of adagrad (default: 1e-12) and adam (1e-8).")
    @Nullable
    Float damping;

    @Option(names = "--beta", paramLabel = "X", description = "Of ftrl (default: 1).")
    @Nullable
    Float beta;

    @Option(names = "--beta1", paramLabel = "X", description = "Of adam (default: 0.9).")
    @Nullable
    Float beta1;

    @Option(names = "--beta2", paramLabel = "X", description = "Of adam (default: 0.999).")
    @Nullable
    Float beta2;

    @Option(names = "--no-intercept", description = "Every margin goes through the origin.")
    boolean noIntercept;

    @Option(names = "--class-weight", paramLabel = "CLASS=X", description = "Weight of a class's examples; repeatable.")
    Map<String, Float> classWeights = new LinkedHashMap<>();

    @Option(names = "--balanced", description = "Classes weigh in inverse proportion to their frequency.")
    boolean balanced;

    @Option(names = "--squared-hinge", description = "Of svm: the hinge loss, squared.")
    boolean squaredHinge;

    @Option(
            names = "--solver",
            paramLabel = "S",
            description = "Of lr, svm --squared-hinge and least-squares: rule (default), or svrg: variance-reduced"
                    + " gradients, each pass a full gradient and small steps, by different numbers of workers.")
    String solver = "rule";

    @Option(
            names = "--step-workers",
            paramLabel = "K",
            description = "Of svrg: workers of the small steps (default: 1); auto for as many as prove fastest.")
    String stepWorkers = "1";

    @Option(
            names = "--early-stop",
            paramLabel = "N",
            description =
                    "End when the loss on the validation data has not fallen for N passes, and take the best weights.")
    int patience;

    LinearLearner learner(String app) {
        if (squaredHinge && !app.equals("svm")) {
            throw new UsageException("--squared-hinge is for svm, not for " + app);
        }
        LinearOptions options;
        try {
            options = new LinearOptions(passes, batch, rule(), !noIntercept, classWeights, balanced, patience);
        } catch (IllegalArgumentException e) {
            throw new UsageException("", e);
        }
        return switch (app) {
            case "lr" -> new LogisticRegression(options);
            case "svm" -> new LinearSvm(options, squaredHinge);
            case "softmax" -> new SoftmaxRegression(options);
            case "least-squares" -> new LeastSquares(options);
            default -> throw new IllegalStateException(app);
        };
    }

    /** Variance-reduced gradients, if they are asked for. */
    Optional<SvrgOptions> svrg(String app, CommandLine given) {
        var parsed = given.getParseResult();
        if (solver.equals("rule")) {
            if (parsed.hasMatchedOption("--step-workers")) {
                throw new UsageException("--step-workers is for --solver svrg");
            }
            return Optional.empty();
        }
        if (!solver.equals("svrg")) {
            throw new UsageException("--solver must be rule or svrg, got '" + solver + "'");
        }
        if (app.equals("svm") && !squaredHinge) {
            throw new UsageException("--solver svrg: the hinge loss is not smooth; its square is: --squared-hinge");
        }
        if (app.equals("softmax")) {
            throw new UsageException("--solver svrg is for lr, svm --squared-hinge and least-squares, not for softmax");
        }
        for (var name : NOT_OF_SVRG) {
            if (parsed.hasMatchedOption(name)) {
                throw new UsageException("--solver svrg has no " + name);
            }
        }
        try {
            var options = SvrgOptions.defaults()
                    .withEpochs(passes)
                    .withIntercept(!noIntercept)
                    .withRate(or(rate, 0))
                    .with(Parallelism.OF_RUN, stepWorkers());
            options = l2 == null ? options : options.withL2(l2);
            return Optional.of(parsed.hasMatchedOption("--batch") ? options.withBatch(batch) : options);
        } catch (IllegalArgumentException e) {
            throw new UsageException("", e);
        }
    }

    private Parallelism stepWorkers() {
        if (stepWorkers.equals("auto")) {
            return Parallelism.found(Runtime.getRuntime().availableProcessors());
        }
        if (!stepWorkers.matches("[0-9]{1,4}")) {
            throw new UsageException("--step-workers must be a number or auto, got '" + stepWorkers + "'");
        }
        return Parallelism.onOneMember(Integer.parseInt(stepWorkers));
    }

    private UpdateRule rule() {
        var given = given();
        return switch (rule) {
            case "sgd" -> {
                allow(given, "l1", "l2");
                yield new UpdateRule.Sgd(or(rate, 0.3f), or(l1, 0), or(l2, 0));
            }
            case "momentum" -> {
                allow(given, "momentum", "l2");
                yield new UpdateRule.Momentum(or(rate, 0.3f), or(momentum, 0.9f), or(l2, 0));
            }
            case "adagrad" -> {
                allow(given, "damping", "l1", "l2");
                yield new UpdateRule.AdaGrad(or(rate, 0.3f), or(damping, 1e-12f), or(l1, 0), or(l2, 0));
            }
            case "adarevision" -> {
                allow(given);
                yield new UpdateRule.AdaRevision(or(rate, 0.3f));
            }
            case "adam" -> {
                allow(given, "beta1", "beta2", "damping", "l2");
                yield new UpdateRule.Adam(
                        or(rate, 0.01f), or(beta1, 0.9f), or(beta2, 0.999f), or(damping, 1e-8f), or(l2, 0));
            }
            case "ftrl" -> {
                allow(given, "beta", "l1", "l2");
                yield new UpdateRule.Ftrl(or(rate, 0.3f), or(beta, 1), or(l1, 0), or(l2, 0));
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
