package orrery.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;

/** What must be known of all documents before their topics are found: how often each word occurs, and what is no count. Made part by part. */
final class WordSurvey implements Serializable {
    private static final long serialVersionUID = 1;

    private long rows;
    private long content; // a sum of all values, in whatever order
    private long nulls;
    private long wrong; // rows with an entry that is no count
    private String firstWrong = "";
    private int size; // of vectors
    private int otherSize; // of a vector that differs
    private long[] tokens;

    /** @param size how many words there are; 0 if vectors will say it */
    private WordSurvey(int size) {
        tokens = new long[size];
    }

    /** The survey of a part, as bytes. */
    static byte[] part(DocumentWords words, Iterator<Row> rows) {
        var survey = new WordSurvey(words.size());
        rows.forEachRemaining(row -> survey.add(words, row));
        return Bytes.of(survey);
    }

    /** All parts together; the sizes and contents of each are given to the lists. */
    static WordSurvey sum(List<byte[]> parts, int size, List<Long> sizes, List<Long> contents) {
        var all = new WordSurvey(size);
        for (var bytes : parts) {
            var part = Bytes.<WordSurvey>value(bytes);
            sizes.add(part.rows);
            contents.add(part.content);
            all.add(part);
        }
        return all;
    }

    private void add(DocumentWords words, Row row) {
        @Nullable Object value = row.get(0);
        rows++;
        content += Survey.content(row);
        if (value == null) {
            nulls++;
            return;
        }
        if (words.size() == 0) {
            sees(Entries.size(value));
        }
        boolean[] isSound = {true};
        words.of(value, (word, count) -> {
            if (!DocumentWords.isCount(count)) {
                isSound[0] = false;
                firstWrong = firstWrong.isEmpty() ? count + " of word " + word : firstWrong;
            } else if (word < tokens.length) {
                tokens[word] += (long) count;
            }
        });
        wrong += isSound[0] ? 0 : 1;
    }

    private void sees(int entries) {
        if (size == 0 || size == entries) {
            size = entries;
            tokens = tokens.length < entries ? Arrays.copyOf(tokens, entries) : tokens;
        } else {
            otherSize = entries;
        }
    }

    private void add(WordSurvey part) {
        rows += part.rows;
        content += part.content;
        nulls += part.nulls;
        wrong += part.wrong;
        firstWrong = firstWrong.isEmpty() ? part.firstWrong : firstWrong;
        if (part.size > 0) {
            sees(part.size);
        }
        otherSize = Math.max(otherSize, part.otherSize);
        for (int w = 0; w < Math.min(tokens.length, part.tokens.length); w++) {
            tokens[w] += part.tokens[w];
        }
    }

    /**
     * What is wrong with the rows.
     *
     * @throws DataException which says it
     */
    void check(Input input, Invalid invalid) throws DataException {
        if (rows == 0) {
            throw new DataException("the data frame has no rows"
                    + (invalid == Invalid.SKIP ? " with a document (handleInvalid is \"skip\")" : ""));
        }
        if (nulls > 0 && invalid == Invalid.ERROR) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "'%s' is null in %,d of %,d rows; setHandleInvalid(\"skip\") leaves such rows out, \"keep\" takes them"
                            + " for documents without words",
                    input.name(),
                    nulls,
                    rows));
        }
        if (otherSize > 0) {
            throw new DataException("not all vectors '" + input.name() + "' have as many entries: some have " + size
                    + ", some " + otherSize);
        }
        if (wrong > 0) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "'%s' has entries that are no counts in %,d of %,d rows, such as %s: topics are found in how often"
                            + " words occur, whole numbers of 0 or more; CountVectorizer makes such vectors, IDF and TF-IDF do"
                            + " not",
                    input.name(),
                    wrong,
                    rows,
                    firstWrong));
        }
        if (Arrays.stream(tokens).allMatch(n -> n == 0)) {
            throw new DataException("the documents '" + input.name() + "' have no words");
        }
    }

    long rows() {
        return rows;
    }

    long content() {
        return content;
    }

    /** By word how often it occurs; as many as vectors have entries. */
    long[] tokens() {
        return tokens;
    }
}
