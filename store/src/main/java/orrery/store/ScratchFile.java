package orrery.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;

/**
 * Files of this process alone, for what memory has no room for. Where files may be open and have no name, they have none from the
 * beginning on, and so are gone when the process ends, however it ends; elsewhere they go when they are closed.
 */
public final class ScratchFile {
    private ScratchFile() {}

    /**
     * Opens an empty file, to be written and read.
     *
     * @param folder is made if it is not there
     * @throws IOException that names the folder, and what to do, if nothing can be written there
     */
    public static FileChannel in(Path folder) throws IOException {
        var file = folder.resolve("orrery-" + UUID.randomUUID());
        try {
            Files.createDirectories(folder);
            return FileChannel.open(
                    file,
                    Set.of(
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.DELETE_ON_CLOSE),
                    Readers.OWNER_ONLY.ofFile(file));
        } catch (FileSystemException e) {
            throw Unwritable.at(folder.toString(), e);
        }
    }
}
