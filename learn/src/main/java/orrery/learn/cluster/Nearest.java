package orrery.learn.cluster;

import java.util.Arrays;
import orrery.data.Examples;

/**
 * The nearest centroid of each of some examples, kept from iteration to iteration with bounds (Yinyang k-means of Ding et
 * al., ICML 2015, with groups of {@value Lanes#WIDTH}): an example looks at a group of centroids only if one of it may have
 * become the nearest. Exact: where floats cannot decide, doubles do, and of equals the lower number wins. So the
 * bounds, and where they began, change no result. Confined to one thread.
 *
 * <p>A score is half the squared distance, less what all centroids have in common: {@code |c'|^2 / 2 + m c' - x c'} with
 * {@code c' = c - m} and m about where the centroids are, which keeps floats' digits.
 */
final class Nearest {
    private static final int WIDTH = Lanes.WIDTH;
    private static final int BLOCK = 128; // examples that look at a group one after the other
    private static final long MOST_BOUNDS = 1L << 28;
    private static final float ROUNDING = 0x1p-24f; // of a float, at most, of its size
    private static final float NONE = 1e30f; // the score of a lane without a centroid

    private final Examples.Cursor cursor;
    private final long first;
    private final int count; // of examples
    private final int clusters;
    private final int features;
    private final int groups;
    private final boolean keepsBounds;
    private final float[] centre;
    private final double centreLength;
    private final float[][] cells; // by group (feature, lane): m - c
    private final float[] half; // by group and lane
    private final float[] before; // centroids of the iteration before
    private final double[] norms; // |c|^2 / 2
    private final float[] shift; // by centroid, how far it has moved
    private final double[] moved; // by group, the sum of its farthest moves
    private final int[] own; // by example, its cluster
    private final float[] upper; // by example, of the distance to its own
    private final float[] lower; // by block, group and example, of the distance to others, plus moved at that time
    private final float[] square; // by example |x - m|^2
    private final float[] length; // by example |x|
    private final Lanes lanes = Lanes.best();
    private final float[] out = new float[WIDTH];
    private final float[] best = new float[BLOCK]; // scores of the examples of a block
    private float[] centroids = {};
    private float longest; // |c'|
    private boolean isFresh = true;

    /** Takes in which cluster an example has left, or -1, and which it has joined. */
    @FunctionalInterface
    interface Mover {
        void moved(Examples.Cursor example, int from, int to);
    }

    /** @param centre about where centroids will be */
    Nearest(Examples examples, long first, long last, int clusters, float[] centre) {
        this(examples, first, last, clusters, centre, MOST_BOUNDS);
    }

    /** To be asked once: without bounds for the next time. */
    static Nearest once(Examples examples, long first, long last, int clusters, float[] centre) {
        return new Nearest(examples, first, last, clusters, centre, 0);
    }

    private Nearest(Examples examples, long first, long last, int clusters, float[] centre, long mostBounds) {
        this.first = first;
        this.clusters = clusters;
        this.centre = centre;
        cursor = examples.cursor();
        count = Math.toIntExact(last - first);
        features = centre.length;
        groups = (clusters + WIDTH - 1) / WIDTH;
        cells = new float[groups][Math.multiplyExact(features, WIDTH)];
        half = new float[groups * WIDTH];
        before = new float[Math.multiplyExact(clusters, features)];
        norms = new double[clusters];
        shift = new float[clusters];
        moved = new double[groups];
        long blocks = (count + BLOCK - 1L) / BLOCK;
        keepsBounds = blocks * BLOCK * groups <= mostBounds;
        own = new int[count];
        upper = new float[count];
        lower = new float[(int) (keepsBounds ? blocks * BLOCK * groups : (long) BLOCK * groups)];
        square = new float[count];
        length = new float[count];
        double norm = 0;
        for (float m : centre) {
            norm += (double) m * m;
        }
        centreLength = Math.sqrt(norm);
        for (int i = 0; i < count; i++) {
            cursor.move(first + i);
            double ofExample = 0;
            double withCentre = 0;
            for (int p = cursor.from(); p < cursor.to(); p++) {
                double v = cursor.values()[p];
                ofExample += v * v;
                withCentre += v * centre[cursor.indices()[p]];
            }
            length[i] = (float) Math.sqrt(ofExample);
            square[i] = (float) Math.max(0, ofExample - 2 * withCentre + norm);
        }
    }

