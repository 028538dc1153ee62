package orrery.app.apps.linear;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import orrery.app.apps.Application;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.engine.stage.Parallelism;
import orrery.learn.linear.DualOptions;
import orrery.learn.linear.SagOptions;
import orrery.learn.linear.Solver;
import orrery.learn.linear.SvrgOptions;
import picocli.CommandLine.Option;

/** A solver instead of a rule. */
final class SolverFlags {
    private static final List<String> OF_RULES = List.of(
            "--no-scaling",
            "--rule",
            "--l1",
            "--momentum",
            "--damping",
            "--beta",
            "--beta1",
            "--beta2",
            "--early-stop",
            "--layout",
            "--make-after",
            "--make-share",
            "--drop-unused",
            "--from-model");

    @Option(
            names = "--solver",
            paramLabel = "S",
            descriptionKey = FlagGroup.MORE,
            description = {
                "rule (default), dual: coordinate descent in the dual, svrg: full gradients and small steps in turn, or sag.",
                "dual needs no rate, and finds the optimum for --l2 (default: C = 1, which is one over the number of"
                        + " examples) in few passes; examples are taken as they are; more than two classes are learned each"
                        + " against the rest. svrg (variance-reduced gradients) is for"
                        + " smooth losses; full gradients and small steps have their own numbers of workers. sag (stochastic"
                        + " average gradient) remembers a number of each example, and needs no full gradients; for smooth"
                        + " losses, too."
            })
    String solver = "rule";

    @Option(
            names = "--solver-tolerance",
            paramLabel = "X",
            descriptionKey = FlagGroup.MORE,
            description = "Of dual: end when a pass changes the weights by a smaller part (default: 0.01).")
    double tolerance = DualOptions.defaults().tolerance();

    @Option(
            names = "--step-workers",
            paramLabel = "K",
            descriptionKey = FlagGroup.MORE,
            description = "Of svrg: workers of the small steps (default: 1); auto for as many as prove fastest.")
    String stepWorkers = "1";

    /** The solver, if one is asked for. */
    Optional<Solver> solver(OptimiserFlags optimiser, boolean hasIntercept, Application.Given given) {
        if (!solver.equals("svrg") && given.has("--step-workers")) {
            throw new UsageException("--step-workers is for --solver svrg");
        }
        if (!solver.equals("dual") && given.has("--solver-tolerance")) {
            throw new UsageException("--solver-tolerance is for --solver dual");
        }
        if (solver.equals("rule")) {
            return Optional.empty();
        }
        if (!List.of("svrg", "sag", "dual").contains(solver)) {
            throw new UsageException("--solver must be rule, dual, svrg or sag, got '" + solver + "'");
        }
        var others = new ArrayList<>(OF_RULES);
        if (solver.equals("dual")) {
            others.addAll(List.of("--rate", "--batch"));
        } else {
            others.addAll(List.of("--class-weight", "--balanced"));
        }
        for (var name : others) {
            if (given.has(name)) {
                throw new UsageException("--solver " + solver + " has no " + name);
            }
        }
        try {
            return Optional.of(
                    switch (solver) {
                        case "dual" -> dual(optimiser, hasIntercept);
                        case "sag" -> sag(optimiser, hasIntercept, given);
                        default -> svrg(optimiser, hasIntercept, given);
                    });
        } catch (IllegalArgumentException e) {
            throw new UsageException("", e);
        }
    }

    private DualOptions dual(OptimiserFlags optimiser, boolean hasIntercept) {
        var options = DualOptions.defaults().withIntercept(hasIntercept).withTolerance(tolerance);
        options = optimiser.passes == null ? options : options.withPasses(optimiser.passes);
        return optimiser.l2 == null ? options : options.withL2(optimiser.l2);
    }

    private SvrgOptions svrg(OptimiserFlags optimiser, boolean hasIntercept, Application.Given given) {
        var options = SvrgOptions.defaults()
                .withIntercept(hasIntercept)
                .withRate(given.has("--rate") ? optimiser.rate : 0)
                .with(Parallelism.OF_RUN, stepWorkers());
        options = optimiser.passes == null ? options : options.withEpochs(optimiser.passes);
        options = optimiser.l2 == null ? options : options.withL2(optimiser.l2);
        return given.has("--batch") ? options.withBatch(optimiser.batch) : options;
    }

    private SagOptions sag(OptimiserFlags optimiser, boolean hasIntercept, Application.Given given) {
        var options =
                SagOptions.defaults().withIntercept(hasIntercept).withRate(given.has("--rate") ? optimiser.rate : 0);
        options = optimiser.passes == null ? options : options.withPasses(optimiser.passes);
        options = optimiser.l2 == null ? options : options.withL2(optimiser.l2);
        return given.has("--batch") ? options.withBatch(optimiser.batch) : options;
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
}
