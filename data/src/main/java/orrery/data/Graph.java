package orrery.data;

import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A directed graph, each edge once, as compressed rows of in-edges: those of node v are
 * {@code sources[starts[v]]} to {@code sources[starts[v + 1] - 1]}, ascending. Immutable by custom: nobody writes to the
 * arrays.
 *
 * @param names of the nodes; empty if they have none but their numbers
 * @param starts by node, and the number of edges at the end
 * @param sources by edge
 * @param outDegree by node
 * @param weights by edge, beside {@code sources}; empty if all edges count alike
 * @param outWeight by node, the sum of its edges' weights; empty likewise
 */
public record Graph(
        List<String> names, int[] starts, int[] sources, int[] outDegree, float[] weights, double[] outWeight) {

    /** A graph whose edges all count alike. */
    public static Graph of(List<String> names, int nodes, int[] from, int[] to, int edges) {
        return of(names, nodes, from, to, new double[0], edges);
    }

    /**
     * A graph of edges {@code from[i]} to {@code to[i]}. Those that occur again are one edge; their weights are added up.
     *
     * @param ofEdges weights by edge, 0 or more; empty if all count alike
     */
    public static Graph of(List<String> names, int nodes, int[] from, int[] to, double[] ofEdges, int edges) {
        boolean isWeighted = ofEdges.length > 0;
        var starts = new int[nodes + 1];
        for (int i = 0; i < edges; i++) {
            starts[to[i] + 1]++;
        }
        for (int v = 0; v < nodes; v++) {
            starts[v + 1] += starts[v];
        }
        var next = starts.clone();
        var sources = new long[edges]; // beside the edge's number
        for (int i = 0; i < edges; i++) {
            sources[next[to[i]]++] = (long) from[i] << 32 | i;
        }
        var outDegree = new int[nodes];
        var weights = new float[isWeighted ? edges : 0];
        var outWeight = new double[isWeighted ? nodes : 0];
        var distinct = new int[edges];
        int kept = 0;
        for (int v = 0; v < nodes; v++) {
            int begin = starts[v];
            int end = starts[v + 1];
            Arrays.sort(sources, begin, end);
            starts[v] = kept;
            for (int k = begin; k < end; ) {
                int source = (int) (sources[k] >>> 32);
                double weight = 0;
                for (; k < end && (int) (sources[k] >>> 32) == source; k++) {
                    weight += isWeighted ? ofEdges[(int) sources[k]] : 1;
                }
                outDegree[source]++;
                if (isWeighted) {
                    outWeight[source] += weight;
                    weights[kept] = (float) weight;
                }
                distinct[kept++] = source;
            }
        }
        starts[nodes] = kept;
        return new Graph(
                names,
                starts,
                kept == edges ? distinct : Arrays.copyOf(distinct, kept),
                outDegree,
                isWeighted && kept < edges ? Arrays.copyOf(weights, kept) : weights,
                outWeight);
    }

    public boolean isWeighted() {
        return weights.length > 0;
    }

    /** What a node gives to all that it points to is parted by this: its edges, or the sum of their weights; 0 if it has none. */
    public double outStrength(int node) {
        return isWeighted() ? outWeight[node] : outDegree[node];
    }

    public int nodes() {
        return outDegree.length;
    }

    public int edges() {
        return sources.length;
    }

    /** What a node is called. */
    public String name(int node) {
        return names.isEmpty() ? String.valueOf(node) : names.get(node);
    }

    /** The node of a name, or -1. */
    public int find(String name) {
        if (!names.isEmpty()) {
            return names.indexOf(name);
        }
        return name.matches("[0-9]{1,9}") && Integer.parseInt(name) < nodes() ? Integer.parseInt(name) : -1;
    }

    /** Two graphs with this in common are the same, as good as certain. */
    public String sum() {
        var sum = new CRC32C();
        var bytes = java.nio.ByteBuffer.allocate(1 << 16).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (var array : new int[][] {starts, sources}) {
            for (int at = 0; at < array.length; ) {
                int count = Math.min(array.length - at, bytes.capacity() / Integer.BYTES);
                bytes.clear().asIntBuffer().put(array, at, count);
                sum.update(bytes.limit(count * Integer.BYTES));
                at += count;
            }
        }
        for (int at = 0; at < weights.length; ) {
            int count = Math.min(weights.length - at, bytes.capacity() / Float.BYTES);
            bytes.clear().asFloatBuffer().put(weights, at, count);
            sum.update(bytes.limit(count * Float.BYTES));
            at += count;
        }
        return nodes() + "-" + edges() + "-" + Long.toHexString(sum.getValue());
    }

    @Override
    public String toString() {
        return String.format(java.util.Locale.ROOT, "%,d nodes, %,d edges", nodes(), edges());
    }
}
