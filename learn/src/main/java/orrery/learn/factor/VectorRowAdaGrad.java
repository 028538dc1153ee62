package orrery.learn.factor;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** By vectors; rows of 64 factors stay in registers from the product to the step where the machine's have 512 bits. */
final class VectorRowAdaGrad implements RowAdaGrad {
    private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
    private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
    private static final VectorSpecies<Float> SIXTEEN = FloatVector.SPECIES_512;
    private static final VectorSpecies<Float> MOST = FloatVector.SPECIES_PREFERRED;

    /** The compiler counts calls, and vectors that are not compiled are a thousand times slower: at first a call is of one rating. */
    private static final int SHORT_CALLS = 4096;

    private static final int BETWEEN_CALLS = 64;

    private int calls;
    private final float[] sums = new float[FOUR.length()];

    @Override
    public double descend(
            Tiles tiles,
            int from,
            int to,
            float mean,
            float perDeviation,
            float rate,
            float l2,
            int rank,
            float[] users,
            float[] items) {
        double squares = 0;
        boolean isSixtyFour = RowAdaGrad.padded(rank) == 64 && MOST.length() == SIXTEEN.length();
        for (int n = from, end; n < to; n = end) {
            end = calls < SHORT_CALLS ? n + 1 : Math.min(to, n + BETWEEN_CALLS);
            calls = Math.min(calls + 1, SHORT_CALLS);
            squares = isSixtyFour
                    ? ofSixtyFour(squares, tiles, n, end, mean, perDeviation, rate, l2, rank, users, items)
                    : ofAny(squares, tiles, n, end, mean, perDeviation, rate, l2, rank, users, items);
        }
        return squares;
    }

    /** One method: in parts it is too big to be inlined, and half as fast. */
    private double ofSixtyFour(
            double before,
            Tiles tiles,
            int from,
            int to,
            float mean,
            float perDeviation,
            float rate,
            float l2,
            int rank,
            float[] users,
            float[] items) {
        double squares = before;
        float part = 1f / rank;
        float[] s = sums;
        int[] user = tiles.user;
        int[] item = tiles.item;
        float[] values = tiles.value;
        for (int n = from; n < to; n++) {
            int p = user[n] * 80;
            int q = item[n] * 80;
            var p0 = FloatVector.fromArray(SIXTEEN, users, p);
            var p1 = FloatVector.fromArray(SIXTEEN, users, p + 16);
            var p2 = FloatVector.fromArray(SIXTEEN, users, p + 32);
            var p3 = FloatVector.fromArray(SIXTEEN, users, p + 48);
            var q0 = FloatVector.fromArray(SIXTEEN, items, q);
            var q1 = FloatVector.fromArray(SIXTEEN, items, q + 16);
            var q2 = FloatVector.fromArray(SIXTEEN, items, q + 32);
            var q3 = FloatVector.fromArray(SIXTEEN, items, q + 48);
            var products = p2.fma(q2, p0.mul(q0)).add(p3.fma(q3, p1.mul(q1)));
            var eight = ((FloatVector) products.castShape(EIGHT, 0)).add((FloatVector) products.castShape(EIGHT, 1));
            ((FloatVector) eight.castShape(FOUR, 0))
                    .add((FloatVector) eight.castShape(FOUR, 1))
                    .intoArray(s, 0);
            float biasOfUser = users[p + 64 + BIAS];
            float historyOfUser = users[p + 64 + HISTORY];
            float normOfUser = users[p + 64 + NORM];
            float biasOfItem = items[q + 64 + BIAS];
            float historyOfItem = items[q + 64 + HISTORY];
            float normOfItem = items[q + 64 + NORM];
            float stepOfUser = rate / (float) Math.sqrt(1 + historyOfUser);
            float stepOfItem = rate / (float) Math.sqrt(1 + historyOfItem);
            float value = (values[n] - mean) * perDeviation;
            float error = value - (biasOfUser + biasOfItem + ((s[0] + s[2]) + (s[1] + s[3])));
            float keepUser = 1 - stepOfUser * l2;
            float keepItem = 1 - stepOfItem * l2;
            float byUser = stepOfUser * error;
            float byItem = stepOfItem * error;
            var keepP = FloatVector.broadcast(SIXTEEN, keepUser);
            var keepQ = FloatVector.broadcast(SIXTEEN, keepItem);
            var byP = FloatVector.broadcast(SIXTEEN, byUser);
            var byQ = FloatVector.broadcast(SIXTEEN, byItem);
            p0.fma(keepP, q0.mul(byP)).intoArray(users, p);
            p1.fma(keepP, q1.mul(byP)).intoArray(users, p + 16);
            p2.fma(keepP, q2.mul(byP)).intoArray(users, p + 32);
            p3.fma(keepP, q3.mul(byP)).intoArray(users, p + 48);
            q0.fma(keepQ, p0.mul(byQ)).intoArray(items, q);
            q1.fma(keepQ, p1.mul(byQ)).intoArray(items, q + 16);
            q2.fma(keepQ, p2.mul(byQ)).intoArray(items, q + 32);
            q3.fma(keepQ, p3.mul(byQ)).intoArray(items, q + 48);
            float energy = error * error * part;
            users[p + 64 + BIAS] = Math.fma(biasOfUser, keepUser, byUser);
            items[q + 64 + BIAS] = Math.fma(biasOfItem, keepItem, byItem);
            users[p + 64 + HISTORY] = Math.fma(energy, normOfItem, historyOfUser);
            items[q + 64 + HISTORY] = Math.fma(energy, normOfUser, historyOfItem);
            squares += (double) error * error;
        }
        return squares;
    }

