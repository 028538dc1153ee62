package orrery.bench.factor;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import orrery.data.Ratings;

/** The same descent on plain arrays: ratings sorted by blocks of items, then users; one thread, no tables. */
final class PlainFactors {
    private static final VectorSpecies<Float> MOST = FloatVector.SPECIES_PREFERRED;
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
        int c = 0;
        for (; c + MOST.length() <= rank; c += MOST.length()) {
            var pc = FloatVector.fromArray(MOST, p, c);
            var qc = FloatVector.fromArray(MOST, q, c);
            pc.mul(keep).add(qc.mul(by)).intoArray(p, c);
            qc.mul(keep).add(pc.mul(by)).intoArray(q, c);
        }
        for (; c < rank; c++) {
            float pc = p[c];
            p[c] = keep * pc + by * q[c];
            q[c] = keep * q[c] + by * pc;
        }
    }

    private static float dot(float[] p, float[] q, int rank) {
        var sums = FloatVector.zero(MOST);
        int c = 0;
        for (; c + MOST.length() <= rank; c += MOST.length()) {
            sums = FloatVector.fromArray(MOST, p, c).fma(FloatVector.fromArray(MOST, q, c), sums);
        }
        float sum = sums.reduceLanes(VectorOperators.ADD);
        for (; c < rank; c++) {
            sum = Math.fma(p[c], q[c], sum);
        }
        return sum;
    }
}
