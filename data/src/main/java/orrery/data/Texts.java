package orrery.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Texts as documents: each line of a delimited file, or each file of a folder. Their words are {@link TextWords}.
 */
final class Texts {
    private final TextWords words;
    private final WordIndex index = new WordIndex();
    private final Examples.Packer packer = new Examples.Packer();

    private Texts(TextWords words) {
        this.words = words;
    }

    private static Texts of(DocumentOptions options) throws IOException {
        return new Texts(TextWords.without(options.stopWords().orElse(DocumentOptions.ENGLISH), options.bigrams()));
    }

    /** What some texts hold: by text the numbers of its words, and how often it has them. */
    private record Some(WordIndex words, List<Map<Integer, Integer>> documents) {}

    /** Reads the columns of a delimited file. */
    static Loaded ofColumns(FileSet files, DocumentOptions options) throws IOException {
        var texts = of(options);
        Look first = null;
        var columns = new int[options.texts().size()];
        for (int part = 0; part < files.size(); part++) {
            try (var text = files.open(part)) {
                var begun = text.begin(Look.BYTES);
                var look = Look.at(
                        begun.start(),
                        begun.isAll(),
                        files.nameOf(part),
                        asked(options, files, text.isTable()),
                        Look.OF_COLUMNS,
                        false,
                        name -> options.texts().contains(name),
                        name -> false);
                first = first == null ? look : first;
                for (int c = 0; c < columns.length; c++) {
                    columns[c] = look.position(options.texts().get(c), files.nameOf(part));
                }
                Chunks.parse(
                        begun.all(),
                        files.nameOf(part),
                        options.threads(),
                        Fields.cutter(look.dialect()),
                        (scan, isFirst) -> texts.parse(scan, look.dialect(), isFirst && look.hasHeader(), columns),
                        texts::add);
            }
        }
        var names = new ArrayList<String>();
        for (int column : columns) {
            names.add(first == null ? String.valueOf(column + 1) : first.names().get(column));
        }
        var facts = new LinkedHashMap<String, Object>();
        facts.put("texts in", String.join(", ", names));
        return texts.loaded(facts);
    }

    private static TextOptions asked(DocumentOptions options, FileSet files, boolean isTable) {
        boolean isTsv = options.format()
                .map(f -> f.equals("tsv"))
                .orElse(files.shortName().matches(".*\\.(tsv|tab)(\\.[a-z0-9]+)?"));
        if (isTable) {
            return options.written().withDelimiter(",").withHeader(true);
        }
        return isTsv && options.written().delimiter().isEmpty()
                ? options.written().withDelimiter("\t")
                : options.written();
    }

    /** Each file is a document. */
    static Loaded ofFiles(FileSet files, DocumentOptions options) throws IOException {
        var texts = of(options);
        for (int part = 0; part < files.size(); part++) {
            try (var text = files.open(part)) {
                var index = new WordIndex();
                var counts = texts.count(List.of(new String(text.in().readAllBytes(), StandardCharsets.UTF_8)), index);
                texts.add(new Some(index, List.of(counts)));
            }
        }
        var facts = new LinkedHashMap<String, Object>();
        facts.put("files", files.size());
        return texts.loaded(facts);
    }

    private Loaded loaded(Map<String, Object> facts) throws DataException {
        facts.put(
                "stop words",
                words.stopWords().isEmpty() ? "none" : words.stopWords().size());
        if (words.bigrams()) {
            facts.put("bigrams", true);
        }
        if (index.size() == 0) {
            throw new DataException("the texts have no words");
        }
        var names = List.copyOf(index.words());
        return new Loaded(
                packer.pack(names.size()),
                Schema.named(DocumentOptions.NAMED, names, List.of()),
                new Reading("texts", facts, List.of(), List.of()));
    }

    private Some parse(Scan scan, Dialect dialect, boolean hasHeader, int[] columns) {
        var fields = new Fields(scan, dialect);
        var index = new WordIndex();
        var documents = new ArrayList<Map<Integer, Integer>>();
        boolean isHeader = hasHeader;
        for (var record = fields.strings(); record != null; record = fields.strings()) {
            if (!isHeader) {
                documents.add(count(chosen(record, columns), index));
            }
            isHeader = false;
        }
        return new Some(index, documents);
    }

    private static List<String> chosen(List<String> record, int[] columns) {
        var chosen = new ArrayList<String>();
        for (int column : columns) {
            if (column < record.size()) {
                chosen.add(record.get(column));
            }
        }
        return chosen;
    }

    /** Adds documents after those that came before, their words numbered as all are. */
    private void add(Some some) {
        var numbers = new int[some.words().size()];
        for (int w = 0; w < numbers.length; w++) {
            numbers[w] = index.add(some.words().word(w));
        }
        for (var counts : some.documents()) {
            var sorted = new TreeMap<Integer, Integer>();
            counts.forEach((word, count) -> sorted.put(numbers[word], count));
            sorted.forEach((word, count) -> packer.feature(word, count));
            packer.example(0, 1);
        }
    }

    /** The words of a document, numbered by an index. */
    private Map<Integer, Integer> count(List<String> parts, WordIndex index) {
        var counts = new LinkedHashMap<Integer, Integer>();
        for (var text : parts) {
            words.each(text, word -> counts.merge(index.add(word), 1, Integer::sum));
        }
        return counts;
    }
}
