package orrery.app.cluster;

import java.io.IOException;
import java.util.List;
import orrery.app.Orrery;
import orrery.engine.launch.Members;

/** Clusters whose machines a run's members can be started on, such as Spark's; found by {@link java.util.ServiceLoader}. */
public interface Cluster {
    /** Whether a place, as it is given to {@code --on}, is one of its. */
    boolean knows(String place);

    /**
     * Makes ready to start members there.
     *
     * @param wanted what is wanted
     * @throws IOException if the cluster cannot be reached, in words
     */
    Rented rent(String place, Wanted wanted) throws IOException;

    /**
     * What is wanted of a cluster.
     *
     * @param members how many
     * @param workersEach how many workers each member has: as many cores
     * @param terms how members speak to each other, but for the address, which is the cluster's
     * @param arguments what {@link Orrery#member} does its part by
     */
    record Wanted(int members, int workersEach, Members.Terms terms, List<String> arguments) {}

    /** Members on a cluster, until it is closed. */
    interface Rented extends Members, AutoCloseable {
        @Override
        void close();
    }
}
