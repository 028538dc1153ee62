package orrery.learn.topic;

/**
 * Draws from discrete distributions in constant time: each entry has as much room as any other, of which it keeps a part and
 * leaves the rest to one other (Walker, "An Efficient Method for Generating Discrete Random Variables with General
 * Distributions", ACM TOMS 1977, with Vose's construction in one pass). Several distributions share the arrays, one after
 * another. Confined to one thread.
 */
final class Alias {
    private float[] part = new float[0]; // of its room that the entry keeps
    private int[] other = new int[0]; // the entry that has the rest
    private int[] waiting = new int[0];

    /** Makes room for so many entries in all. */
    void room(int entries) {
        if (part.length < entries) {
            int length = (int) Math.min(Integer.MAX_VALUE - 8, entries + (entries >> 2) + 16L);
            part = new float[length];
            other = new int[length];
        }
    }

    /**
     * Makes a distribution of some entries.
     *
     * @param from the first
     * @param to the one after the last, above {@code from}
     * @param weights by entry, from 0 on; they are used up
     * @param sum of the weights, above 0
     */
    void make(int from, int to, double[] weights, double sum) {
        int n = to - from;
        if (waiting.length < n) {
            waiting = new int[n + (n >> 1)];
        }
        double scale = n / sum;
        int small = 0; // from the left, those that have less than their room
        int large = n; // from the right, those that have more
        for (int i = 0; i < n; i++) {
            weights[i] *= scale;
            if (weights[i] < 1) {
                waiting[small++] = i;
            } else {
                waiting[--large] = i;
            }
        }
        while (small > 0 && large < n) {
            int i = waiting[--small];
            int j = waiting[large];
            part[from + i] = (float) weights[i];
            other[from + i] = from + j;
            weights[j] -= 1 - weights[i];
            if (weights[j] < 1) {
                large++;
                waiting[small++] = j;
            }
        }
        while (small > 0) { // by rounding alone
            alone(from + waiting[--small]);
        }
        while (large < n) {
            alone(from + waiting[large++]);
        }
    }

    private void alone(int entry) {
        part[entry] = 1;
        other[entry] = entry;
    }

    /** How much of its room an entry keeps. */
    float part(int entry) {
        return part[entry];
    }

    /** The entry that has the rest of it. */
    int other(int entry) {
        return other[entry];
    }

    /** Draws an entry of the distribution that has those. */
    int draw(int from, int to, RandomNumbers random) {
        int entry = from + random.below(to - from);
        return random.next() < part[entry] ? entry : other[entry];
    }
}
