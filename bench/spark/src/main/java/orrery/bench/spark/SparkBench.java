package orrery.bench.spark;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code orrery bench spark}: a program of its own, since it needs Spark's jars. */
@Command(
        name = "orrery bench spark",
        mixinStandardHelpOptions = true,
        subcommands = {LogisticBench.class, AlsBench.class, LdaBench.class, StepsBench.class, NetsBench.class},
        description = "Measures claims about Spark: ours, Spark's own and the ratio from the same run.")
public final class SparkBench implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    public static void main(String[] args) {
        System.exit(new CommandLine(new SparkBench()).execute(args));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which claim? lr, als, lda, steps or nets");
    }
}
