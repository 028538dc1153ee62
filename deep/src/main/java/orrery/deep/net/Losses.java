package orrery.deep.net;

import orrery.deep.tensor.Tensor;

/** What a net's output is worth, and the gradient of that. */
public final class Losses {
    private Losses() {}

    /**
     * The sum of the cross-entropies of examples: minus the logarithm of the probability of the right class, where outputs are logarithms
     * of probabilities but for a constant.
     *
     * @param outputs (examples, classes)
     * @param classes the right one, by example
     * @param from the first example, and {@code to} that after the last
     * @param gradient takes the gradient, times {@code scale}
     */
    public static double crossEntropy(
            Tensor outputs, int[] classes, int from, int to, int count, Tensor gradient, double scale) {
        double sum = 0;
        for (int n = from; n < to; n++) {
            long at = (long) n * count;
            double most = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < count; c++) {
                most = Math.max(most, outputs.get(at + c));
            }
            double all = 0;
            for (int c = 0; c < count; c++) {
                all += Math.exp(outputs.get(at + c) - most);
            }
            sum += Math.log(all) + most - outputs.get(at + classes[n]);
            for (int c = 0; c < count; c++) {
                double probability = Math.exp(outputs.get(at + c) - most) / all;
                gradient.set(at + c, scale * (probability - (c == classes[n] ? 1 : 0)));
            }
        }
        return sum;
    }

    /**
     * The sum of the cross-entropies where a single output is the logarithm of the odds of class 1.
     *
     * @param outputs one for each example
     * @param classes 0 or 1
     * @param gradient takes the gradient, times {@code scale}
     */
    public static double logistic(Tensor outputs, int[] classes, int from, int to, Tensor gradient, double scale) {
        double sum = 0;
        for (int n = from; n < to; n++) {
            int sign = classes[n] == 1 ? 1 : -1;
            double margin = sign * outputs.get(n);
            sum += margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
            gradient.set(n, -scale * sign / (1 + Math.exp(margin)));
        }
        return sum;
    }

    /**
     * The sum of the squared differences, halved.
     *
     * @param targets beside the outputs
     */
    public static double squares(Tensor outputs, float[] targets, int from, int to, Tensor gradient, double scale) {
        double sum = 0;
        for (int n = from; n < to; n++) {
            double off = outputs.get(n) - targets[n];
            sum += off * off / 2;
            gradient.set(n, scale * off);
        }
        return sum;
    }

    /** The class with the largest output. */
    public static int best(Tensor outputs, int example, int count) {
        long at = (long) example * count;
        int best = 0;
        for (int c = 1; c < count; c++) {
            best = outputs.get(at + c) > outputs.get(at + best) ? c : best;
        }
        return best;
    }
}
