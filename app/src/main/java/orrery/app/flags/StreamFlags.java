package orrery.app.flags;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Data that is measured after each pass, and data that is not held in memory. */
public final class StreamFlags {
    @Option(
            names = "--validation",
            paramLabel = "FILE",
            descriptionKey = FlagGroup.MORE,
            description = "Measured after every pass; a tenth of the data if --early-stop needs it.")
    @Nullable
    public String validation;

    @Option(
            names = "--stream",
            descriptionKey = FlagGroup.MORE,
            description = {
                "The data is not held in memory, but read again at each pass.",
                "libsvm files, all that are in a folder, are read again; columns are packed to a file of the system's"
                        + " temporary folder first."
            })
    public boolean stream;

    public void check(HoldOutFlags holdOut) {
        if (stream && (holdOut.split != null || validation != null)) {
            throw new UsageException(
                    "--stream holds nothing out of what it reads once a pass; give other data by --test");
        }
    }
}
