package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import orrery.store.Printable;

/**
 * The bag-of-words format of the UCI repository: three lines with how many documents, words and further lines there are, then lines
 * of {@code document word count}, numbers from 1 on, sorted by document. Confined to one thread.
 */
final class Docword {
    private static final int BUFFER = 1 << 16;
    private static final int HEAD_LINES = 3;

    private final InputStream in;
    private final String name;
    private final byte[] buffer = new byte[BUFFER];
    private int at;
    private int end;
    private long line = 1;
    private long documents;
    private int words;
    private long lines;

    private Docword(InputStream in, String name) {
        this.in = in;
        this.name = name;
    }

    /**
     * What was read.
     *
     * @param documents an example each, also those without words
     * @param words how many the file says there are
     */
    record Parsed(Examples documents, int words, Reading reading) {}

    /** Whether a text begins with three lines of one whole number each. */
    static boolean isStart(byte[] start) {
        var lines = new String(start, StandardCharsets.UTF_8)
                .lines()
                .limit(HEAD_LINES + 1)
                .toList();
        return lines.size() > HEAD_LINES
                && lines.subList(0, HEAD_LINES).stream()
                        .allMatch(text -> text.strip().matches("[0-9]{1,18}"))
                && lines.get(HEAD_LINES).strip().matches("[0-9]+\\s+[0-9]+(\\s+[0-9]+)?.*");
    }

    static Parsed read(InputStream in, String name) throws IOException {
        return new Docword(in, name).read();
    }

    /** Reads documents into a file, from which they can be read as often as one likes. */
    static Corpus pack(InputStream in, String name, Path folder) throws IOException {
        var docword = new Docword(in, name);
        var out = new CorpusFile.Writer(folder);
        docword.read(new Taker() {
            @Override
            public void word(int word, int count) {
                out.word(word, count);
            }

            @Override
            public void document() throws IOException {
                out.document();
            }
        });
        return out.end(
                Schema.ofFeatures(DocumentOptions.DOCWORD, List.of(), List.of(), docword.words), docword.reading());
    }

    private Parsed read() throws IOException {
        var packer = new Examples.Packer();
        read(new Taker() {
            @Override
            public void word(int word, int count) {
                packer.feature(word, (float) count);
            }

            @Override
            public void document() {
                packer.example(0, 1);
            }
        });
        return new Parsed(packer.pack(words), words, reading());
    }

    private Reading reading() {
        return new Reading(
                "docword",
                Map.of("documents, words, counts", documents + ", " + words + ", " + lines),
                List.of(),
                List.of());
    }

    /** Takes a document's words, then its end. */
    private interface Taker {
        void word(int word, int count);

        void document() throws IOException;
    }

    private void read(Taker taker) throws IOException {
        documents = head("documents", Integer.MAX_VALUE - 1);
        words = (int) head("words", Integer.MAX_VALUE - 1);
        lines = head("further lines", Long.MAX_VALUE);
        long document = 1;
        for (long n = 0; n < lines; n++) {
            long next = number();
            if (next < 0) {
                throw bad("the file ends here, and says that it has " + lines + " lines of counts, " + (lines - n)
                        + " more; it may be cut short");
            }
            long word = number();
            long count = number();
            if (next < 1 || next > documents || word < 1 || word > words || count < 1 || count > 1 << 24) {
                throw bad("expected a document of 1 to " + documents + ", a word of 1 to " + words
                        + " and a count of 1 to 16777216, found " + next + " " + word + " " + count);
            }
            if (next < document) {
                throw bad("document " + next + " comes after document " + document
                        + ": lines must be sorted by document (sort -n, without the first three lines)");
            }
            for (; document < next; document++) {
                taker.document();
            }
            taker.word((int) word - 1, (int) count);
            endLine();
        }
        for (; document <= documents; document++) {
            taker.document();
        }
        if (number() >= 0) {
            throw bad("there is more than the " + lines + " lines of counts that the file says it has");
        }
    }

    private long head(String what, long most) throws IOException {
        long number = number();
        if (number < 1 || number > most) {
            throw bad("expected how many " + what + " there are, a whole number of 1 or more, found " + number);
        }
        endLine();
        return number;
    }

    private DataException bad(String what) {
        return new DataException(name + ":" + line + ": " + what);
    }

    private int next() throws IOException {
        if (at == end) {
            at = 0;
            end = in.read(buffer);
            if (end <= 0) {
                end = 0;
                return -1;
            }
        }
        return buffer[at++];
    }

    /** The next whole number, in this line or a later one; -1 if there is none. */
    private long number() throws IOException {
        int c = next();
        while (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            line += c == '\n' ? 1 : 0;
            c = next();
        }
        if (c < 0) {
            return -1;
        }
        long number = 0;
        int digits = 0;
        while (c >= '0' && c <= '9' && digits < 18) {
            number = 10 * number + (c - '0');
            digits++;
            c = next();
        }
        boolean isEnd = c < 0 || c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (digits == 0 || !isEnd) {
            throw bad("expected a whole number, found '" + Printable.of(String.valueOf((char) c)) + "'");
        }
        if (c >= 0) {
            at--; // the caller counts line ends
        }
        return number;
    }

    /** Passes by the end of a line, on which there is nothing more. */
    private void endLine() throws IOException {
        int c = next();
        while (c == ' ' || c == '\t' || c == '\r') {
            c = next();
        }
        if (c == '\n') {
            line++;
        } else if (c >= 0) {
            throw bad("expected the end of the line, found '" + Printable.of(String.valueOf((char) c)) + "'");
        }
    }
}
