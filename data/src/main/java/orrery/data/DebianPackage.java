package orrery.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** A package of Debian, fetched and checked by the user's {@code apt-get}, and unpacked without being installed. */
record DebianPackage(String name) {

    /** Looks at what was unpacked. */
    @FunctionalInterface
    interface Visitor {
        void visit(Path root) throws IOException;
    }

    void visit(Visitor visitor) throws IOException {
        var folder = Files.createTempDirectory("orrery-apt");
        try {
            run(folder, "apt-get", "download", name);
            Path archive;
            try (var files = Files.list(folder)) {
                archive = files.filter(file -> file.toString().endsWith(".deb"))
                        .findFirst()
                        .orElseThrow(() -> new DataException("apt-get has fetched no package " + name));
            }
            var root = folder.resolve("root");
            run(folder, "dpkg-deb", "-x", archive.toString(), root.toString());
            visitor.visit(root);
        } finally {
            try (var all = Files.walk(folder)) {
                for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private void run(Path folder, String... command) throws IOException {
        Tool.run(
                folder,
                "Debian's package " + name,
                "on other systems read a file of your own",
                "; perhaps apt-get update helps",
                command);
    }
}
