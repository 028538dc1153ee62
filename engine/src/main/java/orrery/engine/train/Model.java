package orrery.engine.train;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Map;
import orrery.store.Place;

/** What was learned. Immutable. */
public interface Model extends Serializable {
    /** Where it comes from. */
    Map<String, String> provenance();

    /** The same model, said to come from {@code provenance}. */
    Model from(Map<String, String> provenance);

    /** Saves it to a safetensors file. */
    void save(Place file) throws IOException;

    /** Saves it to a safetensors file of this machine. */
    default void save(Path file) throws IOException {
        save(Place.of(file));
    }
}
