package orrery.learn.rank;

import java.util.Arrays;

/**
 * Source by source: each value goes to the ends of the bins of the nodes that it comes to, bins are added up one after the
 * other (Beamer, Asanovic and Patterson, "Reducing Pagerank Communication via Propagation Blocking", IPDPS 2017). Where
 * values are too many for the cache, reading and writing in order beats reading anywhere, and takes 10 bytes an edge instead
 * of 4.
 */
final class Binned implements Incoming {
    /** Positions from which on it pays: 8 MB of values, where reading them anywhere begins to take longer. */
    static final int FROM = 1 << 21;

    private static final int SHIFT = 15; // log2 of the nodes of a bin: their sums, which are doubles, stay in the cache

    private final int[] starts; // by source, of its edges
    private final int[] places; // by edge, where its value goes among the bins
    private final int[] bins; // where each begins; one more than there are
    private final char[] nodes; // by place: the node, counted from the first of the bin
    private final float[] carried; // by place: the value
    private final double[] sums = new double[1 << SHIFT];

    /**
     * Makes ready.
     *
     * @param of by node, where its edges begin
     * @param edges the positions of their sources
     * @param positions how many there are
     */
    Binned(int[] of, int[] edges, int positions) {
        int count = of.length - 1;
        starts = starts(edges, positions);
        bins = new int[((count - 1) >> SHIFT) + 2];
        for (int bin = 1; bin < bins.length; bin++) {
            bins[bin] = of[Math.min(count, bin << SHIFT)];
        }
        int[] bySource = bySource(of, edges, starts);
        places = new int[edges.length];
        nodes = new char[edges.length];
        carried = new float[edges.length];
        var next = bins.clone();
        for (int k = 0; k < places.length; k++) {
            int node = bySource[k];
            int place = next[node >> SHIFT]++;
            places[k] = place;
            nodes[place] = (char) (node & ((1 << SHIFT) - 1));
        }
    }

    private static int[] starts(int[] edges, int positions) {
        var starts = new int[positions + 1];
        for (int position : edges) {
            starts[position + 1]++;
        }
        for (int p = 0; p < positions; p++) {
            starts[p + 1] += starts[p];
        }
        return starts;
    }

    /** The nodes that edges come to, source after source. */
    private static int[] bySource(int[] of, int[] edges, int[] starts) {
        var next = starts.clone();
        var bySource = new int[edges.length];
        for (int node = 0; node + 1 < of.length; node++) {
            for (int k = of[node]; k < of[node + 1]; k++) {
                bySource[next[edges[k]]++] = node;
            }
        }
        return bySource;
    }

    @Override
    public void sum(float[] values, float[] into) {
        for (int p = 0; p + 1 < starts.length; p++) {
            carry(values[p], starts[p], starts[p + 1]);
        }
        for (int bin = 0; bin + 1 < bins.length; bin++) {
            int first = bin << SHIFT;
            int count = Math.min(1 << SHIFT, into.length - first);
            Arrays.fill(sums, 0, count, 0);
            add(bins[bin], bins[bin + 1]);
            for (int i = 0; i < count; i++) {
                into[first + i] = (float) sums[i];
            }
        }
    }

    private void carry(float value, int from, int to) {
        int[] at = places;
        float[] into = carried;
        for (int k = from; k < to; k++) {
            into[at[k]] = value;
        }
    }

    private void add(int from, int to) {
        char[] of = nodes;
        float[] bin = carried;
        double[] into = sums;
        for (int k = from; k < to; k++) {
            into[of[k]] += bin[k];
        }
    }
}
