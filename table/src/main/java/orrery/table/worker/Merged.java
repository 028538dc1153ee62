package orrery.table.worker;

/** The way of updates whose rule has state, where no read waits for all: merged until the tick, then applied by the owners. */
final class Merged extends WritePath {
    Merged(Port port) {
        super(port);
    }

    @Override
    void flush() {
        var merged = merged();
        if (merged != null && isSealed(merged)) {
            if (pushes != null) {
                push(merged, pushes);
            }
            apply(merged);
        }
    }
}
