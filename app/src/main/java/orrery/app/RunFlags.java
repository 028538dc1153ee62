package orrery.app;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import orrery.engine.Run;
import orrery.table.Consistency;
import picocli.CommandLine.Option;

/** How to run: workers, consistency, seed. */
final class RunFlags {
    @Option(
            names = {"-w", "--workers"},
            paramLabel = "K",
            description = "Worker threads (default: the processors, ${DEFAULT-VALUE}).")
    int workers = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--consistency",
            paramLabel = "C",
            description = "bsp, ssp:STALENESS or asp (default: bsp, which gives the same bits on every run).")
    @Nullable
    String consistency;

    @Option(names = "--staleness", paramLabel = "S", description = "Short for --consistency ssp:S.")
    @Nullable
    Integer staleness;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "All that is random follows from it (default: ${DEFAULT-VALUE}).")
    long seed = 1;

    @Option(
            names = "--wait-limit",
            paramLabel = "SECONDS",
            description =
                    "How long a worker waits for others before the job ends and says for whom (default: ${DEFAULT-VALUE}).")
    double waitLimit = 300;

    /** The run that is asked for. */
    Run run() {
        if (!(waitLimit > 0) || waitLimit > 1e9) {
            throw new UsageException("--wait-limit must be above 0 seconds, got " + waitLimit);
        }
        try {
            return Run.local(workers).with(consistency()).withSeed(seed).withWaitLimit(Duration.ofNanos((long)
                    (waitLimit * 1e9)));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }

    private Consistency consistency() {
        if (staleness != null && consistency != null && !consistency.equals("ssp:" + staleness)) {
            throw new UsageException("--staleness " + staleness + " means --consistency ssp:" + staleness
                    + ", but --consistency " + consistency + " was given, too");
        }
        try {
            return staleness != null
                    ? new Consistency.Ssp(staleness)
                    : Consistency.parse(consistency == null ? "bsp" : consistency);
        } catch (IllegalArgumentException e) {
            throw new UsageException(staleness == null ? "--" : "--staleness: ", e);
        }
    }
}
