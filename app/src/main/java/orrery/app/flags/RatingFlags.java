package orrery.app.flags;

import orrery.data.Data;
import orrery.data.ListOptions;
import picocli.CommandLine.Mixin;

/** How to read ratings. */
public final class RatingFlags {
    @Mixin
    RatingColumns columns = new RatingColumns();

    @Mixin
    TextFlags text = new TextFlags();

    @Mixin
    CacheFlags caching = new CacheFlags();

    /** How ratings are read, each of which must be there. */
    public ListOptions options() {
        return columns.options(text.options());
    }

    public Data data() {
        return caching.data();
    }
}
