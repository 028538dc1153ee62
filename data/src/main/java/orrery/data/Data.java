package orrery.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.store.Place;
import orrery.store.Readers;

/**
 * Reads data by the name of a file, of a folder of part files, of a set of the {@link Catalogue}, or {@code -} for standard
 * input. How it was read is part of what is given back.
 */
public final class Data {
    private static final int START_BYTES = 1 << 16; // that show what a file is

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

    private boolean isSet(String nameOrFile) {
        return catalogue.knows(nameOrFile) && !Files.exists(Path.of(nameOrFile));
    }

    private FileSet filesOf(String nameOrFile) throws IOException {
        if (isSet(nameOrFile)) {
            if (catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN) {
                throw new DataException(nameOrFile + " is built in, and lies in no file");
            }
            return FileSet.of(Place.of(catalogue.file(nameOrFile)));
        }
        return FileSet.of(nameOrFile, () -> ", and no set of that name" + Nearest.hint(nameOrFile, catalogue.names()));
    }

    private ReadOptions optionsOf(String nameOrFile, ReadOptions options) throws IOException {
        return isSet(nameOrFile) ? catalogue.entry(nameOrFile).options(options) : options;
    }

    /** Reads training data; the schema is found out. */
    public Loaded read(String nameOrFile, ReadOptions options) throws IOException {
        if (isSet(nameOrFile) && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN) {
            if (nameOrFile.equals(Catalogue.JDK_GRAPH)) {
                throw new DataException(nameOrFile + " is a graph, for pagerank; it has no examples");
            }
            if (nameOrFile.equals(Catalogue.JDK_WORDS)) {
                return jdkWords();
            }
            var key = Cache.key(nameOrFile, nameOrFile, JdkVerbs.source());
            var found = cache.find(key, Packed.EXAMPLES);
            return found != null ? found : kept(key, JdkVerbs.read(options.threads()), Packed.EXAMPLES);
        }
        var asked = optionsOf(nameOrFile, options);
        var files = filesOf(nameOrFile);
        return cached(files, asked.key(), Packed.EXAMPLES, () -> parse(files, asked, null, true));
    }

    /** By file of data, its size and a sum of its bytes; none of what can be read only once, or is in no file of this machine. */
    public Map<String, String> sums(String nameOrFile) throws IOException {
        boolean isBuiltIn = isSet(nameOrFile) && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN;
        return isBuiltIn ? Map.of() : filesOf(nameOrFile).sums();
    }

    /** Who may read what is made of data: nobody but the owner, if one of its files cannot be read by others. */
    public Readers readers(String nameOrFile) throws IOException {
        var readers = Readers.AS_USUAL;
        if (!isSet(nameOrFile)) {
            for (var file : filesOf(nameOrFile).files()) {
                var path = file.path();
                readers = path.isPresent() ? readers.and(Readers.of(path.get())) : readers;
            }
        }
        return readers;
    }

    /** Reads data as the training data was read, by its schema. */
    public Loaded readLike(String nameOrFile, Schema schema, ReadOptions options, boolean needsLabels)
            throws IOException {
        if (isSet(nameOrFile) && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN) {
            var loaded = read(nameOrFile, options);
            if (!schema.format().equals(nameOrFile)) {
                throw new DataException(
                        nameOrFile + ": the model was trained on data of another kind: " + schema.format());
            }
            return loaded;
        }
        var files = filesOf(nameOrFile);
        var words = Cache.joinWords(schema.words());
        return cached(
                files,
                "like " + schema.toMap() + Arrays.hashCode(words) + ", labels " + needsLabels + ", " + options.format(),
                Packed.EXAMPLES,
                () -> parse(files, options, schema, needsLabels));
    }

    /** What gives parsed data. */
    @FunctionalInterface
    private interface Parsing<T> {
        T parse() throws IOException;
    }

    /** Parses files, unless that was done before; whether a file elsewhere is still the same is not known. */
    private <T> T cached(FileSet files, String how, Packed<T> kind, Parsing<T> parsing) throws IOException {
        if (!cache.isOn() || !files.isKept()) {
            return parsing.parse();
        }
        var key = Cache.key(files, how);
        var found = cache.find(key, kind);
        return found != null ? found : kept(key, parsing.parse(), kind);
    }

