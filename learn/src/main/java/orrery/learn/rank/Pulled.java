package orrery.learn.rank;

/** Node by node: reads the value of each source where it lies. */
final class Pulled implements Incoming {
    private final int[] starts;
    private final int[] edges;
    private final float[] weights;

    Pulled(int[] starts, int[] edges, float[] weights) {
        this.starts = starts;
        this.edges = edges;
        this.weights = weights;
    }

    @Override
    public void sum(float[] values, float[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] = weights.length > 0 ? weighed(i, values) : plain(i, values);
        }
    }

    private float weighed(int node, float[] values) {
        float sum = 0;
        for (int k = starts[node], end = starts[node + 1]; k < end; k++) {
            sum += weights[k] * values[edges[k]];
        }
        return sum;
    }

    private float plain(int node, float[] values) {
        int[] of = edges;
        int k = starts[node];
        int end = starts[node + 1];
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0; // four sums: the additions of one would wait for each other
        for (; k + 3 < end; k += 4) {
            a += values[of[k]];
            b += values[of[k + 1]];
            c += values[of[k + 2]];
            d += values[of[k + 3]];
        }
        for (; k < end; k++) {
            a += values[of[k]];
        }
        return (a + b) + (c + d);
    }
}
