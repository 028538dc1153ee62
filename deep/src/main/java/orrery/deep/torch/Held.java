package orrery.deep.torch;

import java.lang.foreign.MemorySegment;

/** A result of libtorch's that stays until the next takes its place. Its memory is given back with the last at the latest when a pass closes. */
final class Held {
    private MemorySegment handle = MemorySegment.NULL;

    MemorySegment put(MemorySegment next) {
        Caller.delete(handle);
        handle = next;
        return next;
    }

    MemorySegment get() {
        return handle;
    }
}
