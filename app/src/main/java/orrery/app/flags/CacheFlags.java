package orrery.app.flags;

import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.Data;
import picocli.CommandLine.Option;

/** Whether what was parsed is kept. */
public final class CacheFlags {
    @Option(
            names = "--cache",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            descriptionKey = FlagGroup.MORE,
            description = "Keep what was parsed for the next run (default: on; --no-cache).")
    boolean cache = true;

    /** What reads data. */
    public Data data() {
        var folder = Cache.defaultFolder();
        return new Data(cache ? Cache.in(folder) : Cache.none(), new Catalogue(folder));
    }
}
