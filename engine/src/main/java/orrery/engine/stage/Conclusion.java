package orrery.engine.stage;

import java.io.IOException;
import java.util.Map;
import orrery.store.Storage;
import orrery.table.Node;

/**
 * What a job makes of its tables once all its stages are done, or it was stopped, while those who hold them are still there:
 * so the result may be larger than any of them. The tables do not come to this JVM then. If a member is lost meanwhile, the run goes back to
 * its last checkpoint, and this is done again.
 */
public interface Conclusion {
    /**
     * Writes what a node owns. Called on each node that owns anything, at the same time; nobody changes the tables.
     *
     * @param position of the node among those, from 0
     * @param count how many there are
     * @return file name to size and sum; no two nodes write files of the same name
     */
    Map<String, Storage.Written> write(Node node, int position, int count) throws IOException;

    /**
     * Does what has to be done once, after all nodes have written. Called by the coordinator, which can ask for any row
     * ({@link Node#gather}, {@link Node#rows}).
     *
     * @param files of all nodes
     */
    void conclude(Node node, Map<String, Storage.Written> files) throws IOException;
}
