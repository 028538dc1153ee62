package orrery.deep.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/**
 * Divides each number by {@code (k + alpha / size * s)^beta}, with s the sum of the squares of {@code size} neighbouring channels, its
 * own in the middle (Krizhevsky, Sutskever and Hinton, NIPS 2012; scaled as Caffe and PyTorch have it).
 */
public record LocalResponse(int size, double alpha, double beta, double k) implements Layer {
    public LocalResponse {
        if (size < 1 || size % 2 == 0 || !(k > 0) || !(alpha >= 0)) {
            throw new IllegalArgumentException("local response: size is odd, k above 0 and alpha 0 or more, got " + size
                    + ", " + k + " and " + alpha);
        }
    }

    @Override
    public int[] output(List<int[]> inputs) {
        return Layer.image("local response", inputs);
    }

    @Override
    public Operation operation(Operation.Room room) {
        int depth = room.inputs().getFirst()[2];
        return new Divide(
                this,
                room.size() / depth,
                depth,
                new double[depth],
                new double[depth],
                room.batch(room.size()),
                room.batch(room.size()));
    }

    /** @param scales of a pixel, by channel: what is divided by, before the power */
    private record Divide(
            LocalResponse of, int pixels, int depth, double[] scales, double[] parts, Later result, Later gradient)
            implements Operation {
        private void scale(Tensor input, long at) {
            int half = of.size() / 2;
            for (int c = 0; c < depth; c++) {
                double squares = 0;
                for (int j = Math.max(0, c - half); j <= Math.min(depth - 1, c + half); j++) {
                    squares += input.get(at + j) * input.get(at + j);
                }
                scales[c] = of.k() + of.alpha() / of.size() * squares;
            }
        }

        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var input = inputs.getFirst();
            var output = result.get();
            for (long pixel = 0; pixel < (long) call.examples() * pixels; pixel++) {
                long at = pixel * depth;
                scale(input, at);
                for (int c = 0; c < depth; c++) {
                    output.set(at + c, input.get(at + c) * Math.pow(scales[c], -of.beta()));
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
            int half = of.size() / 2;
            for (long pixel = 0; ofInput != null && pixel < (long) call.examples() * pixels; pixel++) {
                long at = pixel * depth;
                scale(input, at);
                for (int c = 0; c < depth; c++) {
                    parts[c] = ofOutput.get(at + c) * input.get(at + c) * Math.pow(scales[c], -of.beta() - 1);
                }
                for (int c = 0; c < depth; c++) {
                    double sum = 0;
                    for (int j = Math.max(0, c - half); j <= Math.min(depth - 1, c + half); j++) {
                        sum += parts[j];
                    }
                    ofInput.set(
                            at + c,
                            ofOutput.get(at + c) * Math.pow(scales[c], -of.beta())
                                    - 2 * of.beta() * of.alpha() / of.size() * input.get(at + c) * sum);
                }
            }
            return Operation.one(ofInput);
        }
    }
}