    /** Keeps what was parsed; that it cannot be kept is worth a word, and no reason to end. */
    private <T> T kept(Cache.Key key, T value, Packed<T> kind) {
        try {
            cache.keep(key, value, kind);
            return value;
        } catch (IOException e) {
            return kind.noting(
                    value,
                    "what was parsed could not be kept for the next time in " + cache + " ("
                            + (e.getMessage() == null ? e : e.getMessage()) + "); ORRERY_CACHE names another folder");
        }
    }

    /** Whether data are of columns, as CSV files are and tables of other formats; if not, they are libsvm. */
    public boolean isOfColumns(String nameOrFile, ReadOptions options) throws IOException {
        if (isSet(nameOrFile) && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN) {
            return false;
        }
        return isOfColumns(filesOf(nameOrFile), optionsOf(nameOrFile, options));
    }

    /** By what is said, then by the name; lines of libsvm are known whatever the name. */
    private static boolean isOfColumns(FileSet files, ReadOptions options) throws IOException {
        if (options.format().isPresent()) {
            return !options.format().get().equals("libsvm");
        }
        if (files.isStandardInput()) {
            throw new DataException(
                    "standard input has no name to know its format by: add --format libsvm, csv or tsv");
        }
        String name = files.shortName();
        if (name.matches(".*\\.(libsvm|svm|svmlight)(\\.[a-z0-9]+)?")) {
            return false;
        }
        boolean saysColumns = name.matches(".*\\.(csv|tsv|tab)(\\.[a-z0-9]+)?");
        for (int part = 0; part < files.size(); part++) {
            try (var text = files.open(part)) {
                if (text.isTable()) {
                    return true;
                }
                var first = firstLine(text.begin(START_BYTES).start());
                if (!first.isEmpty()) {
                    return !Libsvm.isLine(first) && (saysColumns || first.matches(".*[,;\t|].*"));
                }
            }
        }
        return saysColumns;
    }

    /**
     * Reads training data of columns as {@link #read} does, but to a folder's disk: nothing of them is held in memory but
     * the words and classes that there are. Their order is random. At its height this takes twice the disk that is kept.
     *
     * @param batch examples that are used together
     */
    public Spilled spill(String nameOrFile, ReadOptions options, int batch, Path folder, long seed) throws IOException {
        var files = filesOf(nameOrFile);
        try (var parsed = new Spill.Writer(folder)) {
            var fitted = new Csv(files, optionsOf(nameOrFile, options), false).fit(new Parts.OnDisk(parsed));
            if (parsed.examples() == 0) {
                throw new DataException(files.name() + ": there are no examples in it");
            }
            return Spilled.of(parsed, fitted, batch, folder, seed);
        }
    }

    /** Reads a graph: edges, or a set of the catalogue that is one. */
    public Read<Graph> graph(String nameOrFile, ListOptions options) throws IOException {
        if (isSet(nameOrFile) && nameOrFile.equals(Catalogue.JDK_GRAPH)) {
            return new Read<>(JdkGraph.read(), Reading.of(Catalogue.JDK_GRAPH));
        }
        if (isSet(nameOrFile)) {
            throw new DataException("the set '" + nameOrFile + "' is no graph; " + Catalogue.JDK_GRAPH + " is one");
        }
        var files = filesOf(nameOrFile);
        return cached(files, options.key(), Packed.GRAPHS, () -> EdgeList.read(files, options));
    }

    private Loaded jdkWords() throws IOException {
        var key = Cache.key(Catalogue.JDK_WORDS, Catalogue.JDK_WORDS, JdkVerbs.source());
        var found = cache.find(key, Packed.EXAMPLES);
        return found != null ? found : kept(key, JdkWords.read(), Packed.EXAMPLES);
    }

