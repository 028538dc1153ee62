package orrery.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Pattern;

/**
 * Where a file or a folder is: a path of this machine, or a URI such as {@code hdfs://name:8020/models/a.safetensors}.
 *
 * @param text as a person writes it
 * @param readers who may read what is written there, if it is on this machine
 */
public record Place(String text, Readers readers) {
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):/.*");

    /** A place for everybody. */
    public Place(String text) {
        this(text, Readers.AS_USUAL);
    }

    /** The same for other readers. */
    public Place readBy(Readers others) {
        return new Place(text, others);
    }

    /** A place of this machine. */
    public static Place of(Path path) {
        return new Place(path.toString());
    }

    /** The path, if it is on this machine. */
    public Optional<Path> path() {
        var matcher = SCHEME.matcher(text);
        if (!matcher.matches()) {
            return Optional.of(Path.of(text));
        }
        return matcher.group(1).equalsIgnoreCase("file")
                ? Optional.of(Path.of(text.replaceFirst("^[^:]*:/+", "/")))
                : Optional.empty();
    }

    /** The last part of it. */
    public String name() {
        var path = path();
        if (path.isPresent()) {
            return String.valueOf(path.get().getFileName());
        }
        int end = text.endsWith("/") ? text.length() - 1 : text.length();
        return text.substring(text.lastIndexOf('/', end - 1) + 1, end);
    }

    /** What is in this place, if it is a folder. */
    public Place resolve(String name) {
        var path = path();
        return path.isPresent()
                ? of(path.get().resolve(name)).readBy(readers)
                : new Place(text.endsWith("/") ? text + name : text + "/" + name, readers);
    }

    /** This place as a folder. */
    public Storage folder() throws IOException {
        var path = path();
        return path.isPresent() ? Storage.local(path.get(), readers) : provided(text);
    }

    /** The folder that it is in. */
    public Storage parent() throws IOException {
        var path = path();
        if (path.isPresent()) {
            var parent = path.get().toAbsolutePath().getParent();
            if (parent == null) {
                throw new IOException(text + " is a folder, no place for a file");
            }
            return Storage.local(parent, readers);
        }
        int slash = text.lastIndexOf('/');
        if (slash < 0 || slash + 1 == text.length()) {
            throw new IOException(text + " is a folder, no place for a file");
        }
        return provided(text.substring(0, slash + 1));
    }

    private static Storage provided(String folder) throws IOException {
        var scheme = folder.substring(0, folder.indexOf(':')).toLowerCase(Locale.ROOT);
        for (var provider : ServiceLoader.load(StorageProvider.class, Place.class.getClassLoader())) {
            if (provider.knows(scheme)) {
                return provider.open(folder);
            }
        }
        throw new IOException(folder + ": nothing here reads places of the scheme " + scheme
                + ": orrery-hadoop.jar is not on the class path");
    }

    /** Whether there is a file. */
    public boolean isFile() throws IOException {
        var path = path();
        return path.isPresent() ? Files.isRegularFile(path.get()) : parent().holds(name());
    }

    /** Opens the file for reading from its begin to its end. */
    public InputStream open() throws IOException {
        var path = path();
        return path.isPresent() ? Files.newInputStream(path.get()) : Channels.newInputStream(parent().read(name()));
    }

    @Override
    public String toString() {
        return text;
    }
}
