package orrery.app.flags;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is kept of a run, and what is printed. */
public final class KeepFlags {
    public static final String HEADING = "run";

    @Option(names = "--run", paramLabel = "FOLDER", description = "Keep the run here (default: a new folder in runs/).")
    public String folder = "";

    @Option(names = "--resume", paramLabel = "RUN", description = "Go on with a run from its newest checkpoint.")
    public String resume = "";

    @Option(names = "--model", paramLabel = "FILE", description = "Save the model here, too.")
    @Nullable
    public String model;

    @Option(names = "--json", description = "Print the result as one JSON object.")
    public boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress.")
    public boolean quiet;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            descriptionKey = FlagGroup.MORE,
            description = "A checkpoint after every N passes (default: ${DEFAULT-VALUE}); 0 for none.")
    public int checkpointEvery = 1;

    @Option(
            names = "--checkpoints",
            paramLabel = "FOLDER",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Keep the checkpoints in FOLDER (default: in the run's folder).",
                "The run's name is added. FOLDER may be elsewhere, such as hdfs://host:port/folder."
            })
    public String checkpoints = "";

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
    public int metricsPort = -1;
}
