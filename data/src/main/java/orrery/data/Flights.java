package orrery.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** <b>flights</b>: 3,000,000 flights within the USA in 2001, in a Parquet file: date, delay, distance, origin, destination. */
final class Flights {
    private static final NpmPackage PACKAGE = new NpmPackage(
            "vega-datasets", "3.2.1", "6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3");
    private static final String FILE = "package/data/flights-3m.parquet";

    private Flights() {}

    static void fetch(Path place) throws IOException {
        Files.createDirectories(place.getParent());
        var part = place.resolveSibling(place.getFileName() + ".part");
        PACKAGE.visit((path, content) -> {
            if (path.equals(FILE)) {
                Files.write(part, content);
            }
        });
        if (!Files.exists(part)) {
            throw new DataException("flights: the package has no " + FILE);
        }
        Files.move(part, place, StandardCopyOption.ATOMIC_MOVE);
    }
}
