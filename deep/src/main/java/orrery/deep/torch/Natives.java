package orrery.deep.torch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import orrery.data.Cache;

/**
 * Where libtorch is: a folder of jars that Maven has fetched, whose libraries are unpacked into the cache once, or of libraries, such as
 * PyTorch's own.
 */
final class Natives {
    /** The property that names the folder. */
    static final String PROPERTY = "orrery.libtorch";

    /** In the order in which they are loaded: each needs those before it. Not all come with each build. */
    private static final List<String> NAMES = List.of(
            "libgcc_s.so.1",
            "libquadmath.so.0",
            "libgfortran.so.5",
            "libopenblas.so.0",
            "libgomp.so.1",
            "libc10.so",
            "libtorch_cpu.so");

    private Natives() {}

    static Optional<Path> folder() {
        return Optional.ofNullable(System.getProperty(PROPERTY))
                .filter(name -> !name.isEmpty())
                .map(Path::of);
    }

    /** The libraries, unpacked. */
    static List<Path> libraries() {
        var folder = folder().orElseThrow(() -> new UnsatisfiedLinkError("-D" + PROPERTY + " names no folder"));
        try {
            var jars = jars(folder);
            return found(jars.isEmpty() ? folder : unpacked(jars));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> jars(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        }
    }

    private static List<Path> found(Path folder) throws IOException {
        var found = new ArrayList<Path>();
        for (var name : NAMES) {
            if (Files.exists(folder.resolve(name))) {
                found.add(folder.resolve(name).toAbsolutePath());
            }
        }
        if (found.isEmpty() || !found.getLast().endsWith(NAMES.getLast())) {
            throw new FileSystemException(folder.toString(), null, "has no " + NAMES.getLast());
        }
        return found;
    }

    /** Unpacks once, whole or not at all. Several processes may do so at the same time. */
    private static Path unpacked(List<Path> jars) throws IOException {
        String name = jars.stream()
                .map(jar -> String.valueOf(jar.getFileName()).replace(".jar", ""))
                .filter(jar -> jar.contains("pytorch"))
                .findFirst()
                .orElse("libtorch");
        var home = Cache.defaultFolder().resolve("native").resolve(name);
        if (Files.isDirectory(home)) {
            return home;
        }
        Files.createDirectories(home.getParent());
        var own = Files.createTempDirectory(home.getParent(), name);
        for (var jar : jars) {
            try (var file = new JarFile(jar.toFile())) {
                for (var entry : (Iterable<java.util.jar.JarEntry>) file.stream()::iterator) {
                    String last = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                    if (NAMES.contains(last)) {
                        try (InputStream in = file.getInputStream(entry)) {
                            Files.copy(in, own.resolve(last), StandardCopyOption.REPLACE_EXISTING);
                        }
                    }
                }
            }
        }
        try {
            Files.move(own, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(home)) {
                throw e;
            }
            for (var other : NAMES) { // another process was first
                Files.deleteIfExists(own.resolve(other));
            }
            Files.deleteIfExists(own);
        }
        return home;
    }

    /** Whether the processor has the vectors of 512 bits that OpenBLAS wants for its fastest products. */
    static boolean hasAvx512() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.toLowerCase(Locale.ROOT).startsWith("flags"))
                    .findFirst()
                    .filter(flags -> flags.contains(" avx512f")
                            && flags.contains(" avx512bw")
                            && flags.contains(" avx512vl")
                            && flags.contains(" avx512dq"))
                    .isPresent();
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }
}
