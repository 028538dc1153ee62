package orrery.store;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;

/** A folder of this machine. A file is written beside its place, synced, then renamed into it. */
final class LocalStorage implements Storage {
    private final Path folder;

    LocalStorage(Path folder) {
        this.folder = folder;
    }

    @Override
    public SeekableByteChannel read(String name) throws IOException {
        return FileChannel.open(at(name), READ);
    }

    @Override
    public Written write(String name, Body body) throws IOException {
        var place = at(name);
        var parent = place.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IOException(where(name) + " is no place for a file");
        }
        try {
            Files.createDirectories(parent);
        } catch (FileAlreadyExistsException e) {
            throw new IOException("cannot make the folder " + parent + ": " + e.getFile() + " is a file", e);
        }
        var beside = parent.resolve("." + place.getFileName() + "."
                + ProcessHandle.current().pid() + "." + Thread.currentThread().threadId() + ".tmp");
        Files.deleteIfExists(beside);
        try {
            Written written;
            try (var file = FileChannel.open(beside, CREATE_NEW, WRITE)) {
                var summed = new SummedChannel(file);
                body.writeTo(summed);
                file.force(true);
                written = summed.written();
            }
            Files.move(beside, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(parent);
            return written;
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** Makes the rename durable; folders cannot be opened everywhere, and where not, there is nothing to sync. */
    private static void sync(Path parent) throws IOException {
        if (parent.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (var channel = FileChannel.open(parent, READ)) {
                channel.force(true);
            }
        }
    }

    @Override
    public boolean holds(String name) {
        return Files.isRegularFile(at(name));
    }

    @Override
    public List<String> list(String name) throws IOException {
        try (var entries = Files.list(at(name))) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(entry -> !entry.startsWith("."))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    @Override
    public void delete(String name) throws IOException {
        var place = at(name);
        if (!Files.exists(place)) {
            return;
        }
        try (var below = Files.walk(place)) {
            for (var path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    @Override
    public String where(String name) {
        return at(name).toString();
    }

    private Path at(String name) {
        var place = folder.resolve(name).normalize();
        if (!place.startsWith(folder.normalize())) {
            throw new IllegalArgumentException("'" + name + "' leads out of " + folder);
        }
        return place;
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
