package orrery.app.flags;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is measured on data that was not trained on. */
public final class HoldOutFlags {
    @Option(names = "--test", paramLabel = "FILE", description = "Test data, read as the training data is.")
    @Nullable
    public String test;

    @Option(names = "--split", paramLabel = "X", description = "Hold out this part of the data as test data, by seed.")
    @Nullable
    public Double split;

    /** Refuses what makes no sense together. */
    public void check() {
        if (test != null && split != null) {
            throw new UsageException("--test and --split are two ways to have test data; give one");
        }
        if (split != null && !(split > 0 && split < 1)) {
            throw new UsageException("--split must be above 0 and below 1, got " + split);
        }
    }
}
