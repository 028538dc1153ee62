package orrery.learn.factor;

import java.util.Arrays;

/** One number after the other; what {@link VectorRowAdaGrad} is to yield, to the last bit. */
final class ScalarRowAdaGrad implements RowAdaGrad {
    private final float[] sums = new float[SUMS];

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
        float part = 1f / rank;
        int tail = RowAdaGrad.padded(rank);
        int stride = RowAdaGrad.stride(rank);
        for (int n = from; n < to; n++) {
            int p = tiles.user[n] * stride;
            int q = tiles.item[n] * stride;
            float biasOfUser = users[p + tail + BIAS];
            float biasOfItem = items[q + tail + BIAS];
            float stepOfUser = rate / (float) Math.sqrt(1 + users[p + tail + HISTORY]);
            float stepOfItem = rate / (float) Math.sqrt(1 + items[q + tail + HISTORY]);
            float value = (tiles.value[n] - mean) * perDeviation;
            float error = value - (biasOfUser + biasOfItem + dot(users, p, items, q, tail));
            float keepUser = 1 - stepOfUser * l2;
            float keepItem = 1 - stepOfItem * l2;
            for (int c = 0; c < tail; c++) {
                float pc = users[p + c];
                float qc = items[q + c];
                users[p + c] = Math.fma(pc, keepUser, qc * (stepOfUser * error));
                items[q + c] = Math.fma(qc, keepItem, pc * (stepOfItem * error));
            }
            float energy = error * error * part;
            users[p + tail + BIAS] = Math.fma(biasOfUser, keepUser, stepOfUser * error);
            items[q + tail + BIAS] = Math.fma(biasOfItem, keepItem, stepOfItem * error);
            users[p + tail + HISTORY] = Math.fma(energy, items[q + tail + NORM], users[p + tail + HISTORY]);
            items[q + tail + HISTORY] = Math.fma(energy, users[p + tail + NORM], items[q + tail + HISTORY]);
            squares += (double) error * error;
        }
        return squares;
    }

    private float dot(float[] users, int p, float[] items, int q, int tail) {
        float[] s = sums;
        Arrays.fill(s, 0);
        for (int c = 0; c < tail; c++) {
            s[c % SUMS] = Math.fma(users[p + c], items[q + c], s[c % SUMS]);
        }
        for (int half = SUMS / 2; half >= 4; half /= 2) {
            for (int c = 0; c < half; c++) {
                s[c] += s[c + half];
            }
        }
        return (s[0] + s[2]) + (s[1] + s[3]);
    }
}
