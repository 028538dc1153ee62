package orrery.deep.train;

import java.util.Arrays;
import orrery.deep.net.Loss;
import orrery.deep.net.Losses;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;

/**
 * The targets of a batch's examples: a class, a class at each step, or a number; and how far a net's outputs are from them. Confined to one
 * thread.
 */
final class Targets {
    private final Net net;
    private final Classes classes;
    private final int steps;
    private final int outputs; // of a step
    private final int[] right; // by example and step
    private final float[] numbers; // by example, if these are the targets
    private final float[] weights; // by example
    private boolean areAlike = true; // weights, 1

    Targets(Net net, Classes classes, int batch) {
        this.net = net;
        this.classes = classes;
        steps = net.steps();
        outputs = net.outputSize() / steps;
        right = new int[batch * steps];
        numbers = new float[net.loss() == Loss.SQUARES ? batch : 0];
        weights = new float[batch];
    }

    /** Begins a batch. */
    void clear() {
        areAlike = true;
    }

    /** Takes the target of the {@code i}th example of the batch. */
    void take(int i, NetData data, NetData.Cursor cursor, long example) {
        weights[i] = cursor.weight(example);
        areAlike &= weights[i] == 1;
        if (net.loss() == Loss.SQUARES) {
            numbers[i] = (float) data.label(example);
        } else if (steps > 1) {
            cursor.steps(example, right, i * steps, steps);
        } else {
            right[i] = classes.of(data.label(example), example);
        }
    }

    /** How many targets an example has. */
    int each() {
        return steps;
    }

    /** Gives all examples the weight 1, to measure a model. */
    void leaveWeights() {
        Arrays.fill(weights, 1);
        areAlike = true;
    }

    /**
     * The sum of the losses, each times the weight of its example, and their gradient, divided by {@code share} times the number of targets.
     */
    double loss(Pass pass, int examples, int share) {
        double scale = examples == 0 ? 0 : 1.0 / ((double) examples * steps * share);
        if (areAlike) {
            return loss(pass, 0, examples, scale);
        }
        double sum = 0;
        for (int i = 0; i < examples; i++) {
            sum += weights[i] * loss(pass, i, i + 1, scale * weights[i]);
        }
        return sum;
    }

    private double loss(Pass pass, int from, int to, double scale) {
        var gradient = pass.outputGradient();
        if (net.loss() == Loss.SQUARES) {
            return Losses.squares(pass.output(), numbers, from, to, gradient, scale);
        }
        return outputs == 1
                ? Losses.logistic(pass.output(), right, from * steps, to * steps, gradient, scale)
                : Losses.crossEntropy(pass.output(), right, from * steps, to * steps, outputs, gradient, scale);
    }

    /** How many targets the net predicts right. */
    int right(Pass pass, int examples) {
        int sum = 0;
        for (int i = 0; i < examples * steps; i++) {
            int best = outputs == 1 ? pass.output().get(i) > 0 ? 1 : 0 : Losses.best(pass.output(), i, outputs);
            sum += best == right[i] ? 1 : 0;
        }
        return sum;
    }

    /** The class of the {@code i}th example. */
    int of(int i) {
        return right[i];
    }
}
