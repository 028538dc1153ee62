package orrery.bench.factor;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import orrery.data.Ratings;

/** The same descent on plain arrays: ratings sorted by blocks of items, then users; one thread, no tables. */
final class PlainFactors {
    private static final int BLOCK_BYTES = 512 << 10;

    private final int rank;
    private final float mean;
    private final int[] user;
    private final int[] item;
    private final float[] value;
    private final float[][] users;
    private final float[][] items;

    PlainFactors(Ratings ratings, int rank) {
        this.rank = rank;
        mean = ratings.mean();
        int rows = BLOCK_BYTES / (rank + 1) / Float.BYTES;
        var order = new Integer[ratings.size()];
        Arrays.setAll(order, i -> i);
        Arrays.parallelSort(
                order,
                Comparator.comparingInt((Integer i) -> ratings.items()[i] / rows)
                        .thenComparingInt(i -> ratings.users()[i]));
        user = new int[order.length];
        item = new int[order.length];
        value = new float[order.length];
        for (int k = 0; k < order.length; k++) {
            user[k] = ratings.users()[order[k]];
            item[k] = ratings.items()[order[k]];
            value[k] = ratings.values()[order[k]];
        }
        var random = new SplittableRandom(1);
        users = new float[ratings.userCount()][rank + 1];
        items = new float[ratings.itemCount()][rank + 1];
        for (var side : new float[][][] {users, items}) {
            for (var row : side) {
                for (int c = 0; c < row.length; c++) {
                    row[c] = 0.1f * (float) random.nextGaussian();
                }
            }
        }
    }

    double pass() {
        return pass(0.01f, 0.05f);
    }

    private double pass(float rate, float l2) {
        double squares = 0;
        float shrink = rate * l2;
        for (int k = 0; k < user.length; k++) {
            float[] p = users[user[k]];
            float[] q = items[item[k]];
            float bu = p[rank];
            float bi = q[rank];
            float error = value[k] - (mean + bu + bi + dot(p, q, rank));
            squares += (double) error * error;
            step(p, q, rank, rate * error, 1 - shrink);
            p[rank] = bu + rate * error - shrink * bu;
            q[rank] = bi + rate * error - shrink * bi;
        }
        return squares;
    }

    private static void step(float[] p, float[] q, int rank, float by, float keep) {
        for (int c = 0; c < rank; c++) {
            float pc = p[c];
            p[c] = keep * pc + by * q[c];
            q[c] = keep * q[c] + by * pc;
        }
    }

    private static float dot(float[] p, float[] q, int rank) {
        float a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
        int i = 0;
        for (; i + 7 < rank; i += 8) {
            a = Math.fma(p[i], q[i], a);
            b = Math.fma(p[i + 1], q[i + 1], b);
            c = Math.fma(p[i + 2], q[i + 2], c);
            d = Math.fma(p[i + 3], q[i + 3], d);
            e = Math.fma(p[i + 4], q[i + 4], e);
            f = Math.fma(p[i + 5], q[i + 5], f);
            g = Math.fma(p[i + 6], q[i + 6], g);
            h = Math.fma(p[i + 7], q[i + 7], h);
        }
        for (; i < rank; i++) {
            a = Math.fma(p[i], q[i], a);
        }
        return ((a + b) + (c + d)) + ((e + f) + (g + h));
    }
}
