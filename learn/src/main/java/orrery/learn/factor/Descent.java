package orrery.learn.factor;

/** The inner loops: what one rating after the other does to a user's row and an item's, both factors and then a bias. */
final class Descent {
    private final RowMath math;

    Descent(RowMath math) {
        this.math = math;
    }

    /**
     * Gradient descent on both. Returns the sum of squared errors, each before its step.
     *
     * @param users by row, an array each: the compiler's vectors are for arrays from 0 on, not for parts of one
     * @param items by row of the tile
     */
    double sgd(
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
            float error = tiles.value[k] - (mean + bu + bi + math.dot(p, q, rank));
            squares += (double) error * error;
            math.step(p, q, rank, rate * error, 1 - shrink);
            p[rank] = bu + rate * error - shrink * bu;
            q[rank] = bi + rate * error - shrink * bi;
        }
        return squares;
    }

    /**
     * Descends on users by AdaGrad with a history that begins at 1, and sums up the gradients of items, which stay as they
     * are.
     */
    double adaGrad(
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
            float error = tiles.value[k] - (mean + bu + bi + math.dot(p, q, rank));
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
