package orrery.learn.topic;

import java.util.Arrays;
import orrery.data.Corpus;

/**
 * Where each word of a vocabulary has its row: in which block of the table, and which of its rows. Words are dealt out to blocks
 * by frequency, to and fro, so that all blocks have about as many tokens as words.
 *
 * @param blocks how many
 * @param shift log2 of the rows of a block, not all of which have a word
 * @param rowOf by word
 */
record WordBlocks(int blocks, int shift, int[] rowOf) {
    /** A block has no more words than places can tell apart. */
    static final int MOST_WORDS = Assignments.MOST_PLACES;

    /** @param tokens by word: how often it occurs */
    static WordBlocks of(long[] tokens, int atLeast) {
        int words = tokens.length;
        int blocks = Math.max(1, Math.max(Math.min(atLeast, words), Math.ceilDiv(words, MOST_WORDS)));
        int most = Math.max(1, Math.ceilDiv(words, blocks));
        int shift = 32 - Integer.numberOfLeadingZeros(most - 1);
        var byFrequency = new long[words]; // sorts by tokens, the most frequent first, then by word
        for (int w = 0; w < words; w++) {
            byFrequency[w] = ((Math.min(tokens[w], Integer.MAX_VALUE) ^ Integer.MAX_VALUE) << 32) | w;
        }
        Arrays.sort(byFrequency);
        var rowOf = new int[words];
        for (int i = 0; i < words; i++) {
            int round = i / blocks;
            int position = i % blocks;
            int block = (round & 1) == 0 ? position : blocks - 1 - position;
            rowOf[(int) byFrequency[i]] = (block << shift) + round;
        }
        return new WordBlocks(blocks, shift, rowOf);
    }

    /** How often each word occurs. */
    static long[] count(Corpus corpus) {
        var tokens = new long[corpus.words()];
        corpus.read(0, corpus.documents(), (document, words, counts, from, to) -> {
            for (int k = from; k < to; k++) {
                tokens[words[k]] += (long) counts[k];
            }
        });
        return tokens;
    }

    /** The words by the rows that they have; -1 for a row that has none. */
    int[] words() {
        var wordOf = new int[Math.toIntExact(rows())];
        Arrays.fill(wordOf, -1);
        for (int word = 0; word < rowOf.length; word++) {
            wordOf[rowOf[word]] = word;
        }
        return wordOf;
    }

    /** How many words a block has, which are in its first rows. */
    int wordsOf(int block) {
        int rounds = rowOf.length / blocks;
        int rest = rowOf.length % blocks;
        boolean isOneMore = (rounds & 1) == 0 ? block < rest : block >= blocks - rest;
        return rounds + (isOneMore ? 1 : 0);
    }

    /** Rows of all blocks. */
    long rows() {
        return (long) blocks << shift;
    }

    int block(int word) {
        return rowOf[word] >>> shift;
    }

    /** The row of a word within its block. */
    int place(int word) {
        return rowOf[word] & ((1 << shift) - 1);
    }
}
