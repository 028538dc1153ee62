package orrery.learn.cluster;

/**
 * Clusters by slices, no more of which are in memory at a time than have a million cells.
 *
 * @param clusters of all slices
 * @param each clusters of a slice; the last may have fewer
 */
record Slices(int clusters, int each) {
    private static final int CELLS = 1 << 20;

    /** @param width of a cluster's row */
    static Slices of(int clusters, int width) {
        return new Slices(clusters, Math.clamp(CELLS / width, 1, clusters));
    }

    int count() {
        return Math.ceilDiv(clusters, each);
    }

    int from(int slice) {
        return Math.min(clusters, slice * each);
    }

    int to(int slice) {
        return Math.min(clusters, from(slice) + each);
    }
}
