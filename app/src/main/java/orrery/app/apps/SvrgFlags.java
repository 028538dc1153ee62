package orrery.app.apps;

import java.util.List;
import java.util.Optional;
import orrery.engine.Parallelism;
import orrery.learn.linear.SvrgOptions;
import picocli.CommandLine.Option;

/** Variance-reduced gradients instead of a rule. */
final class SvrgFlags {
    private static final List<String> NOT_OF_SVRG = List.of(
            "--no-scaling",
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

    @Option(
            names = "--solver",
            paramLabel = "S",
            descriptionKey = FlagGroup.MORE,
            description = {
                "rule (default), or svrg: full gradients and small steps in turn.",
                "svrg (variance-reduced gradients) is for smooth losses. Full gradients and small steps have their own"
                        + " numbers of workers."
            })
    String solver = "rule";

    @Option(
            names = "--step-workers",
            paramLabel = "K",
            descriptionKey = FlagGroup.MORE,
            description = "Of svrg: workers of the small steps (default: 1); auto for as many as prove fastest.")
    String stepWorkers = "1";

    /** The options, if they are asked for. */
    Optional<SvrgOptions> options(OptimiserFlags optimiser, boolean hasIntercept, Application.Given given) {
        if (solver.equals("rule")) {
            if (given.has("--step-workers")) {
                throw new UsageException("--step-workers is for --solver svrg");
            }
            return Optional.empty();
        }
        if (!solver.equals("svrg")) {
            throw new UsageException("--solver must be rule or svrg, got '" + solver + "'");
        }
        for (var name : NOT_OF_SVRG) {
            if (given.has(name)) {
                throw new UsageException("--solver svrg has no " + name);
            }
        }
        try {
            var options = SvrgOptions.defaults()
                    .withIntercept(hasIntercept)
                    .withRate(given.has("--rate") ? optimiser.rate : 0)
                    .with(Parallelism.OF_RUN, stepWorkers());
            options = optimiser.passes == null ? options : options.withEpochs(optimiser.passes);
            options = optimiser.l2 == null ? options : options.withL2(optimiser.l2);
            return Optional.of(given.has("--batch") ? options.withBatch(optimiser.batch) : options);
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
}