    private double ofAny(
            double before,
            Tiles tiles,
            int from,
            int to,
            float mean,
            float perDeviation,
            float rate,
            float l2,
            int rank,
            float[] users,
            float[] items) {
        double squares = before;
        float part = 1f / rank;
        int tail = RowAdaGrad.padded(rank);
        int stride = RowAdaGrad.stride(rank);
        for (int n = from; n < to; n++) {
            int p = tiles.user[n] * stride;
            int q = tiles.item[n] * stride;
            float biasOfUser = users[p + tail + BIAS];
            float historyOfUser = users[p + tail + HISTORY];
            float normOfUser = users[p + tail + NORM];
            float biasOfItem = items[q + tail + BIAS];
            float historyOfItem = items[q + tail + HISTORY];
            float normOfItem = items[q + tail + NORM];
            float stepOfUser = rate / (float) Math.sqrt(1 + historyOfUser);
            float stepOfItem = rate / (float) Math.sqrt(1 + historyOfItem);
            float value = (tiles.value[n] - mean) * perDeviation;
            float error = value - (biasOfUser + biasOfItem + dot(users, p, items, q, tail));
            float keepUser = 1 - stepOfUser * l2;
            float keepItem = 1 - stepOfItem * l2;
            float byUser = stepOfUser * error;
            float byItem = stepOfItem * error;
            step(users, p, items, q, tail, keepUser, keepItem, byUser, byItem);
            float energy = error * error * part;
            users[p + tail + BIAS] = Math.fma(biasOfUser, keepUser, byUser);
            items[q + tail + BIAS] = Math.fma(biasOfItem, keepItem, byItem);
            users[p + tail + HISTORY] = Math.fma(energy, normOfItem, historyOfUser);
            items[q + tail + HISTORY] = Math.fma(energy, normOfUser, historyOfItem);
            squares += (double) error * error;
        }
        return squares;
    }

    private float dot(float[] users, int p, float[] items, int q, int tail) {
        var a = FloatVector.zero(EIGHT);
        var b = a;
        var c = a;
        var d = a;
        int x = 0;
        for (; x + SUMS <= tail; x += SUMS) {
            a = FloatVector.fromArray(EIGHT, users, p + x).fma(FloatVector.fromArray(EIGHT, items, q + x), a);
            b = FloatVector.fromArray(EIGHT, users, p + x + 8).fma(FloatVector.fromArray(EIGHT, items, q + x + 8), b);
            c = FloatVector.fromArray(EIGHT, users, p + x + 16).fma(FloatVector.fromArray(EIGHT, items, q + x + 16), c);
            d = FloatVector.fromArray(EIGHT, users, p + x + 24).fma(FloatVector.fromArray(EIGHT, items, q + x + 24), d);
        }
        if (x < tail) {
            a = FloatVector.fromArray(EIGHT, users, p + x).fma(FloatVector.fromArray(EIGHT, items, q + x), a);
            b = FloatVector.fromArray(EIGHT, users, p + x + 8).fma(FloatVector.fromArray(EIGHT, items, q + x + 8), b);
        }
        float[] s = sums;
        var eight = a.add(c).add(b.add(d));
        ((FloatVector) eight.castShape(FOUR, 0))
                .add((FloatVector) eight.castShape(FOUR, 1))
                .intoArray(s, 0);
        return (s[0] + s[2]) + (s[1] + s[3]);
    }

    private static void step(
            float[] users,
            int p,
            float[] items,
            int q,
            int tail,
            float keepUser,
            float keepItem,
            float byUser,
            float byItem) {
        var keepP = FloatVector.broadcast(MOST, keepUser);
        var keepQ = FloatVector.broadcast(MOST, keepItem);
        var byP = FloatVector.broadcast(MOST, byUser);
        var byQ = FloatVector.broadcast(MOST, byItem);
        for (int x = 0; x < tail; x += MOST.length()) {
            var pc = FloatVector.fromArray(MOST, users, p + x);
            var qc = FloatVector.fromArray(MOST, items, q + x);
            pc.fma(keepP, qc.mul(byP)).intoArray(users, p + x);
            qc.fma(keepQ, pc.mul(byQ)).intoArray(items, q + x);
        }
    }
}