    /** Reads documents: an example each, whose features are words, and their values how often the document has them. */
    public Loaded documents(String nameOrFile, DocumentOptions options) throws IOException {
        if (isSet(nameOrFile) && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN) {
            if (!nameOrFile.equals(Catalogue.JDK_WORDS)) {
                throw new DataException(nameOrFile + " has no documents in it; " + Catalogue.JDK_WORDS + " has");
            }
            return jdkWords();
        }
        var files = filesOf(nameOrFile);
        boolean areTexts = areTexts(files, options);
        var read = cached(
                files, options.key(), Packed.EXAMPLES, () -> areTexts ? texts(files, options) : counts(files, options));
        if (options.vocabulary().isPresent() && areTexts) {
            throw new DataException("texts have their own words; a vocabulary names the numbers of counts");
        }
        var named = options.vocabulary().isPresent()
                ? named(read, options.vocabulary().get())
                : read;
        return Documents.chosen(named, options, areTexts);
    }

    /**
     * The same of documents that are not held in memory: they are read once, into a file of this process, and from there again and
     * again.
     *
     * @param folder where the file is
     * @throws DataException if they are not of format docword, or words are to be left out
     */
    public Corpus corpus(String nameOrFile, DocumentOptions options, Path folder) throws IOException {
        var files = filesOf(nameOrFile);
        if (options.leastDocuments().orElse(1) > 1 || options.mostDocuments().orElse(1) < 1) {
            throw new DataException(
                    "words are counted before some are left out, and documents that are not held in memory"
                            + " are read once; leave words out beforehand");
        }
        if (files.size() != 1) {
            throw new DataException(
                    files.name() + ": documents that are not held in memory are in one file, not " + files.size());
        }
        Corpus read;
        try (var text = files.open(0)) {
            var begun = text.begin(Look.BYTES);
            if (options.saysTexts() || !Docword.isStart(begun.start())) {
                throw new DataException(files.nameOf(0)
                        + ": documents that are not held in memory are of format docword: three lines with the numbers of"
                        + " documents, words and lines, then lines of document, word and count");
            }
            read = Docword.pack(begun.all(), files.nameOf(0), folder);
        }
        return options.vocabulary().isPresent()
                ? new NamedCorpus(
                        read, names(read.words(), 0, options.vocabulary().get()))
                : read;
    }

    /**
     * The same of other documents than a model was trained on: words that it does not know are left out.
     *
     * @throws DataException if the model knows words by their names, and these documents have numbers only
     */
    public Loaded documentsLike(String nameOrFile, Schema schema, DocumentOptions options) throws IOException {
        boolean isSet = isSet(nameOrFile) && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN;
        if (isSet) {
            return Documents.like(documents(nameOrFile, options), schema, nameOrFile);
        }
        var files = filesOf(nameOrFile);
        Loaded read;
        if (areTexts(files, options)) {
            read = cached(files, options.key(), Packed.EXAMPLES, () -> texts(files, options));
        } else {
            read = cached(files, options.key(), Packed.EXAMPLES, () -> counts(files, options));
            read = options.vocabulary().isPresent()
                    ? named(read, options.vocabulary().get())
                    : read;
        }
        return Documents.like(read, schema, nameOrFile);
    }

    /** The first line that is neither blank nor a comment, or "". Where the bytes end within it, only its whole fields. */
    private static String firstLine(byte[] start) {
        var text = new String(start, StandardCharsets.UTF_8);
        var first = text.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .findFirst()
                .orElse("");
        int blank = start.length < START_BYTES || !text.endsWith(first) ? -1 : first.lastIndexOf(' ');
        return blank < 0 ? first : first.substring(0, blank);
    }

    /** Whether documents are texts, as is said, or as their first lines show. */
    private static boolean areTexts(FileSet files, DocumentOptions options) throws IOException {
        if (options.saysTexts()) {
            return true;
        }
        if (options.format().isPresent()) {
            return false;
        }
        try (var text = files.open(0)) {
            byte[] start = text.begin(START_BYTES).start();
            boolean areCounts = Docword.isStart(start) || Libsvm.isLine(firstLine(start));
            if (!areCounts && !files.isFolder()) {
                throw new DataException(
                        files.name() + ": is neither of counts (docword, libsvm, lda-c) nor said to be of"
                                + " texts; name the column of texts by --text, or a folder of files, each a document");
            }
            return !areCounts;
        }
    }

