package orrery.deep.train;

import java.lang.foreign.Arena;
import orrery.deep.net.Loss;
import orrery.deep.net.Losses;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.tensor.Tensor;

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
    private final Tensor asTensor;

    /** @param arena that is to live as long */
    Targets(Net net, Classes classes, int batch, Arena arena, Tensor.Type type) {
        this.net = net;
        this.classes = classes;
        steps = net.steps();
        outputs = net.outputSize() / steps;
        right = new int[batch * steps];
        boolean areNumbers = net.loss() == Loss.SQUARES;
        numbers = new float[areNumbers ? batch : 0];
        asTensor = Tensor.of(arena, type, numbers.length);
    }

    /** Takes those of an example, which is the {@code i}th of the batch. */
    void take(int i, NetData data, NetData.Cursor cursor, long example) {
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

    /** The sum of the losses, and their gradient, divided by {@code share} times the number of targets. */
    double loss(Pass pass, int examples, int share) {
        int count = examples * steps;
        double scale = count == 0 ? 0 : 1.0 / count / share;
        if (net.loss() == Loss.SQUARES) {
            asTensor.copy(numbers, 0, 0, numbers.length);
            return Losses.squares(pass.output(), asTensor, examples, pass.outputGradient(), scale);
        }
        return outputs == 1
                ? Losses.logistic(pass.output(), right, count, pass.outputGradient(), scale)
                : Losses.crossEntropy(pass.output(), right, count, outputs, pass.outputGradient(), scale);
    }

    /** How many targets are those that the net thinks likeliest. */
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
