package orrery.learn.rank;

/** What comes to each of a worker's nodes from those that point to it: a matrix of edges times a vector of values. */
sealed interface Incoming permits Pulled, Binned {
    /**
     * Sums up.
     *
     * @param values by position of the source
     * @param sums by node: what comes to it
     */
    void sum(float[] values, float[] sums);

    /**
     * By the way that suits the size.
     *
     * @param starts by node, of its edges; one more than there are nodes
     * @param edges the positions of their sources
     * @param weights of the edges; empty if they have none
     * @param positions how many there are
     */
    static Incoming of(int[] starts, int[] edges, float[] weights, int positions) {
        return weights.length == 0 && positions >= Binned.FROM
                ? new Binned(starts, edges, positions)
                : new Pulled(starts, edges, weights);
    }
}
