package orrery.bench.rank;

import java.util.List;
import java.util.SplittableRandom;
import orrery.data.Graph;

/**
 * Graphs of the Graph 500 benchmark: each edge falls into a quarter of the matrix with probabilities 0.57, 0.19, 0.19 and
 * 0.05, again and again; nodes are shuffled, and each edge goes both ways (Leskovec et al., JMLR 2010).
 */
public final class Kronecker {
    private static final double A = 0.57;
    private static final double B = 0.19;
    private static final double C = 0.19;

    private Kronecker() {}

    /** A graph of 2^scale nodes, and about twice {@code degree} edges for each. */
    public static Graph graph(int scale, int degree, long seed) {
        int nodes = 1 << scale;
        int drawn = nodes * degree;
        var random = new SplittableRandom(seed);
        var names = shuffled(nodes, random);
        var from = new int[2 * drawn];
        var to = new int[2 * drawn];
        int edges = 0;
        for (int i = 0; i < drawn; i++) {
            int u = 0;
            int v = 0;
            for (int bit = 0; bit < scale; bit++) {
                double draw = random.nextDouble();
                int right = draw < A || (draw >= A + B && draw < A + B + C) ? 0 : 1;
                int down = draw < A + B ? 0 : 1;
                u = 2 * u + down;
                v = 2 * v + right;
            }
            if (u != v) {
                from[edges] = names[u];
                to[edges++] = names[v];
                from[edges] = names[v];
                to[edges++] = names[u];
            }
        }
        return Graph.of(List.of(), nodes, from, to, edges);
    }

    private static int[] shuffled(int n, SplittableRandom random) {
        var all = new int[n];
        for (int i = 0; i < n; i++) {
            int j = random.nextInt(i + 1);
            all[i] = all[j];
            all[j] = i;
        }
        return all;
    }
}
