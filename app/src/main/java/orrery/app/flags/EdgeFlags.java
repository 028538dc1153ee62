package orrery.app.flags;

import orrery.data.Data;
import orrery.data.ListOptions;
import picocli.CommandLine.Mixin;

/** How to read edges. */
public final class EdgeFlags {
    @Mixin
    EdgeColumns columns = new EdgeColumns();

    @Mixin
    TextFlags text = new TextFlags();

    @Mixin
    CacheFlags caching = new CacheFlags();

    /** How edges are read. */
    public ListOptions options() {
        return columns.options(text.options());
    }

    public Data data() {
        return caching.data();
    }
}
