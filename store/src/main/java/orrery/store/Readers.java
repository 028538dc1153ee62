package orrery.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Who may read what is written on this machine. */
public enum Readers {
    /** Whoever the system lets read new files. */
    AS_USUAL,
    /** The user alone: folders have mode 0700, files 0600. For what is made of data that others cannot read. */
    OWNER_ONLY;

    private static final FileAttribute<?>[] NONE = {};

    /** Who may read what is made of a file's content: its owner alone, if others cannot read the file. */
    public static Readers of(Path file) throws IOException {
        if (!hasPermissions(file) || !Files.exists(file)) {
            return AS_USUAL;
        }
        boolean isOpen = Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
        return isOpen ? AS_USUAL : OWNER_ONLY;
    }

    /** Who may read what is made of this and of something else. */
    public Readers and(Readers other) {
        return this == OWNER_ONLY ? this : other;
    }

    /** What a new folder is made with. */
    public FileAttribute<?>[] ofFolder(Path place) {
        return attributes(place, "rwx------");
    }

    /** What a new file is made with. */
    public FileAttribute<?>[] ofFile(Path place) {
        return attributes(place, "rw-------");
    }

    private FileAttribute<?>[] attributes(Path place, String permissions) {
        Set<PosixFilePermission> set = PosixFilePermissions.fromString(permissions);
        return this == AS_USUAL || !hasPermissions(place)
                ? NONE
                : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(set)};
    }

    private static boolean hasPermissions(Path place) {
        return place.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
