package orrery.data;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPOutputStream;

/** <b>movielens-small</b>: ratings of films, from a package of R as lines {@code user TAB film TAB rating}. */
final class MovieLens {
    private static final DebianPackage PACKAGE = new DebianPackage("r-cran-dslabs");
    private static final String FOLDER = "usr/lib/R/site-library/dslabs/data";
    private static final int RATINGS = 100_004;

    private MovieLens() {}

    static void fetch(Path place) throws IOException {
        PACKAGE.visit(root -> write(RData.read(root.resolve(FOLDER), "movielens"), place));
    }

    private static void write(RData.Value frame, Path place) throws IOException {
        double[] users = frame.get("userId").numbers();
        double[] films = frame.get("movieId").numbers();
        double[] ratings = frame.get("rating").numbers();
        if (users.length != RATINGS || films.length != RATINGS || ratings.length != RATINGS) {
            throw new DataException(
                    "movielens-small: the package holds " + ratings.length + " ratings, expected " + RATINGS);
        }
        Files.createDirectories(place.toAbsolutePath().getParent());
        var beside = place.resolveSibling(place.getFileName() + ".tmp");
        try (var out = new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(beside)))) {
            out.write("user\tfilm\trating\n".getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < ratings.length; i++) {
                String line = (int) users[i] + "\t" + (int) films[i] + "\t" + (float) ratings[i] + "\n";
                out.write(line.getBytes(StandardCharsets.US_ASCII));
            }
        }
        Files.move(beside, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
