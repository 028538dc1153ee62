package orrery.hadoop;

import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import orrery.store.Storage;
import orrery.store.StorageProvider;

/**
 * Storage wherever Hadoop has a file system for: {@code hdfs} here, {@code s3a} and others by jars that the user has. Its
 * configuration is that of the class path ({@code core-site.xml}), and what Spark's {@code spark.hadoop.*} has been given.
 */
public final class HadoopStorageProvider implements StorageProvider {
    @Override
    public boolean knows(String scheme) {
        return true; // what Hadoop does not know, it says in open
    }

    @Override
    public Storage open(String folder) throws IOException {
        try {
            var path = new Path(folder);
            return new HadoopStorage(FileSystem.get(path.toUri(), Configurations.current()), path);
        } catch (UnsupportedFileSystemException e) {
            throw new IOException(
                    folder + ": Hadoop has no file system for " + folder.substring(0, folder.indexOf(':'))
                            + " here; add its jar to the class path (hadoop-aws for s3a)",
                    e);
        } catch (IllegalArgumentException e) { // such as an unknown host
            throw new IOException(folder + ": " + e.getMessage(), e);
        }
    }
}
