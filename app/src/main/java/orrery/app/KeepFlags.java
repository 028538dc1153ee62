package orrery.app;

import org.jspecify.annotations.Nullable;
import orrery.app.apps.FlagGroup;
import picocli.CommandLine.Option;

/** What is kept of a run, and what is printed. */
final class KeepFlags {
    static final String HEADING = "run";

    @Option(names = "--run", paramLabel = "FOLDER", description = "Keep the run here (default: a new folder in runs/).")
    String folder = "";

    @Option(names = "--resume", paramLabel = "RUN", description = "Go on with a run from its newest checkpoint.")
    String resume = "";

    @Option(names = "--model", paramLabel = "FILE", description = "Save the model here, too.")
    @Nullable
    String model;

    @Option(names = "--json", description = "Print the result as one JSON object.")
    boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress.")
    boolean quiet;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            descriptionKey = FlagGroup.MORE,
            description = "A checkpoint after every N passes (default: ${DEFAULT-VALUE}); 0 for none.")
    int checkpointEvery = 1;

    @Option(
            names = "--checkpoints",
            paramLabel = "FOLDER",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Keep the checkpoints in FOLDER (default: in the run's folder).",
                "The run's name is added. FOLDER may be elsewhere, such as hdfs://host:port/folder."
            })
    String checkpoints = "";

    @Option(
            names = "--config",
            paramLabel = "FILE",
            descriptionKey = FlagGroup.MORE,
            description = "Read options from a file: lines name = value.")
    @Nullable
    String config;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            descriptionKey = FlagGroup.MORE,
            description = "Serve counters as Prometheus text on this machine's port PORT; 0 for any.")
    int metricsPort = -1;
}