    /** The cluster of an example, by its position among these. */
    int cluster(int example) {
        return own[example];
    }

    /**
     * Finds the nearest of other centroids; who has another than before moves.
     *
     * @param now (clusters, features), not to be changed before the next call
     */
    void assign(float[] now, Mover mover) {
        set(now);
        if (isFresh) {
            Arrays.fill(own, -1);
            Arrays.fill(lower, Float.NEGATIVE_INFINITY);
            Arrays.fill(moved, 0);
        }
        if (isFresh || !keepsBounds) {
            Arrays.fill(upper, Float.MAX_VALUE);
        }
        isFresh = false;
        var least = new float[BLOCK];
        var list = new int[BLOCK];
        var was = new int[BLOCK];
        for (int block = 0; block < count; block += BLOCK) {
            int at = keepsBounds ? block * groups : 0;
            if (!keepsBounds) {
                Arrays.fill(lower, Float.NEGATIVE_INFINITY);
            }
            int looking = looking(block, at, least, list);
            for (int n = 0; n < looking; n++) { // at its own group first
                int j = list[n];
                was[j] = own[block + j];
                own[block + j] = -1;
                look(block + j, Math.max(0, was[j]) / WIDTH, at, j);
            }
            for (int g = 0; g < groups; g++) {
                float drop = drop(g);
                for (int n = 0; n < looking; n++) {
                    int j = list[n];
                    if (Math.max(0, was[j]) / WIDTH != g && lower[at + g * BLOCK + j] - drop < upper[block + j]) {
                        look(block + j, g, at, j);
                    }
                }
            }
            for (int n = 0; n < looking; n++) {
                int i = block + list[n];
                if (own[i] != was[list[n]]) {
                    cursor.move(first + i);
                    mover.moved(cursor, was[list[n]], own[i]);
                }
            }
        }
    }

    /** Which examples of a block may have another nearest now, and how many there are. */
    private int looking(int block, int at, float[] least, int[] list) {
        int size = Math.min(BLOCK, count - block);
        Arrays.fill(least, Float.MAX_VALUE);
        for (int g = 0; g < groups; g++) {
            int from = at + g * BLOCK;
            float drop = drop(g);
            for (int j = 0; j < BLOCK; j++) {
                least[j] = Math.min(least[j], lower[from + j] - drop);
            }
        }
        int looking = 0;
        for (int j = 0; j < size; j++) {
            int i = block + j;
            if (own[i] >= 0 && upper[i] != Float.MAX_VALUE) {
                upper[i] = Math.nextUp(upper[i] + shift[own[i]]);
            }
            if (!(upper[i] < least[j])) {
                list[looking++] = j;
            }
        }
        return looking;
    }

    /** By how much a group's bounds have become lower, rounded up. */
    private float drop(int group) {
        return (float) (moved[group] * (1 + 1e-7));
    }

