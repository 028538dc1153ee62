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
 */
public record Graph(List<String> names, int[] starts, int[] sources, int[] outDegree) {

    /** A graph of edges {@code from[i]} to {@code to[i]}; of those that occur again only one is kept. */
    public static Graph of(List<String> names, int nodes, int[] from, int[] to, int edges) {
        var starts = new int[nodes + 1];
        for (int i = 0; i < edges; i++) {
            starts[to[i] + 1]++;
        }
        for (int v = 0; v < nodes; v++) {
            starts[v + 1] += starts[v];
        }
        var next = starts.clone();
        var sources = new int[edges];
        for (int i = 0; i < edges; i++) {
            sources[next[to[i]]++] = from[i];
        }
        var outDegree = new int[nodes];
        int kept = 0;
        for (int v = 0; v < nodes; v++) {
            int begin = starts[v];
            int end = starts[v + 1];
            Arrays.sort(sources, begin, end);
            starts[v] = kept;
            for (int k = begin; k < end; k++) {
                if (k == begin || sources[k] != sources[k - 1]) {
                    outDegree[sources[k]]++;
                    sources[kept++] = sources[k];
                }
            }
        }
        starts[nodes] = kept;
        return new Graph(names, starts, kept == edges ? sources : Arrays.copyOf(sources, kept), outDegree);
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
        var bytes = java.nio.ByteBuffer.allocate(1 << 16);
        for (var array : new int[][] {starts, sources}) {
            for (int at = 0; at < array.length; ) {
                int count = Math.min(array.length - at, bytes.capacity() / Integer.BYTES);
                bytes.clear().asIntBuffer().put(array, at, count);
                sum.update(bytes.limit(count * Integer.BYTES));
                at += count;
            }
        }
        return nodes() + "-" + edges() + "-" + Long.toHexString(sum.getValue());
    }

    @Override
    public String toString() {
        return String.format(java.util.Locale.ROOT, "%,d nodes, %,d edges", nodes(), edges());
    }
}
