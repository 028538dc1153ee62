package orrery.learn;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** What was learned. Immutable. */
public interface Model {
    /** Where it comes from. */
    Map<String, String> provenance();

    /** The same model, said to come from {@code provenance}. */
    Model from(Map<String, String> provenance);

    /** Saves it to a safetensors file. */
    void save(Path file) throws IOException;
}
