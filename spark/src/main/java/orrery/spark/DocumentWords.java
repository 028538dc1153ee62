package orrery.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import orrery.data.Corpus;
import orrery.data.DocumentOptions;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.data.TextWords;

/**
 * How a value of a data frame is a document: a vector of counts by the number of the word; a text; or an array of words that were cut
 * apart. Thread-safe.
 */
final class DocumentWords implements Serializable {
    private static final long serialVersionUID = 1;

    private static final int MOST_COUNT = 1 << 24;

    private final @Nullable TextWords cut; // null for vectors
    private final ArrayList<String> names; // by number; empty if words have none
    private final int size;
    private transient volatile @Nullable Map<String, Integer> numbers;

    private DocumentWords(@Nullable TextWords cut, List<String> names, int size) {
        this.cut = cut;
        this.names = new ArrayList<>(names);
        this.size = size;
    }

    /** @param names of the entries; empty for none */
    static DocumentWords ofVectors(List<String> names, int size) {
        return new DocumentWords(null, names, size);
    }

    /** @param names of words that are known */
    static DocumentWords ofTexts(TextWords cut, List<String> names) {
        return new DocumentWords(cut, names, names.size());
    }

    /** How many words there are. */
    int size() {
        return size;
    }

    Schema schema() {
        return names.isEmpty()
                ? Schema.ofFeatures(DocumentOptions.DOCWORD, List.of(), List.of(), size)
                : Schema.ofWords(names);
    }

    /** Takes a word of a document, and how often the document has it. */
    @FunctionalInterface
    interface Each {
        void word(int word, double count);
    }

    /** Gives the words of a document, ascending; those that are not known are left out. A value that is null has none. */
    void of(@Nullable Object value, Each each) {
        if (value == null) {
            return;
        }
        var text = cut;
        if (text == null) {
            Entries.of(value, (word, count) -> {
                if (count != 0) {
                    each.word(word, count);
                }
            });
            return;
        }
        var known = numbers();
        var counts = new TreeMap<Integer, Integer>();
        cut(value, text, word -> {
            var number = known.get(word);
            if (number != null) {
                counts.merge(number, 1, Integer::sum);
            }
        });
        counts.forEach((word, count) -> each.word(word, count));
    }

    /**
     * Checks that a document is one.
     *
     * @param name of the column
     * @throws IllegalArgumentException if it has other entries than the words, or one that is no count
     */
    void check(Object value, String name) {
        if (cut != null) {
            return;
        }
        if (Entries.size(value) != size) {
            throw new IllegalArgumentException("the vector '" + name + "' has " + Entries.size(value)
                    + " entries in a row, the model was trained on " + size);
        }
        Entries.of(value, (word, count) -> {
            if (!isCount(count)) {
                throw new IllegalArgumentException("the vector '" + name + "' has " + count + " of word " + word
                        + " in a row: topics are found in how often words occur, whole numbers of 0 or more");
            }
        });
    }

    /** Whether a document can have a word so often. */
    static boolean isCount(double count) {
        return count >= 0 && count <= MOST_COUNT && count == (int) count;
    }

    /** Gives the words of a text as they come; of an array those that it has. */
    static void cut(Object value, TextWords text, Consumer<String> to) {
        if (value instanceof String all) {
            text.each(all, to);
            return;
        }
        var words = ((scala.collection.Seq<?>) value).iterator();
        while (words.hasNext()) {
            @Nullable Object word = words.next();
            if (word != null && !word.toString().isEmpty()) {
                if (word.toString().indexOf('\n') >= 0) {
                    throw new IllegalArgumentException(
                            "the word '" + word.toString().replace("\n", "\\n")
                                    + "' has several lines, and models keep one word a line; replace the line ends");
                }
                to.accept(word.toString());
            }
        }
    }

    private Map<String, Integer> numbers() {
        var known = numbers;
        return known == null ? number() : known;
    }

    private synchronized Map<String, Integer> number() {
        var known = numbers;
        if (known == null) {
            known = HashMap.newHashMap(names.size());
            for (int n = 0; n < names.size(); n++) {
                known.put(names.get(n), n);
            }
            numbers = known;
        }
        return known;
    }

    /** Makes documents of values one by one. Confined to one thread. */
    final class Packing {
        private final Examples.Packer packer = new Examples.Packer();

        void add(@Nullable Object value) {
            of(value, (word, count) -> packer.feature(word, (float) count));
            packer.example(0, 1);
        }

        int size() {
            return packer.size();
        }

        Examples packed() {
            return packer.pack(size);
        }

        /** @param first number of the first one */
        Corpus pack(long first) {
            return Corpus.of(new Loaded(packed().numberedFrom(first), schema()));
        }
    }
}
