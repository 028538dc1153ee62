package orrery.deep.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/**
 * Brings each channel to mean 0 and deviation 1 over the batch, then scales and shifts it (Ioffe and Szegedy, ICML 2015). To predict,
 * running means of both take the batch's place: they are the last two parameters, whose gradients are how far they are to move, the
 * other way round, so that a rate of 1 moves them. What is learned of the scale, and kept of the variance, is how far they are from 1.
 *
 * @param momentum part of a running mean that stays at each batch
 */
public record BatchNorm(double epsilon, double momentum) implements Layer {
    /** Of the parameters, the first that is a running mean. */
    public static final int RUNNING = 2;

    public BatchNorm {
        if (!(epsilon > 0 && momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException(
                    "batch norm: epsilon must be above 0 and momentum 0 or more and below 1, got " + epsilon + " and "
                            + momentum);
        }
    }

    @Override
    public int[] output(List<int[]> inputs) {
        return Layer.only("batch norm", inputs);
    }

    @Override
    public List<Parameter> parameters(List<int[]> inputs) {
        int[] shape = Layer.only("batch norm", inputs);
        int width = shape[shape.length - 1];
        return List.of(
                new Parameter("scale", 1, width, 0, false),
                new Parameter("bias", 1, width, 0, false),
                new Parameter("mean", 1, width, 0, false),
                new Parameter("variance", 1, width, 0, false));
    }

    @Override
    public Operation operation(Operation.Room room) {
        int[] shape = room.inputs().getFirst();
        int width = shape[shape.length - 1];
        return new Normalise(
                this,
                room.size() / width,
                width,
                new double[width],
                new double[width],
                new double[width],
                new double[width],
                room.batch(room.size()),
                room.batch(room.size()));
    }

    private record Normalise(
            BatchNorm of,
            int rows,
            int width,
            double[] means,
            double[] inverses,
            double[] sums,
            double[] products,
            Later result,
            Later gradient)
            implements Operation {
        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var input = inputs.getFirst();
            var output = result.get();
            long all = (long) call.examples() * rows;
            if (call.isTraining()) {
                java.util.Arrays.fill(means, 0);
                java.util.Arrays.fill(inverses, 0);
                for (long row = 0; row < all; row++) {
                    for (int c = 0; c < width; c++) {
                        means[c] += input.get(row * width + c) / all;
                    }
                }
                for (long row = 0; row < all; row++) {
                    for (int c = 0; c < width; c++) {
                        double from = input.get(row * width + c) - means[c];
                        inverses[c] += from * from / all;
                    }
                }
                for (int c = 0; c < width; c++) {
                    sums[c] = inverses[c]; // the variance, for the way back
                    inverses[c] = 1 / Math.sqrt(inverses[c] + of.epsilon());
                }
            } else {
                for (int c = 0; c < width; c++) {
                    means[c] = parameters.get(RUNNING).get(c);
                    inverses[c] = 1 / Math.sqrt(1 + parameters.get(RUNNING + 1).get(c) + of.epsilon());
                }
            }
            for (long row = 0; row < all; row++) {
                for (int c = 0; c < width; c++) {
                    output.set(
                            row * width + c,
                            (input.get(row * width + c) - means[c])
                                            * inverses[c]
                                            * (1 + parameters.getFirst().get(c))
                                    + parameters.get(1).get(c));
                }
            }
            return output;
        }

        @Override
        public @Nullable Tensor[] backward(
                Call call,
                List<Tensor> inputs,
                List<Tensor> parameters,
                Tensor output,
                Tensor ofOutput,
                boolean[] isWanted,
                List<Tensor> ofParameters) {
            var input = inputs.getFirst();
            var ofInput = isWanted[0] ? gradient.get() : null;
            long all = (long) call.examples() * rows;
            if (call.isTraining()) {
                double moved = 1 - of.momentum();
                double unbiased = all > 1 ? all / (all - 1.0) : 1;
                for (int c = 0; c < width; c++) {
                    ofParameters
                            .get(RUNNING)
                            .add(c, moved * (parameters.get(RUNNING).get(c) - means[c]));
                    ofParameters
                            .get(RUNNING + 1)
                            .add(c, moved * (1 + parameters.get(RUNNING + 1).get(c) - unbiased * sums[c]));
                }
            }
            java.util.Arrays.fill(sums, 0);
            java.util.Arrays.fill(products, 0);
            for (long row = 0; row < all; row++) {
                for (int c = 0; c < width; c++) {
                    double gradient = ofOutput.get(row * width + c);
                    sums[c] += gradient;
                    products[c] += gradient * (input.get(row * width + c) - means[c]) * inverses[c];
                }
            }
            for (int c = 0; c < width; c++) {
                ofParameters.getFirst().add(c, products[c]);
                ofParameters.get(1).add(c, sums[c]);
            }
            for (long row = 0; ofInput != null && row < all; row++) {
                for (int c = 0; c < width; c++) {
                    double normal = (input.get(row * width + c) - means[c]) * inverses[c];
                    double own = call.isTraining() ? (sums[c] + normal * products[c]) / all : 0;
                    ofInput.set(
                            row * width + c,
                            (1 + parameters.getFirst().get(c)) * inverses[c] * (ofOutput.get(row * width + c) - own));
                }
            }
            return Operation.one(ofInput);
        }
    }
}