    private static Loaded texts(FileSet files, DocumentOptions options) throws IOException {
        if (options.texts().isEmpty() && !options.format().orElse("text").equals("text")) {
            throw new DataException(files.name() + ": which columns are the texts? Name them by --text");
        }
        return options.texts().isEmpty() ? Texts.ofFiles(files, options) : Texts.ofColumns(files, options);
    }

    private static Loaded counts(FileSet files, DocumentOptions options) throws IOException {
        String format = options.format().orElse("");
        if (files.size() == 1) {
            try (var text = files.open(0)) {
                var begun = text.begin(Look.BYTES);
                if (format.equals(DocumentOptions.DOCWORD) || (format.isEmpty() && Docword.isStart(begun.start()))) {
                    var parsed = Docword.read(begun.all(), files.nameOf(0));
                    return new Loaded(
                            parsed.documents(),
                            Schema.ofFeatures(DocumentOptions.DOCWORD, List.of(), List.of(), parsed.words()),
                            parsed.reading());
                }
            }
        } else if (format.equals(DocumentOptions.DOCWORD)) {
            throw new DataException(
                    files.name() + ": documents of format docword are in one file, not " + files.size());
        }
        var asLibsvm = ReadOptions.defaults()
                .unlabelled()
                .with(ReadOptions.Numbers.RAW)
                .withFormat("libsvm");
        var loaded = libsvm(files, asLibsvm, null, false);
        if (loaded.examples().size() == 0) {
            throw new DataException(files.name() + ": there are no documents in it");
        }
        return loaded;
    }

    /** Names words as the lines of a file do. */
    private static Loaded named(Loaded read, String file) throws IOException {
        int first = read.schema().firstIndex(); // words of libsvm files may be counted from 1
        var schema = names(read.examples().features() - first, first, file);
        return new Loaded(read.examples().withFeatures(schema.features()), schema, read.reading());
    }

    /** What words are called, by the lines of a file. */
    private static Schema names(int words, int first, String file) throws IOException {
        var names = TextWords.lines(file);
        if (names.size() < words) {
            throw new DataException(file + ": has " + names.size() + " words, the documents have numbers up to " + words
                    + "; it is the vocabulary of other documents");
        }
        var all = new ArrayList<String>();
        for (int i = 0; i < first; i++) {
            all.add("(none)");
        }
        all.addAll(names);
        return Schema.named(DocumentOptions.NAMED, all, List.of());
    }

    /** Reads ratings. */
    public Read<Ratings> ratings(String nameOrFile, ListOptions options) throws IOException {
        if (isSet(nameOrFile) && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN) {
            throw new DataException(nameOrFile + " has no ratings in it");
        }
        var files = filesOf(nameOrFile);
        return cached(files, options.key(), Packed.RATINGS, () -> RatingList.read(files, options));
    }

    /** What there is in a data set, column by column. */
    public Description describe(String nameOrFile, ReadOptions options) throws IOException {
        if (isSet(nameOrFile) && catalogue.entry(nameOrFile).kind() == Catalogue.Kind.BUILT_IN) {
            var loaded = read(nameOrFile, options);
            return Description.of(loaded);
        }
        var files = filesOf(nameOrFile);
        var asked = optionsOf(nameOrFile, options);
        return isOfColumns(files, asked)
                ? new Csv(files, asked, true).describe()
                : Description.of(parse(files, asked, null, true));
    }

    /** Parses a file, past the cache. */
    public static Loaded parse(Path file, ReadOptions options, @Nullable Schema schema, boolean needsLabels)
            throws IOException {
        return parse(FileSet.of(file.toString(), () -> ""), options, schema, needsLabels);
    }

