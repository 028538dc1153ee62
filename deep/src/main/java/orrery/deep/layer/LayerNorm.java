package orrery.deep.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/**
 * Brings the numbers along the last dimension to mean 0 and deviation 1, then scales and shifts each (Ba, Kiros and Hinton, arXiv
 * 1607.06450). What is learned of the scale is how far it is from 1.
 */
public record LayerNorm(double epsilon) implements Layer {
    public LayerNorm {
        if (!(epsilon > 0)) {
            throw new IllegalArgumentException("layer norm: epsilon must be above 0, got " + epsilon);
        }
    }

    @Override
    public int[] output(List<int[]> inputs) {
        return Layer.only("layer norm", inputs);
    }

    @Override
    public List<Parameter> parameters(List<int[]> inputs) {
        int[] shape = Layer.only("layer norm", inputs);
        int width = shape[shape.length - 1];
        return List.of(new Parameter("scale", 1, width, 0, false), new Parameter("bias", 1, width, 0, false));
    }

    @Override
    public Operation operation(Operation.Room room) {
        int[] shape = room.inputs().getFirst();
        int width = shape[shape.length - 1];
        int rows = room.size() / width;
        return new Normalise(
                epsilon,
                rows,
                width,
                new double[room.batch() * rows],
                new double[room.batch() * rows],
                room.batch(room.size()),
                room.batch(room.size()));
    }

    private record Normalise(
            double epsilon, int rows, int width, double[] means, double[] inverses, Later result, Later gradient)
            implements Operation {
        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var input = inputs.getFirst();
            var output = result.get();
            for (int row = 0; row < call.examples() * rows; row++) {
                long at = (long) row * width;
                double sum = 0;
                for (int c = 0; c < width; c++) {
                    sum += input.get(at + c);
                }
                double mean = sum / width;
                double squares = 0;
                for (int c = 0; c < width; c++) {
                    double from = input.get(at + c) - mean;
                    squares += from * from;
                }
                means[row] = mean;
                inverses[row] = 1 / Math.sqrt(squares / width + epsilon);
                for (int c = 0; c < width; c++) {
                    double normal = (input.get(at + c) - mean) * inverses[row];
                    output.set(
                            at + c,
                            normal * (1 + parameters.getFirst().get(c))
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
            for (int row = 0; row < call.examples() * rows; row++) {
                long at = (long) row * width;
                double sum = 0;
                double products = 0;
                for (int c = 0; c < width; c++) {
                    double gradient = ofOutput.get(at + c);
                    double normal = (input.get(at + c) - means[row]) * inverses[row];
                    ofParameters.getFirst().add(c, gradient * normal);
                    ofParameters.get(1).add(c, gradient);
                    double scaled = gradient * (1 + parameters.getFirst().get(c));
                    sum += scaled;
                    products += scaled * normal;
                }
                for (int c = 0; ofInput != null && c < width; c++) {
                    double normal = (input.get(at + c) - means[row]) * inverses[row];
                    double scaled =
                            ofOutput.get(at + c) * (1 + parameters.getFirst().get(c));
                    ofInput.set(at + c, inverses[row] * (scaled - (sum + normal * products) / width));
                }
            }
            return Operation.one(ofInput);
        }
    }
}
