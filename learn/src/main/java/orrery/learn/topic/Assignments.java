package orrery.learn.topic;

import java.util.Arrays;
import java.util.function.BiFunction;
import orrery.data.Corpus;
import orrery.table.cells.CountRows;

/**
 * The words of a worker's documents, and the topic of each. Topics lie document after document, and within a document block after
 * block of the vocabulary: so a document has all its topics together, and a block has a piece of each document that has any of its
 * words. Confined to one thread.
 *
 * @param firsts by document: its first word; then the number of all words
 * @param topics by word; all 0 before the first pass
 * @param proposals by word: the topic that is proposed for it next, of {@link WarpSampler}; else none
 * @param blocks by block of the vocabulary
 */
record Assignments(int[] firsts, int[] topics, int[] proposals, Block[] blocks) {
    /**
     * The words of one block.
     *
     * @param documents those that have any, ascending
     * @param starts by document of these: where its words begin; then their number
     * @param firsts by document of these: where its words begin among all words
     * @param places by word: its row in the block
     */
    record Block(int[] documents, int[] starts, int[] firsts, char[] places) {
        int words() {
            return places.length;
        }
    }

    /** No words at all. */
    static final Assignments NONE = new Assignments(new int[1], new int[0], new int[0], new Block[0]);

    /** A block has no more rows, as places are chars. */
    static final int MOST_PLACES = 1 << Character.SIZE;

    /**
     * The words of some documents, whose topics are what a checkpoint has kept, or 0.
     *
     * @param first the first document
     * @param last the one after the last
     * @param local makes an array of the worker's own, by its name and length
     * @param proposes whether words have proposals
     */
    static Assignments of(
            Corpus corpus,
            long first,
            long last,
            WordBlocks blocks,
            BiFunction<String, Integer, int[]> local,
            boolean proposes) {
        int documents = Math.toIntExact(last - first);
        var words = new int[blocks.blocks()];
        var pieces = new int[blocks.blocks()];
        var lastIn = new long[blocks.blocks()];
        var firsts = new int[documents + 1];
        Arrays.fill(lastIn, -1);
        corpus.read(first, last, (d, wordOf, counts, from, to) -> {
            long end = firsts[(int) (d - first)];
            for (int k = from; k < to; k++) {
                int count = (int) counts[k];
                if (count > 0) {
                    int block = blocks.block(wordOf[k]);
                    words[block] += count;
                    pieces[block] += lastIn[block] == d ? 0 : 1;
                    lastIn[block] = d;
                    end += count;
                }
            }
            if (end > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(
                        "a worker's documents have more than 2^31 words; use more workers," + " or --out-of-core");
            }
            firsts[(int) (d - first) + 1] = (int) end;
        });
        var made = new Block[blocks.blocks()];
        for (int b = 0; b < made.length; b++) {
            made[b] = new Block(new int[pieces[b]], new int[pieces[b] + 1], new int[pieces[b]], new char[words[b]]);
        }
        Arrays.fill(words, 0);
        Arrays.fill(pieces, 0);
        var inDocument = new int[made.length]; // words of the document by block
        var touched = new int[made.length];
        corpus.read(first, last, (d, wordOf, counts, from, to) -> {
            int n = 0;
            for (int k = from; k < to; k++) {
                int block = blocks.block(wordOf[k]);
                int count = (int) counts[k];
                if (count > 0 && inDocument[block] == 0) {
                    touched[n++] = block;
                }
                char place = (char) blocks.place(wordOf[k]);
                Arrays.fill(made[block].places(), words[block], words[block] + count, place);
                words[block] += count;
                inDocument[block] += count;
            }
            Arrays.sort(touched, 0, n);
            int at = firsts[(int) (d - first)];
            for (int i = 0; i < n; i++) {
                int block = touched[i];
                var of = made[block];
                of.documents()[pieces[block]] = (int) (d - first);
                of.firsts()[pieces[block]] = at;
                of.starts()[++pieces[block]] = words[block];
                at += inDocument[block];
                inDocument[block] = 0;
            }
        });
        int[] topics = local.apply("topics", firsts[documents]);
        return new Assignments(firsts, topics, proposes ? local.apply("proposals", topics.length) : new int[0], made);
    }

    int documents() {
        return firsts.length - 1;
    }

    /** Words of a document. */
    int length(int document) {
        return firsts[document + 1] - firsts[document];
    }

    /** Takes how often a document has a topic. */
    @FunctionalInterface
    interface Visit {
        void take(int document, int topic, int count);
    }

    /** Visits the topics that documents have, in the order in which each has them first. */
    void forEach(int topicCount, Visit visit) {
        var counts = new int[topicCount];
        int[] listed = new int[16];
        for (int d = 0; d < documents(); d++) {
            int n = 0;
            if (listed.length < Math.min(length(d), topicCount)) {
                listed = new int[Math.min(length(d), topicCount)];
            }
            for (int i = firsts[d]; i < firsts[d + 1]; i++) {
                if (counts[topics[i]]++ == 0) {
                    listed[n++] = topics[i];
                }
            }
            for (int i = 0; i < n; i++) {
                visit.take(d, listed[i], counts[listed[i]]);
                counts[listed[i]] = 0;
            }
        }
    }

    /** Gives the words of a block their first topics, any, and counts them. Returns how many words there are. */
    long drawEvenly(int block, int[] totals, CountRows rows, RandomNumbers random) {
        var of = blocks[block];
        for (int i = 0; i < of.documents().length; i++) {
            int at = of.firsts()[i];
            for (int n = of.starts()[i]; n < of.starts()[i + 1]; n++, at++) {
                int topic = random.below(totals.length);
                topics[at] = topic;
                totals[topic]++;
                rows.add(of.places()[n], topic, 1);
            }
        }
        return of.words();
    }

    /** The words of a block by the rows that they have, for those who go over them row by row. */
    ByWord byWord(int block, int rows) {
        var of = blocks[block];
        var starts = new int[rows + 1];
        for (char place : of.places()) {
            starts[place + 1]++;
        }
        for (int row = 0; row < rows; row++) {
            starts[row + 1] += starts[row];
        }
        var next = Arrays.copyOf(starts, rows);
        var words = new int[of.words()];
        var documents = new int[of.words()];
        for (int i = 0; i < of.documents().length; i++) {
            for (int n = of.starts()[i]; n < of.starts()[i + 1]; n++) {
                int at = next[of.places()[n]]++;
                words[at] = of.firsts()[i] + n - of.starts()[i];
                documents[at] = of.documents()[i];
            }
        }
        return new ByWord(starts, words, documents);
    }

    /**
     * Words of a block, row after row.
     *
     * @param starts by row: where its words begin; then their number
     * @param words which of all words it is
     * @param documents which has it
     */
    record ByWord(int[] starts, int[] words, int[] documents) {}
}
