package orrery.learn.cluster;

/** Eight sums at a time, which the compiler keeps in registers. */
final class ScalarLanes implements Lanes {
    @Override
    public float scores(
            int[] indices, float[] values, int from, int to, float[] cells, float[] half, int at, float[] out) {
        for (int q = 0; q < WIDTH; q += 8) {
            float a = half[at + q];
            float b = half[at + q + 1];
            float c = half[at + q + 2];
            float d = half[at + q + 3];
            float e = half[at + q + 4];
            float f = half[at + q + 5];
            float g = half[at + q + 6];
            float h = half[at + q + 7];
            for (int p = from; p < to; p++) {
                float v = values[p];
                int cell = indices[p] * WIDTH + q;
                a += v * cells[cell];
                b += v * cells[cell + 1];
                c += v * cells[cell + 2];
                d += v * cells[cell + 3];
                e += v * cells[cell + 4];
                f += v * cells[cell + 5];
                g += v * cells[cell + 6];
                h += v * cells[cell + 7];
            }
            out[q] = a;
            out[q + 1] = b;
            out[q + 2] = c;
            out[q + 3] = d;
            out[q + 4] = e;
            out[q + 5] = f;
            out[q + 6] = g;
            out[q + 7] = h;
        }
        float least = out[0];
        for (int lane = 1; lane < WIDTH; lane++) {
            least = Math.min(least, out[lane]);
        }
        return least;
    }
}
