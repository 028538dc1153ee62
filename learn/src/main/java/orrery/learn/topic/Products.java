package orrery.learn.topic;

import orrery.table.cells.CountRows;

/**
 * The products of a word's counts and a document's masses, topic by topic, and their sums. What there is of it yields the same
 * bits, so that a run does not depend on how its members were started.
 */
interface Products {
    /** Products are added up in so many sums: that of entry i is in sum {@code i % SUMS}. */
    int SUMS = 16;

    /**
     * Of a row whose entries share cells ({@link CountRows#LIST}, {@link CountRows#HASH}).
     *
     * @param at the row's first cell
     * @param n its entries
     * @param mass by topic
     * @param products takes them, by entry
     * @param sums takes their sums
     * @param topic whose entry is looked for
     * @return the place of the entry of {@code topic}; -1 if there is none
     */
    int narrow(int[] cells, int at, int n, float[] mass, float[] products, float[] sums, int topic);

    /**
     * The same of a row with its topics side by side and then its counts ({@link CountRows#WIDE_LIST}, {@link
     * CountRows#WIDE_HASH}).
     *
     * @param room from a topic to its count
     */
    int wide(int[] cells, int at, int room, int n, float[] mass, float[] products, float[] sums, int topic);

    /** The same of a row with a count for each topic ({@link CountRows#DENSE}), where an entry's place is its topic. */
    void dense(int[] cells, int at, int n, float[] mass, float[] products, float[] sums);

    /** By vectors, if there are any. */
    static Products best() {
        return hasVectors() ? new VectorProducts() : new ScalarProducts();
    }

    /** Whether the JVM was started with {@code --add-modules jdk.incubator.vector} on a machine that has fast vectors. */
    static boolean hasVectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() && VectorProducts.areFast();
    }
}
