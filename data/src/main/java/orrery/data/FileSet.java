package orrery.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import orrery.store.Place;
import orrery.store.Printable;

/**
 * The files of one data set: a file, the part files of a folder in the order of their names, or standard input. Of a
 * folder, files whose names begin with a dot or an underscore are left out, as Spark's and Hadoop's {@code _SUCCESS}.
 *
 * @param name as it was given
 * @param files none for standard input
 * @param isFolder whether they are a folder's
 */
record FileSet(String name, List<Place> files, boolean isFolder) {
    /** The name of standard input. */
    static final String STANDARD_INPUT = "-";

    FileSet {
        files = List.copyOf(files);
    }

    /**
     * The files of a name.
     *
     * @param hint what may have been meant if there is no such file
     */
    static FileSet of(String name, Supplier<String> hint) throws IOException {
        if (name.equals(STANDARD_INPUT)) {
            return new FileSet(name, List.of(), false);
        }
        var place = new Place(name);
        if (place.path().isPresent() ? isFile(place) : place.isFile()) {
            return new FileSet(name, List.of(place), false);
        }
        boolean isFolder =
                place.path().isEmpty() || Files.isDirectory(place.path().get());
        var names = isFolder ? place.folder().list("") : List.<String>of();
        var parts = new ArrayList<Place>();
        for (var part : names) {
            if (!part.startsWith(".") && !part.startsWith("_")) {
                var file = place.resolve(part);
                if (file.path().isPresent() && Files.isDirectory(file.path().get())) {
                    throw new DataException(name + ": the folder holds folders, such as '" + Printable.of(part)
                            + "'; give one that holds the files of one data set");
                }
                parts.add(file);
            }
        }
        if (parts.isEmpty()) {
            if (isFolder && place.path().isPresent()) {
                throw new DataException(name + ": the folder holds no file");
            }
            throw new FileNotFoundException(
                    name + ": no such file" + (place.path().isPresent() ? hint.get() : "")); // sets have no address
        }
        parts.sort(java.util.Comparator.comparing(Place::name));
        return new FileSet(name, parts, true);
    }

    /** Whether a path of this machine can be read as a file, be it a pipe or a device. */
    private static boolean isFile(Place place) {
        var path = place.path().orElseThrow();
        return Files.exists(path) && !Files.isDirectory(path);
    }

    /** A set of one file. */
    static FileSet of(Place file) {
        return new FileSet(file.toString(), List.of(file), false);
    }

    boolean isStandardInput() {
        return files.isEmpty();
    }

    /** Texts of the set, one after the other. */
    int size() {
        return isStandardInput() ? 1 : files.size();
    }

    Text open(int part) throws IOException {
        return isStandardInput() ? Text.of(System.in, "standard input") : Text.open(files.get(part));
    }

    /** What a part is called in messages. */
    String nameOf(int part) {
        if (isStandardInput()) {
            return "standard input";
        }
        var file = files.get(part);
        return Printable.of(isFolder ? new Place(name).name() + "/" + file.name() : file.name());
    }

    /** The last part of the name of what is read, in small letters. */
    String shortName() {
        return (isStandardInput() ? "" : files.getFirst().name()).toLowerCase(Locale.ROOT);
    }

    /** Whether the content can be read again, and is the same as long as nobody writes to it: no pipe and no device. */
    boolean isKept() {
        for (var file : files) {
            var path = file.path();
            if (path.isEmpty()) {
                return false;
            }
            var absolute = path.get().toAbsolutePath().normalize();
            if (!Files.isRegularFile(path.get()) || absolute.startsWith("/dev") || absolute.startsWith("/proc")) {
                return false;
            }
        }
        return !files.isEmpty();
    }

    /** By file, its size and a sum of its bytes; none if they are not {@linkplain #isKept kept}. */
    Map<String, String> sums() throws IOException {
        var sums = new LinkedHashMap<String, String>();
        int known = isKept() ? files.size() : 0;
        for (int part = 0; part < known; part++) {
            var file = files.get(part);
            var sum = file.parent().sum(file.name());
            sums.put(nameOf(part), String.format(Locale.ROOT, "crc32c:%08x of %,d bytes", sum.crc32c(), sum.bytes()));
        }
        return sums;
    }

    /**
     * A sum of all bytes of all files, and their names: other content has another, as good as certain. Two sums of 32 bits,
     * by different polynomials, take a tenth of the time of a digest that nobody can forge; nobody is kept out here.
     */
    String sum() throws IOException {
        var one = new CRC32();
        var other = new CRC32C();
        var bytes = new byte[1 << 18];
        long all = 0;
        for (var file : files) {
            add(one, other, (file.name() + "\0").getBytes(StandardCharsets.UTF_8));
            long length = 0;
            try (InputStream in = file.open()) {
                for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                    one.update(bytes, 0, n);
                    other.update(bytes, 0, n);
                    length += n;
                }
            }
            add(one, other, ("\0" + length + "\0").getBytes(StandardCharsets.UTF_8));
            all += length;
        }
        return String.format(
                Locale.ROOT, "crc32:%08x, crc32c:%08x of %,d bytes", one.getValue(), other.getValue(), all);
    }

    private static void add(CRC32 one, CRC32C other, byte[] bytes) {
        one.update(bytes);
        other.update(bytes);
    }
}
