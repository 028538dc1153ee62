package orrery.app.apps.topic;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.HoldOutFlags;
import orrery.app.flags.RunFlags;
import orrery.app.flags.UsageException;
import orrery.learn.topic.TopicMemory;
import picocli.CommandLine.Option;

/** Models, and documents, that are larger than memory. */
final class MemoryFlags {
    private static final long DEFAULT_POOL = 512L << 20;

    @Option(
            names = "--out-of-core",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Documents, the topics of their words, and what of the model is more than --model-pool, are in files.",
                "Documents are of format docword; each worker has as many at a time as fit a pool of the same size."
            })
    boolean outOfCore;

    @Option(
            names = "--model-pool",
            paramLabel = "SIZE",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Memory that each process may have for the counts of words, such as 512m (default: all; 512m with --out-of-core).",
                "Blocks of the vocabulary come from a file while others are used."
            })
    String modelPool = "";

    @Option(
            names = "--pool-folder",
            paramLabel = "DIR",
            descriptionKey = FlagGroup.MORE,
            description = "Where these files are (default: the system's folder for temporary files).")
    @Nullable
    Path poolFolder;

    Path folder() {
        return poolFolder == null ? Path.of(System.getProperty("java.io.tmpdir")) : poolFolder;
    }

    void check(HoldOutFlags holdOut) {
        memory();
        if (outOfCore && holdOut.split != null) {
            throw new UsageException("--out-of-core holds no documents out; give others by --test");
        }
    }

    TopicMemory memory() {
        long pool = modelPool.isEmpty() ? DEFAULT_POOL : RunFlags.bytes("--model-pool", modelPool);
        return new TopicMemory(modelPool.isEmpty() && !outOfCore ? 0 : pool, outOfCore ? pool : 0, folder());
    }
}
