package orrery.data;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Documents as how often words are in them, to be read one after another, as often as one likes: from memory ({@link #of}) or from a
 * file ({@link Data#corpus}). For use by many threads.
 */
public interface Corpus {
    /** How many documents there are. */
    long documents();

    /** The number of the first one; those of a part are numbered as all are. */
    default long first() {
        return 0;
    }

    /** What words are called, and how many there are. */
    Schema schema();

    /** How the documents were read. */
    Reading reading();

    /** A sum of all of it, by which it is known again. */
    String sum();

    /** Pairs of a document and one of its words. */
    long counts();

    /**
     * Visits documents in their order.
     *
     * @param from the first
     * @param to the one after the last
     */
    void read(long from, long to, Visit visit);

    /** Takes a document. */
    @FunctionalInterface
    interface Visit {
        /**
         * Takes a document; the arrays are lent.
         *
         * @param words from {@code from} to {@code to}, ascending
         * @param counts beside them: whole numbers
         */
        void take(long document, int[] words, float[] counts, int from, int to);
    }

    /** How many words there may be: their numbers are below this. */
    default int words() {
        return schema().features();
    }

    /**
     * The same documents in a file of this process, which goes with it.
     *
     * @param folder where the file is
     */
    default Corpus inFile(Path folder) throws IOException {
        return CorpusFile.of(this, folder);
    }

    /** Documents in memory: examples whose features are words, and their values how often the example has them. */
    static Corpus of(Loaded loaded) {
        return new Corpus() {
            @Override
            public long documents() {
                return loaded.examples().size();
            }

            @Override
            public long first() {
                return loaded.examples().first();
            }

            @Override
            public int words() {
                return loaded.examples().features();
            }

            @Override
            public Schema schema() {
                return loaded.schema();
            }

            @Override
            public Reading reading() {
                return loaded.reading();
            }

            @Override
            public String sum() {
                return loaded.examples().sum();
            }

            @Override
            public long counts() {
                return loaded.examples().nonZeros();
            }

            @Override
            public void read(long from, long to, Visit visit) {
                var cursor = loaded.examples().cursor();
                for (long d = from; d < to; d++) {
                    cursor.move(d);
                    visit.take(d, cursor.indices(), cursor.values(), cursor.from(), cursor.to());
                }
            }
        };
    }
}