    private static Loaded parse(FileSet files, ReadOptions options, @Nullable Schema schema, boolean needsLabels)
            throws IOException {
        boolean isCsv;
        if (schema != null && files.isStandardInput() && options.format().isEmpty()) {
            isCsv = schema.format().equals("csv"); // as the training data
        } else {
            isCsv = isOfColumns(files, options);
        }
        if (schema != null && isCsv != schema.format().equals("csv")) {
            throw new DataException(files.name() + ": the model was trained on " + schema.format()
                    + " data, this file is read as " + (isCsv ? "csv" : "libsvm") + "; say --format if it is not");
        }
        Loaded loaded;
        if (isCsv) {
            var csv = new Csv(files, options, false);
            var result = schema == null ? csv.fit() : csv.apply(schema, needsLabels);
            loaded = new Loaded(result.examples(), result.schema(), result.reading());
        } else {
            loaded = libsvm(files, options, schema, needsLabels);
        }
        if (loaded.examples().size() == 0) {
            throw new DataException(
                    (files.size() == 1 ? files.nameOf(0) : files.name()) + ": there are no examples in it");
        }
        return loaded;
    }

    private static Loaded libsvm(FileSet files, ReadOptions options, @Nullable Schema schema, boolean needsLabels)
            throws IOException {
        var parts = new ArrayList<Part>();
        var seen = new int[] {0, Integer.MAX_VALUE, 0}; // features, the smallest, whether there are queries
        List<Schema.Column> far = schema == null ? null : schema.columns();
        boolean areKeyed = schema == null ? options.hashBits() == ReadOptions.KEYS : schema.areKeyed();
        var about = new LinkedHashMap<String, Object>();
        for (int part = 0; part < files.size(); part++) {
            try (var text = files.open(part)) {
                var begun = text.begin(Look.BYTES);
                var look = Libsvm.look(begun.start(), begun.isAll(), options);
                if (begun.start().length > 0) {
                    far = far == null ? look.far() : far;
                    text.about().forEach(fact -> about.put(fact, true));
                }
                var columns = far == null ? List.<Schema.Column>of() : far;
                int firstIndex = schema == null ? 0 : schema.firstIndex();
                Chunks.parse(
                        begun.all(),
                        files.nameOf(part),
                        options.threads(),
                        Chunks.lines(look.lineEnd()),
                        (scan, isFirst) -> {
                            scan.linesEndWithCr = look.linesEndWithCr();
                            return new Libsvm(needsLabels, columns, firstIndex, areKeyed).parse(scan);
                        },
                        parsed -> {
                            parts.add(parsed.part());
                            seen[0] = Math.max(seen[0], parsed.features());
                            seen[1] = Math.min(seen[1], parsed.smallest());
                            seen[2] |= parsed.hasQueries() ? 1 : 0;
                        });
            }
        }
        int firstIndex = seen[1] == 0 ? 0 : 1;
        var meaning =
                schema == null ? Schema.libsvm(options, far == null ? List.of() : far, seen[0], firstIndex) : schema;
        boolean hasUnknown = seen[0] > meaning.features() && !areKeyed;
        if (hasUnknown) {
            parts.replaceAll(part -> without(part, meaning.features()));
        }
        for (var part : parts) {
            transform(part, meaning);
        }
        var reading = reading(files, about, meaning, seen[2] != 0);
        return new Loaded(
                Examples.of(parts, meaning.features()),
                meaning,
                hasUnknown
                        ? reading.with(
                                "features above " + (meaning.features() - 1) + " are unknown to the model and left out")
                        : reading);
    }

    private static Reading reading(FileSet files, Map<String, Object> about, Schema schema, boolean hasQueries) {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("indices from", schema.firstIndex());
        facts.putAll(about);
        if (files.isFolder()) {
            facts.put("files", files.size());
        }
        var reading = new Reading("libsvm", facts, List.of(), List.of());
        return hasQueries ? reading.with("lines have a qid, which groups them for ranking: it is not used") : reading;
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

    /** The files of a name, for those that read pieces of them. */
    public List<Place> places(String nameOrFile) throws IOException {
        var files = filesOf(nameOrFile);
        if (files.isStandardInput()) {
            throw new FileNotFoundException("standard input cannot be read again at each pass; give a file");
        }
        return files.files();
    }
}
