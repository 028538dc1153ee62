package orrery.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Texts as documents: each line of a delimited file, or each file of a folder. A word is a letter and the letters and digits that
 * follow it, two at least, in lower case; a single apostrophe within it is left out.
 */
final class Texts {
    private static final int SHORTEST = 2;
    private static final int LONGEST = 100;

    private final Set<String> stopWords;
    private final boolean bigrams;
    private final WordIndex words = new WordIndex();
    private final Examples.Packer packer = new Examples.Packer();

    private Texts(Set<String> stopWords, boolean bigrams) {
        this.stopWords = stopWords;
        this.bigrams = bigrams;
    }

    /** What some texts hold: by text the numbers of its words, and how often it has them. */
    private record Some(WordIndex words, List<Map<Integer, Integer>> documents) {}

    /** Reads the columns of a delimited file. */
    static Loaded ofColumns(FileSet files, DocumentOptions options) throws IOException {
        var texts = new Texts(stopWords(options), options.bigrams());
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
        var texts = new Texts(stopWords(options), options.bigrams());
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
        facts.put("stop words", stopWords.isEmpty() ? "none" : stopWords.size());
        if (bigrams) {
            facts.put("bigrams", true);
        }
        if (words.size() == 0) {
            throw new DataException("the texts have no words");
        }
        var names = List.copyOf(words.words());
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
            numbers[w] = words.add(some.words().word(w));
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
            String before = null;
            int at = 0;
            while (at < text.length()) {
                int begin = at;
                if (!Character.isLetter(text.codePointAt(at))) {
                    at += Character.charCount(text.codePointAt(at));
                    continue;
                }
                at = end(text, begin);
                String word = text.substring(begin, at).replace("'", "").toLowerCase(Locale.ROOT);
                before = add(word, before, index, counts);
            }
        }
        return counts;
    }

    /** Counts a word, and the two that it is with the one before. Returns it, or null if it is none that counts. */
    private @Nullable String add(String word, @Nullable String before, WordIndex index, Map<Integer, Integer> counts) {
        if (word.length() < SHORTEST || word.length() > LONGEST || stopWords.contains(word)) {
            return null;
        }
        counts.merge(index.add(word), 1, Integer::sum);
        if (bigrams && before != null) {
            counts.merge(index.add(before + "_" + word), 1, Integer::sum);
        }
        return word;
    }

    private static int end(String text, int begin) {
        int at = begin;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            boolean isWithin = c == '\'' && at + 1 < text.length() && Character.isLetter(text.codePointAt(at + 1));
            if (!Character.isLetterOrDigit(c) && !isWithin) {
                break;
            }
            at += Character.charCount(c);
        }
        return at;
    }

    // Stop words

    private static Set<String> stopWords(DocumentOptions options) throws IOException {
        return stopWords(options.stopWords().orElse(DocumentOptions.ENGLISH));
    }

    /** Words that are left out: {@code none}, {@code english}, or the lines of a file. */
    static Set<String> stopWords(String what) throws IOException {
        return switch (what) {
            case DocumentOptions.NO_STOP_WORDS -> Set.of();
            case DocumentOptions.ENGLISH -> new HashSet<>(List.of(ENGLISH.split("\\s+")));
            default ->
                new HashSet<>(lines(what).stream()
                        .map(word -> word.toLowerCase(Locale.ROOT))
                        .toList());
        };
    }

    /** The lines of a file, without blanks around them and without empty ones at the end. */
    static List<String> lines(String file) throws IOException {
        try (var text = Text.open(new orrery.store.Place(file))) {
            return new String(text.in().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .toList();
        }
    }

    /** Words of grammar: articles, pronouns, prepositions, conjunctions, auxiliary verbs, and what apostrophes leave of them. */
    private static final String ENGLISH = """
            a an the this that these those such same other another each every either neither both all any some no none few many
            much more most several own only i me my mine myself we us our ours ourselves you your yours yourself yourselves he him
            his himself she her hers herself it its itself they them their theirs themselves who whom whose which what whatever
            whoever someone somebody something anyone anybody anything everyone everybody everything nobody nothing one ones
            about above across after against along among around as at before behind below beneath beside besides between beyond by
            despite down during except for from in inside into like near of off on onto out outside over past per since than
            through throughout till to toward towards under until up upon via with within without and but or nor so yet if then
            else because although though while whereas unless whether when whenever where wherever why how however therefore thus
            hence am is are was were be been being do does did doing done have has had having will would shall should can could
            may might must ought let not very too also just even still already again ever never always often here there now
            s t d ll m re ve isn aren wasn weren don doesn didn haven hasn hadn won wouldn shan shouldn couldn mustn isnt arent
            wasnt werent dont doesnt didnt havent hasnt hadnt wont wouldnt cant cannot couldnt shouldnt im ive id ill youre youve
            youll youd hes shes its were weve well wed theyre theyve theyll theyd thats theres heres whats whos""";
}
