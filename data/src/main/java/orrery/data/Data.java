package orrery.data;

import java.io.Closeable;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.store.Place;

/** Reads data by the name of a file or of a set of the {@link Catalogue}. */
public final class Data {
    private static final int START = 4; // bytes by which formats are known
    private static final byte[] PARQUET = {'P', 'A', 'R', '1'};

    private final Cache cache;
    private final Catalogue catalogue;

    public Data(Cache cache, Catalogue catalogue) {
        this.cache = cache;
        this.catalogue = catalogue;
    }

    /** With the user's cache. */
    public static Data withDefaults() {
        return new Data(Cache.in(Cache.defaultFolder()), new Catalogue(Cache.defaultFolder()));
    }

    /** Reads training data; the schema is found out. */
    public Loaded read(String nameOrFile, ReadOptions options) throws IOException {
        if (!Files.exists(Path.of(nameOrFile)) && catalogue.knows(nameOrFile)) {
            var entry = catalogue.entry(nameOrFile);
            if (nameOrFile.equals(Catalogue.JDK_GRAPH)) {
                throw new DataException(nameOrFile + " is a graph, for pagerank; it has no examples");
            }
            return switch (entry.kind()) {
                case BUILT_IN -> {
                    var key = Cache.key(nameOrFile, nameOrFile, JdkVerbs.source());
                    var found = cache.find(key);
                    yield found != null ? found : kept(key, JdkVerbs.read(options.threads()));
                }
                case DOWNLOAD -> read(Place.of(catalogue.file(nameOrFile)), entry.options(options));
            };
        }
        return read(fileOf(nameOrFile), options);
    }

    /** Whether data are of columns, as CSV files are and tables of other formats; if not, they are libsvm. */
    public boolean isOfColumns(String nameOrFile, ReadOptions options) throws IOException {
        if (!Files.exists(Path.of(nameOrFile)) && catalogue.knows(nameOrFile)) {
            var entry = catalogue.entry(nameOrFile);
            return entry.kind() == Catalogue.Kind.DOWNLOAD
                    && isOfColumns(Place.of(catalogue.file(nameOrFile)), entry.options(options));
        }
        var place = new Place(nameOrFile);
        return place.isFile() && isOfColumns(place, options);
    }

    private static boolean isOfColumns(Place file, ReadOptions options) throws IOException {
        if (options.format().isPresent()) {
            return !options.format().get().equals("libsvm");
        }
        try (var opened = open(file)) {
            return opened.isTable() || isCsv(file.name());
        }
    }

    /**
     * Reads training data of columns as {@link #read} does, but to a folder's disk: nothing of them is held in memory but
     * the words and classes that there are. Their order is random. At its height this takes twice the disk that is kept.
     *
     * @param batch examples that are used together
     */
    public Spilled spill(String nameOrFile, ReadOptions options, int batch, Path folder, long seed) throws IOException {
        boolean isSet = !Files.exists(Path.of(nameOrFile)) && catalogue.knows(nameOrFile);
        var file = isSet ? Place.of(catalogue.file(nameOrFile)) : fileOf(nameOrFile);
        var asked = isSet ? catalogue.entry(nameOrFile).options(options) : options;
        try (var opened = open(file);
                var parsed = new Spill.Writer(folder)) {
            var csv = new Csv(file.name(), opened.isTable() ? asked.ofTable() : asked);
            var fitted = csv.fit(opened.in(), new Parts.OnDisk(parsed));
            if (parsed.examples() == 0) {
                throw new DataException(file.name() + ": there are no examples in it");
            }
            return Spilled.of(parsed, fitted, batch, folder, seed);
        } catch (EOFException | ZipException e) {
            throw new DataException(file + ": the compressed file is damaged or cut short: " + e.getMessage(), e);
        }
    }

    /** Reads a graph: a file of edges, or a set of the catalogue that is one. */
    public Graph graph(String nameOrFile) throws IOException {
        if (!Files.exists(Path.of(nameOrFile)) && catalogue.knows(nameOrFile)) {
            if (nameOrFile.equals(Catalogue.JDK_GRAPH)) {
                return JdkGraph.read();
            }
            throw new DataException("the set '" + nameOrFile + "' is no graph; " + Catalogue.JDK_GRAPH + " is one");
        }
        return read(nameOrFile, EdgeList::read);
    }

    /** Reads ratings: a file of lines user, item, rating. */
    public Ratings ratings(String nameOrFile) throws IOException {
        return read(nameOrFile, RatingList::read);
    }

