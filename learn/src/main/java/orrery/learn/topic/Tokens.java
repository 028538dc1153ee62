package orrery.learn.topic;

/**
 * The words of a worker's documents that are of one block of the vocabulary, document after document: a cell has the word's
 * place in the block and the word's topic ({@code word << 16 | topic}).
 *
 * @param documents those that have any, ascending
 * @param starts by document of these: where its words begin; then their number
 * @param cells by word
 */
record Tokens(int[] documents, int[] starts, int[] cells) {
    /** A topic, and a word's place, must be below this. */
    static final int MOST = 1 << 16;

    static final int TOPIC = MOST - 1; // the bits of a cell
}
