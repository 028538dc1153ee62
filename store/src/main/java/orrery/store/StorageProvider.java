package orrery.store;

import java.io.IOException;

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
     * @param folder a URI, but nothing in it is escaped
     * @throws IOException if there is no such place, in words
     */
    Storage open(String folder) throws IOException;
}
