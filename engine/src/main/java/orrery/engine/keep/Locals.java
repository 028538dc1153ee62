package orrery.engine.keep;

import java.io.IOException;
import java.util.Map;
import orrery.store.Safetensors;
import orrery.table.worker.Session;

/** Where workers get the state from that is theirs alone. */
@FunctionalInterface
public interface Locals {
    /** Nowhere: it is all zero. */
    Locals NONE = session -> {};

    void restore(Session session) throws IOException;

    static Locals of(Checkpoint checkpoint) {
        return checkpoint::restoreLocal;
    }

    /** From bytes, by worker. */
    static Locals of(Map<Integer, byte[]> saved) {
        var copy = Map.copyOf(saved);
        return session -> {
            var bytes = copy.get(session.worker());
            if (bytes != null && bytes.length > 0) {
                try (var file = Safetensors.of(bytes, "the state of worker " + session.worker())) {
                    session.restoreLocal(file);
                }
            }
        };
    }

    /** The state of a worker as bytes; none if it has no state. Only while the worker is not at work. */
    static byte[] bytes(Session session) {
        var tensors = session.localTensors();
        return tensors.isEmpty() ? new byte[0] : Safetensors.bytes(Map.of(), tensors);
    }
}
