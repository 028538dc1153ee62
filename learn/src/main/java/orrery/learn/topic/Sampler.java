package orrery.learn.topic;

import orrery.table.cells.CountRows;

/**
 * Draws topics of a worker's words, block by block, as the blocks of the vocabulary come around. A sampler has the worker's documents
 * to itself, and a block's rows while it draws; the totals are its own copy, which misses what others have changed since they
 * were last refreshed. Confined to the worker's thread.
 */
interface Sampler {
    /** Words by topic, as far as this worker knows. */
    int[] totals();

    /** Other priors of topics in documents; followed by {@link #refresh}. */
    void alpha(float[] next);

    /** Goes on with totals, perhaps others than it had. */
    void refresh(int[] totals);

    /** Begins a pass that is not the first; also of a run that goes on from a cut. Totals and priors are those of now. */
    void beginPass(long seed);

    /**
     * Draws all topics of the words of a block anew, or for the first time.
     *
     * @param rows of the block
     * @param isFirst whether the words have no topics yet, and so are in no count
     * @param seed of the random numbers
     * @return how many have another topic now
     */
    long draw(int block, CountRows rows, boolean isFirst, long seed);

    /** Topics that have been proposed so far; 0 of a sampler that weighs all. */
    default long proposed() {
        return 0;
    }

    /** Places that have been looked at for single counts so far, of a sampler that proposes. */
    default long probed() {
        return 0;
    }

    /** One of a kind. */
    static Sampler of(TopicSampler kind, Assignments words, float[] alpha, double beta, long vocabulary) {
        return switch (kind) {
            case EXACT -> new ExactSampler(words, alpha, beta, vocabulary, Products.best());
            case ROTATION -> new RotationSampler(words, alpha, beta, vocabulary);
            case LIGHT -> new LightSampler(words, alpha, beta, vocabulary);
            case WARP -> new WarpSampler(words, alpha, beta, vocabulary);
        };
    }
}
