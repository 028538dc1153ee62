package orrery.learn.factor;

/** The inner loops: what one rating after the other does to a user's row and an item's, both factors and then a bias. */
final class Descent {
    private Descent() {}

    /**
     * Gradient descent on both. Returns the sum of squared errors, each before its step.
     *
     * @param users by row, an array each: loops over two arrays from 0 on vectorise, over parts of one they do not
     * @param items by row of the tile
     */
    static double sgd(
            Tiles tiles,
            int from,
            int to,
            float mean,
            float rate,
            float l2,
            int rank,
            float[][] users,
            float[][] items) {
        double squares = 0;
        float shrink = rate * l2;
        for (int k = from; k < to; k++) {
            float[] p = users[tiles.user[k]];
            float[] q = items[tiles.item[k]];
            float bu = p[rank];
            float bi = q[rank];
            float error = tiles.value[k] - (mean + bu + bi + dot(p, q, rank));
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

    /**
     * Descends on users by AdaGrad with a history that begins at 1, and sums up the gradients of items, which stay as they
     * are.
     */
    static double adaGrad(
            Tiles tiles,
            int from,
            int to,
            float mean,
            float rate,
            float l2,
            int rank,
            float[][] users,
            float[] history,
            float[] items,
            float[] gradients) {
        int width = rank + 1;
        double squares = 0;
        var h = new float[rank];
        var q = new float[rank];
        var g = new float[rank];
        for (int k = from; k < to; k++) {
            int u = tiles.user[k] * width;
            int i = tiles.item[k] * width;
            float[] p = users[tiles.user[k]];
            System.arraycopy(history, u, h, 0, rank);
            System.arraycopy(items, i, q, 0, rank);
            System.arraycopy(gradients, i, g, 0, rank);
            float bu = p[rank];
            float bi = items[i + rank];
            float error = tiles.value[k] - (mean + bu + bi + dot(p, q, rank));
            squares += (double) error * error;
            for (int c = 0; c < rank; c++) {
                g[c] += l2 * q[c] - error * p[c];
            }
            for (int c = 0; c < rank; c++) {
                float gradient = l2 * p[c] - error * q[c];
                h[c] += gradient * gradient;
                p[c] -= rate * gradient / (float) Math.sqrt(h[c] + 1);
            }
            float gradient = l2 * bu - error;
            history[u + rank] += gradient * gradient;
            p[rank] = bu - rate * gradient / (float) Math.sqrt(history[u + rank] + 1);
            gradients[i + rank] += l2 * bi - error;
            System.arraycopy(h, 0, history, u, rank);
            System.arraycopy(g, 0, gradients, i, rank);
        }
        return squares;
    }
}
