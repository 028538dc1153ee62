package orrery.store;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** A folder of this machine. A file is written beside its place, synced, then renamed into it. */
final class LocalStorage implements Storage {
    private final Path folder;
    private final Readers readers;

    LocalStorage(Path folder, Readers readers) {
        this.folder = folder;
        this.readers = readers;
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
            Files.createDirectories(parent, readers.ofFolder(parent));
        } catch (FileAlreadyExistsException e) {
            throw new IOException("cannot make the folder " + parent + ": " + e.getFile() + " is a file", e);
        } catch (IOException e) {
            throw Unwritable.at(parent.toString(), e);
        }
        var beside = parent.resolve("." + place.getFileName() + "."
                + ProcessHandle.current().pid() + "." + Thread.currentThread().threadId() + ".tmp");
        try {
            Files.deleteIfExists(beside);
            Written written;
            try (var file = FileChannel.open(beside, Set.of(CREATE_NEW, WRITE), readers.ofFile(beside))) {
                var summed = new SummedChannel(new Explaining(file, where(name)));
                body.writeTo(summed);
                file.force(true);
                written = summed.written();
            }
            Files.move(beside, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(parent);
            return written;
        } catch (FileSystemException e) {
            throw Unwritable.at(where(name), e);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** A file whose failures say where it is. */
    private record Explaining(FileChannel file, String where) implements WritableByteChannel {
        @Override
        public int write(ByteBuffer bytes) throws IOException {
            try {
                return file.write(bytes);
            } catch (IOException e) {
                throw Unwritable.at(where, e);
            }
        }

        @Override
        public boolean isOpen() {
            return file.isOpen();
        }

        @Override
        public void close() throws IOException {
            file.close();
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
