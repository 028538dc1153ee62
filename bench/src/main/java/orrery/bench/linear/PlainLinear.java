package orrery.bench.linear;

import java.util.Arrays;
import orrery.data.Examples;
import orrery.engine.examples.Partition;

/**
 * The oracle and the baseline: the same algorithm, batches, order and rule (AdaGrad) as a training with one worker, on
 * plain arrays. One dense gradient per batch, applied in one loop.
 */
final class PlainLinear {
    private final Examples examples;
    private final int classes; // 1: logistic, labels above 0 are positive; else softmax
    private final float[] labels; // class by example
    private final int batch;
    private final float rate;
    final float[] weights;
    private final float[] squares;
    private final float[] gradient;
    private final float[] bias;
    private final float[] biasSquares;
    private final float[] biasGradient;
    private double cost;

    PlainLinear(Examples examples, int classes, float[] labels, int batch, float rate) {
        this.examples = examples;
        this.classes = classes;
        this.labels = labels;
        this.batch = batch;
        this.rate = rate;
        weights = new float[examples.features() * classes];
        squares = new float[weights.length];
        gradient = new float[weights.length];
        bias = new float[classes];
        biasSquares = new float[classes];
        biasGradient = new float[classes];
    }

    void passes(int from, int to, long seed) {
        var partition = Partition.of(examples.size(), batch, seed, 0);
        long perPass = partition.clocksPerPass(1);
        var cursor = examples.cursor();
        for (long clock = from * perPass; clock < to * perPass; clock++) {
            long begin = partition.from(clock, 0, 1);
            long end = partition.to(clock, 0, 1);
            var order = partition.order(clock, 0, 1);
            float share = 1f / (end - begin);
            for (long position = begin; position < end; position++) {
                long example = order.at(position);
                cursor.move(example);
                if (classes == 1) {
                    logistic(cursor, labels[(int) example], share);
                } else {
                    softmax(cursor, (int) labels[(int) example], share);
                }
            }
            step(weights, squares, gradient, rate);
            step(bias, biasSquares, biasGradient, rate);
            Arrays.fill(gradient, 0);
            Arrays.fill(biasGradient, 0);
        }
    }

    private static void step(float[] w, float[] squares, float[] g, float rate) {
        for (int i = 0; i < w.length; i++) {
            float x = g[i];
            float sum = squares[i] + x * x;
            squares[i] = sum;
            w[i] -= rate * x / (float) Math.sqrt(sum + 1e-12f);
        }
    }

    private void logistic(Examples.Cursor example, float label, float share) {
        var indices = example.indices();
        var values = example.values();
        double y = label > 0 ? 1 : -1;
        double margin = dot(weights, indices, values, example.from(), example.to()) + (double) bias[0];
        double e = Math.exp(-Math.abs(margin));
        cost += Math.max(-y * margin, 0) + Math.log(1 + e);
        float slope = (float) (-y * (y * margin > 0 ? e : 1) / (1 + e) * share);
        axpy(gradient, slope, indices, values, example.from(), example.to());
        biasGradient[0] += slope;
    }

    private static float dot(float[] w, int[] indices, float[] values, int from, int to) {
        float a = 0, b = 0, c = 0, d = 0;
        int k = from;
        for (; k + 3 < to; k += 4) {
            a += w[indices[k]] * values[k];
            b += w[indices[k + 1]] * values[k + 1];
            c += w[indices[k + 2]] * values[k + 2];
            d += w[indices[k + 3]] * values[k + 3];
        }
        for (; k < to; k++) {
            a += w[indices[k]] * values[k];
        }
        return (a + b) + (c + d);
    }

    private static void axpy(float[] g, float slope, int[] indices, float[] values, int from, int to) {
        for (int k = from; k < to; k++) {
            g[indices[k]] += slope * values[k];
        }
    }

    private void softmax(Examples.Cursor example, int label, float share) {
        var indices = example.indices();
        var values = example.values();
        var margins = bias.clone();
        for (int k = example.from(); k < example.to(); k++) {
            addRow(margins, values[k], weights, indices[k] * classes);
        }
        float max = margins[0];
        for (float margin : margins) {
            max = Math.max(max, margin);
        }
        double sum = 0;
        for (int c = 0; c < classes; c++) {
            double e = Math.exp(margins[c] - max);
            margins[c] = (float) e;
            sum += e;
        }
        for (int c = 0; c < classes; c++) {
            margins[c] = (float) (margins[c] / sum);
        }
        cost -= Math.log(margins[label]);
        margins[label] -= 1;
        for (int c = 0; c < classes; c++) {
            margins[c] *= share;
            biasGradient[c] += margins[c];
        }
        for (int k = example.from(); k < example.to(); k++) {
            addScaled(gradient, indices[k] * classes, values[k], margins);
        }
    }

    private static void addRow(float[] into, float x, float[] w, int start) {
        for (int c = 0; c < into.length; c++) {
            into[c] += x * w[start + c];
        }
    }

    private static void addScaled(float[] into, int start, float x, float[] v) {
        for (int c = 0; c < v.length; c++) {
            into[start + c] += x * v[c];
        }
    }

    /** The sum of the costs, so that nothing is computed in vain. */
    double cost() {
        return cost;
    }
}
