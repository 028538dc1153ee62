package orrery.app;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is measured on data that was not trained on. */
final class HoldOutFlags {
    @Option(names = "--test", paramLabel = "FILE", description = "Test data, read as the training data is.")
    @Nullable
    String test;

    @Option(names = "--split", paramLabel = "X", description = "Hold out this part of TRAIN as test data, by seed.")
    @Nullable
    Double split;

    @Option(
            names = "--validation",
            paramLabel = "FILE",
            description = "Measured after every pass; a tenth of TRAIN if --early-stop needs it.")
    @Nullable
    String validation;

    @Option(
            names = "--stream",
            description =
                    "TRAIN is not held in memory: libsvm files, all that are in a folder, are read again at each pass; one"
                            + " of columns is packed to a file of the system's temporary folder first.")
    boolean stream;

    /** Refuses what makes no sense together. */
    void check() {
        if (test != null && split != null) {
            throw new UsageException("--test and --split are two ways to have test data; give one");
        }
        if (stream && (split != null || validation != null)) {
            throw new UsageException(
                    "--stream holds nothing out of what it reads once a pass; give other data by --test");
        }
        if (split != null && !(split > 0 && split < 1)) {
            throw new UsageException("--split must be above 0 and below 1, got " + split);
        }
    }
}