    /** What reads a text of a name. */
    @FunctionalInterface
    private interface Reader<T> {
        T read(InputStream in, String name) throws IOException;
    }

    private <T> T read(String nameOrFile, Reader<T> reader) throws IOException {
        boolean isSet = !Files.exists(Path.of(nameOrFile)) && catalogue.knows(nameOrFile);
        if (isSet && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN) {
            throw new DataException(nameOrFile + " has no ratings and no edges in a file");
        }
        var file = isSet ? Place.of(catalogue.file(nameOrFile)) : fileOf(nameOrFile);
        try (var opened = open(file)) {
            if (opened.isTable()) {
                throw new DataException(
                        file + ": ratings and edges are read from text files; write it as one, or fit a data"
                                + " frame of it on Spark (docs/spark.md)");
            }
            return reader.read(opened.in(), file.name());
        } catch (EOFException | ZipException e) {
            throw new DataException(file + ": the compressed file is damaged or cut short: " + e.getMessage(), e);
        }
    }

    private Loaded read(Place file, ReadOptions options) throws IOException {
        return cached(file, options.key(), () -> parse(file, options, null, true));
    }

    /** What gives parsed data. */
    @FunctionalInterface
    private interface Parsing {
        Loaded parse() throws IOException;
    }

    /** Parses a file, unless that was done before; whether a file elsewhere is still the same is not known. */
    private Loaded cached(Place file, String how, Parsing parsing) throws IOException {
        if (file.path().isEmpty()) {
            return parsing.parse();
        }
        var key = Cache.key(file.path().get(), how);
        var found = cache.find(key);
        return found != null ? found : kept(key, parsing.parse());
    }

    /** Reads data as the training data was read, by its schema. */
    public Loaded readLike(String nameOrFile, Schema schema, ReadOptions options, boolean needsLabels)
            throws IOException {
        if (!Files.exists(Path.of(nameOrFile)) && catalogue.knows(nameOrFile)) {
            var entry = catalogue.entry(nameOrFile);
            return switch (entry.kind()) {
                case BUILT_IN -> {
                    var loaded = read(nameOrFile, options);
                    if (!schema.format().equals(nameOrFile)) {
                        throw new DataException(
                                nameOrFile + ": the model was trained on data of another kind: " + schema.format());
                    }
                    yield loaded;
                }
                case DOWNLOAD -> parse(Place.of(catalogue.file(nameOrFile)), options, schema, needsLabels);
            };
        }
        var file = fileOf(nameOrFile);
        var words = Cache.joinWords(schema.words());
        return cached(
                file,
                "like " + schema.toMap() + Arrays.hashCode(words) + ", labels " + needsLabels + ", " + options.format(),
                () -> parse(file, options, schema, needsLabels));
    }

    private Loaded kept(Cache.Key key, Loaded loaded) throws IOException {
        cache.keep(key, loaded);
        return loaded;
    }

    private Place fileOf(String nameOrFile) throws IOException {
        var place = new Place(nameOrFile);
        if (place.path().isEmpty()) {
            if (!place.isFile()) {
                throw new FileNotFoundException(nameOrFile + ": no such file");
            }
            return place;
        }
        var file = place.path().get();
        if (!Files.exists(file)) {
            throw new FileNotFoundException(nameOrFile + ": no such file, and no set of that name"
                    + Nearest.hint(nameOrFile, catalogue.names()));
        }
        if (Files.isDirectory(file)) {
            throw new DataException(nameOrFile + ": is a folder; give a file");
        }
        return place;
    }

    /** Parses a file, past the cache. */
    public static Loaded parse(Path file, ReadOptions options, @Nullable Schema schema, boolean needsLabels)
            throws IOException {
        return parse(Place.of(file), options, schema, needsLabels);
    }

    private static Loaded parse(Place file, ReadOptions options, @Nullable Schema schema, boolean needsLabels)
            throws IOException {
        try (var opened = open(file)) {
            if (!opened.isTable()) {
                return parse(opened, file, options, schema, needsLabels);
            }
            if (schema != null && schema.format().equals("csv") && !schema.hasHeader()) {
                throw new DataException(file + ": has names of columns, the model was trained on data that had none");
            }
            return parse(opened, file, options.ofTable(), schema == null ? null : schema.ofTable(), needsLabels);
        } catch (EOFException | ZipException e) {
            throw new DataException(file + ": the compressed file is damaged or cut short: " + e.getMessage(), e);
        }
    }

