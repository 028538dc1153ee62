package orrery.deep.train;

import orrery.deep.layer.Backend;
import orrery.deep.torch.TorchBackend;

/** Which backend this JVM's nets are computed by. */
public final class Backends {
    private Backends() {}

    /** libtorch, where it was found and works; else Java. */
    public static Backend chosen() {
        return TorchBackend.find().orElse(Backend.JAVA);
    }

    /** The backend, and why it is not libtorch where that was asked for. */
    public static String described() {
        String reason = TorchBackend.reason();
        return chosen() + (reason.isEmpty() ? "" : " (libtorch does not work here: " + reason + ")");
    }
}
