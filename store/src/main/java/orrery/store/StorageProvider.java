package orrery.store;

import java.io.IOException;
import java.net.URI;

/**
 * Storage in other places than folders of this machine, such as HDFS. Providers are found on the class path and the module
 * path by {@link java.util.ServiceLoader}.
 */
public interface StorageProvider {
    /** Whether it is for URIs of this scheme, such as {@code hdfs}. */
    boolean knows(String scheme);

    /**
     * Storage in a folder, which is made by the first write.
     *
     * @throws IOException if there is no such place, in words
     */
    Storage open(URI folder) throws IOException;
}