    /** Looks for a nearer centroid in a group. {@code at} is where the bounds of the example's block begin. */
    private void look(int i, int group, int at, int j) {
        cursor.move(first + i);
        int from = cursor.from();
        int to = cursor.to();
        float found = lanes.scores(cursor.indices(), cursor.values(), from, to, cells[group], half, group * WIDTH, out);
        float error = error(i, to - from);
        int bound = at + group * BLOCK + j;
        if (own[i] >= 0 && found >= best[j] + 2 * error) {
            lower[bound] = low(i, found, error, group);
            return;
        }
        float one = Float.MAX_VALUE;
        float two = Float.MAX_VALUE;
        int lane = 0;
        for (int l = 0; l < WIDTH; l++) {
            if (out[l] < one) {
                two = one;
                one = out[l];
                lane = l;
            } else if (out[l] < two) {
                two = out[l];
            }
        }
        int cluster = group * WIDTH + lane;
        if (two - one < 2 * error) {
            float least = one;
            cluster = exactly(group, one + 2 * error);
            one = out[cluster - group * WIDTH];
            two = least; // a bound for all others
        }
        boolean wins = own[i] < 0 || one < best[j];
        if (own[i] >= 0 && Math.abs(one - best[j]) < 2 * error) {
            double difference = exact(cluster) - exact(own[i]);
            wins = difference < 0 || (difference == 0 && cluster < own[i]);
        }
        if (wins) {
            if (own[i] >= 0) {
                int left = own[i] / WIDTH;
                int other = at + left * BLOCK + j;
                lower[other] = Math.min(lower[other], low(i, best[j], error, left));
            }
            lower[bound] = low(i, two, error, group);
            own[i] = cluster;
            best[j] = one;
            upper[i] = (float) Math.sqrt(Math.max(0, square[i] + 2.0 * one + 3 * error)) * (1 + 0x1p-22f);
        } else {
            lower[bound] = low(i, one, error, group);
        }
    }

    /** What a score may be wrong by, at most. */
    private float error(int i, int nonZeros) {
        return (nonZeros + 8) * ROUNDING * longest * (float) (length[i] + longest + centreLength) * 1.01f;
    }

    /** A lower bound of distances, from the least score of centroids of a group. */
    private float low(int i, float score, float error, int group) {
        float s = square[i] * (1 - 4 * ROUNDING) + 2 * score - 4 * error;
        double distance = s > 0 ? Math.sqrt(s) : 0;
        return (float) (distance * (1 - 0x1p-21) + moved[group]) * (1 - 0x1p-23f);
    }

    /** Of the lanes with a score of that at most, the one that is nearest by doubles. */
    private int exactly(int group, float most) {
        int nearest = -1;
        double least = 0;
        for (int l = 0; l < WIDTH && group * WIDTH + l < clusters; l++) {
            if (out[l] <= most) {
                double score = exact(group * WIDTH + l);
                if (nearest < 0 || score < least) {
                    least = score;
                    nearest = group * WIDTH + l;
                }
            }
        }
        return nearest;
    }

    /** The score of a centroid, as it is, for the example under the cursor. */
    private double exact(int cluster) {
        double score = norms[cluster];
        for (int p = cursor.from(); p < cursor.to(); p++) {
            score -= (double) cursor.values()[p] * centroids[cluster * features + cursor.indices()[p]];
        }
        return score;
    }

    private void set(float[] now) {
        centroids = now;
        longest = 0;
        Arrays.fill(half, NONE);
        for (int g = 0; g < groups; g++) {
            double farthest = 0;
            for (int l = 0; l < WIDTH && g * WIDTH + l < clusters; l++) {
                int c = g * WIDTH + l;
                double norm = 0;
                double square = 0;
                double product = 0;
                double distance = 0;
                for (int f = 0; f < features; f++) {
                    float v = now[c * features + f];
                    double r = v - centre[f];
                    double s = (double) v - before[c * features + f];
                    norm += (double) v * v;
                    square += r * r;
                    product += r * centre[f];
                    distance += s * s;
                    cells[g][f * WIDTH + l] = (float) -r;
                }
                norms[c] = norm / 2;
                half[c] = (float) (square / 2 + product);
                longest = Math.max(longest, (float) (Math.sqrt(square) * (1 + 1e-6)));
                shift[c] = (float) (Math.sqrt(distance) * (1 + 1e-6));
                farthest = Math.max(farthest, shift[c]);
            }
            moved[g] += farthest;
        }
        System.arraycopy(now, 0, before, 0, before.length);
    }
}
