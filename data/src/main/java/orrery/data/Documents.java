package orrery.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import orrery.data.Examples.Part;

/** Which words of documents are kept, and how other documents are read by the words of these. */
final class Documents {
    private static final int UNKNOWN = -1;

    private Documents() {}

    /** Leaves out words that are rare, or in too many documents, or stop words of documents that are no texts. */
    static Loaded chosen(Loaded read, DocumentOptions options, boolean areTexts) throws IOException {
        long documents = read.examples().size();
        int usual = areTexts && documents >= 100L * DocumentOptions.LEAST_OF_TEXTS ? DocumentOptions.LEAST_OF_TEXTS : 1;
        int least = options.leastDocuments().orElse(usual);
        double most = options.mostDocuments().orElse(areTexts ? DocumentOptions.MOST_OF_TEXTS : 1);
        Set<String> stopWords = areTexts
                ? Set.of() // they are out already
                : TextWords.stopWords(options.stopWords().orElse(DocumentOptions.NO_STOP_WORDS));
        if (least == 1 && most == 1 && stopWords.isEmpty()) {
            return read;
        }
        int words = read.examples().features();
        var in = new int[words]; // documents
        var cursor = read.examples().cursor();
        for (long d = 0; d < documents; d++) {
            cursor.move(d);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                in[cursor.indices()[k]]++;
            }
        }
        var number = new int[words];
        var names = new ArrayList<String>();
        for (int w = 0; w < words; w++) {
            String name = read.schema().featureName(w);
            boolean isKept = in[w] >= least && in[w] <= most * documents && !stopWords.contains(name);
            number[w] = isKept ? names.size() : UNKNOWN;
            if (isKept) {
                names.add(name);
            }
        }
        if (names.isEmpty()) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "none of the %,d words is in %d documents or more and in no more than %.4g of all %,d; try"
                            + " --least-documents 1 --most-documents 1",
                    words,
                    least,
                    most,
                    documents));
        }
        var schema = Schema.named(DocumentOptions.NAMED, names, List.of());
        return new Loaded(
                renumbered(read.examples(), number, names.size()),
                schema,
                read.reading()
                        .with(String.format(
                                Locale.ROOT,
                                "%,d of %,d words are kept: those in %d documents or more (--least-documents), and in no more than"
                                        + " %.4g of all (--most-documents)%s",
                                names.size(),
                                words,
                                least,
                                most,
                                stopWords.isEmpty() ? "" : ", without " + stopWords.size() + " stop words")));
    }

    /** Documents with the words of a model: those that it does not know are left out. */
    static Loaded like(Loaded read, Schema schema, String name) throws DataException {
        boolean isNamed = !schema.words().isEmpty();
        boolean hasNames = !read.schema().words().isEmpty();
        if (isNamed && !hasNames) {
            throw new DataException(
                    name + ": its words are numbers, and the model knows words by their names; give --vocabulary FILE");
        }
        if (!isNamed && hasNames) {
            throw new DataException(name + ": its words have names, and the model knows words by their numbers ("
                    + schema.format() + ")");
        }
        int words = read.examples().features();
        var number = new int[words];
        int unknown = 0;
        var known = WordIndex.of(schema.words());
        for (int w = 0; w < words; w++) {
            if (isNamed) {
                byte[] text = read.schema().words().get(w).getBytes(StandardCharsets.UTF_8);
                number[w] = known.find(WordIndex.hash(text, 0, text.length));
            } else {
                number[w] = w < schema.features() ? w : UNKNOWN;
            }
            unknown += number[w] == UNKNOWN ? 1 : 0;
        }
        if (unknown == words) {
            throw new DataException(name + ": the model knows none of its " + words + " words");
        }
        var reading = unknown == 0
                ? read.reading()
                : read.reading().with(unknown + " of " + words + " words are unknown to the model and left out");
        return new Loaded(renumbered(read.examples(), number, schema.features()), schema, reading);
    }

    private static Examples renumbered(Examples examples, int[] number, int words) {
        var parts = new ArrayList<Part>();
        for (var part : examples.parts()) {
            var builder = new PartBuilder();
            for (int i = 0; i < part.size(); i++) {
                for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                    if (number[part.indices()[k]] != UNKNOWN) {
                        builder.feature(number[part.indices()[k]], part.values()[k]);
                    }
                }
                builder.example(part.labels()[i]);
            }
            parts.add(builder.build());
        }
        return Examples.of(parts, words);
    }
}