    private static Loaded parse(
            Opened opened, Place file, ReadOptions options, @Nullable Schema schema, boolean needsLabels)
            throws IOException {
        String name = file.name();
        boolean isCsv = options.format().map(f -> !f.equals("libsvm")).orElse(isCsv(name));
        if (schema != null && isCsv != schema.format().equals("csv")) {
            throw new DataException(file + ": the model was trained on " + schema.format()
                    + " data, this file is read as " + (isCsv ? "csv" : "libsvm") + "; say --format if it is not");
        }
        var loaded = isCsv
                ? csv(opened.in(), name, options, schema, needsLabels)
                : libsvm(opened.in(), name, options, schema, needsLabels);
        if (loaded.examples().size() == 0) {
            throw new DataException(name + ": there are no examples in it");
        }
        return loaded;
    }

    private static boolean isCsv(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.matches(".*\\.(csv|tsv|tab)(\\.gz)?");
    }

    /** A text that is read; whether it is made of a table that is none. */
    private record Opened(InputStream in, boolean isTable) implements Closeable {
        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    private static Opened open(Place file) throws IOException {
        InputStream opened;
        try {
            opened = file.open();
        } catch (NoSuchFileException e) {
            throw new FileNotFoundException(file + ": no such file");
        }
        try {
            return open(file, new PushbackInputStream(opened, START));
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static Opened open(Place file, PushbackInputStream in) throws IOException {
        byte[] start = in.readNBytes(START);
        for (var format : ServiceLoader.load(TableFormat.class, Data.class.getClassLoader())) {
            if (format.knows(start)) {
                in.close();
                return new Opened(format.csv(file), true);
            }
        }
        if (Arrays.equals(start, PARQUET)) {
            throw new DataException(file + " is a Parquet file, and orrery-hadoop.jar, which reads such, is not on the"
                    + " class path; ./orrery adds it where a file's name ends with .parquet");
        }
        in.unread(start);
        boolean isGzip = start.length >= 2 && (start[0] & 0xff) == 0x1f && (start[1] & 0xff) == 0x8b;
        return new Opened(withoutByteOrderMark(isGzip ? new GZIPInputStream(in, 1 << 16) : in), false);
    }

    private static InputStream withoutByteOrderMark(InputStream stream) throws IOException {
        var in = new PushbackInputStream(stream, 3);
        byte[] start = in.readNBytes(3);
        if (!Arrays.equals(start, new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf})) {
            in.unread(start);
        }
        return in;
    }

    private static Loaded csv(
            InputStream in, String name, ReadOptions options, @Nullable Schema schema, boolean needsLabels)
            throws IOException {
        var csv = new Csv(name, options);
        var result = schema == null ? csv.fit(in) : csv.apply(in, schema, needsLabels);
        return new Loaded(result.examples(), result.schema());
    }

    private static Loaded libsvm(
            InputStream in, String name, ReadOptions options, @Nullable Schema schema, boolean needsLabels)
            throws IOException {
        var parts = new ArrayList<Part>();
        var largest = new int[1];
        Chunks.parse(
                in,
                name,
                options.threads(),
                Chunks::lastLine,
                (scan, isFirst) -> Libsvm.parse(scan, needsLabels),
                parsed -> {
                    parts.add(parsed.part());
                    largest[0] = Math.max(largest[0], parsed.features());
                });
        int features = largest[0];
        var meaning = schema == null ? Schema.libsvm(options, features) : schema;
        if (features > meaning.features()) {
            parts.replaceAll(part -> without(part, meaning.features()));
        }
        for (var part : parts) {
            transform(part, meaning);
        }
        return new Loaded(Examples.of(parts, meaning.features()), meaning);
    }

    /** The part without the features that the model does not know. */
    private static Part without(Part part, int features) {
        var known = new PartBuilder();
        for (int i = 0; i < part.size(); i++) {
            for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                if (part.indices()[k] < features) {
                    known.feature(part.indices()[k], part.values()[k]);
                }
            }
            known.example(part.labels()[i]);
        }
        return known.build();
    }

    private static void transform(Part part, Schema schema) {
        var values = part.values();
        if (schema.log1p()) {
            for (int k = 0; k < part.nonZeros(); k++) {
                values[k] = (float) (Math.signum(values[k]) * Math.log1p(Math.abs(values[k])));
            }
        }
        if (schema.normalize()) {
            for (int i = 0; i < part.size(); i++) {
                double squares = 0;
                for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                    squares += (double) values[k] * values[k];
                }
                float scale = squares == 0 ? 1 : (float) (1 / Math.sqrt(squares));
                for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                    values[k] *= scale;
                }
            }
        }
    }

    /** The names of the sets that can be read without a file. */
    public List<String> names() {
        return catalogue.names();
    }
}
