package orrery.deep.layer;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Matrices.Matrix;
import orrery.deep.tensor.Tensor;

/**
 * All numbers of an example times weights, summed, for each of several outputs.
 *
 * @param outputs how many
 * @param isEach whether each step of a sequence (steps, numbers) is taken alone, by the same weights: the output is (steps, outputs)
 * @param gain weights are first drawn evenly between minus this and this, over the root of the inputs: {@link #RECTIFIED} before rectifiers,
 *     1 as in PyTorch
 */
public record Linear(int outputs, boolean hasBias, boolean isEach, float gain) implements Layer {
    /** He et al., ICCV 2015: the variance of sums stays the same through rectifiers. */
    public static final float RECTIFIED = (float) Math.sqrt(6);

    /** Of all numbers together, with first weights that suit rectifiers. */
    public Linear(int outputs, boolean hasBias) {
        this(outputs, hasBias, false, RECTIFIED);
    }

    public Linear {
        if (outputs < 1) {
            throw new IllegalArgumentException("linear: there must be 1 output or more, got " + outputs);
        }
        if (!(gain > 0 && gain < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("linear: the gain must be above 0, got " + gain);
        }
    }

    @Override
    public int[] output(List<int[]> inputs) {
        int[] shape = Layer.only("linear", inputs);
        if (!isEach) {
            return new int[] {outputs};
        }
        if (shape.length != 2) {
            throw new IllegalArgumentException(
                    "linear: 'each' is for sequences (steps, numbers), got " + Arrays.toString(shape));
        }
        return new int[] {shape[0], outputs};
    }

    /** How many times an example is multiplied: once for each step. */
    private int steps(List<int[]> inputs) {
        return isEach ? inputs.getFirst()[0] : 1;
    }

    @Override
    public List<Parameter> parameters(List<int[]> inputs) {
        int inner = Math.toIntExact(Tensor.size(Layer.only("linear", inputs))) / steps(inputs);
        var weights = new Parameter("weights", outputs, inner, gain / (float) Math.sqrt(inner), true);
        return hasBias ? List.of(weights, new Parameter("bias", 1, outputs, 0, false)) : List.of(weights);
    }

    @Override
    public Operation operation(Operation.Room room) {
        int steps = steps(room.inputs());
        return new Multiply(
                this,
                steps,
                room.size() / steps,
                room.matrices(),
                room.batch((long) steps * outputs),
                room.batch(room.size()));
    }

    private record Multiply(Linear of, int steps, int inner, Matrices matrices, Later result, Later gradient)
            implements Operation {
        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var output = result.get();
            int rows = call.examples() * steps;
            for (long i = 0; i < rows; i++) {
                if (of.hasBias()) {
                    output.copy(parameters.get(1), 0, i * of.outputs(), of.outputs());
                } else {
                    output.zero(i * of.outputs(), (i + 1) * of.outputs());
                }
            }
            matrices.addProduct(
                    rows,
                    of.outputs(),
                    inner,
                    Matrix.of(inputs.getFirst(), 0, inner),
                    Matrix.of(parameters.getFirst(), 0, inner).transposed(),
                    Matrix.of(output, 0, of.outputs()));
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
            int rows = call.examples() * steps;
            if (of.hasBias()) {
                Sums.ofColumns(ofOutput, rows, of.outputs(), ofParameters.get(1));
            }
            var gradients = Matrix.of(ofOutput, 0, of.outputs());
            if (ofParameters.getFirst().size() > 0) { // else its factors are enough
                matrices.addProductInOrder(
                        of.outputs(),
                        inner,
                        rows,
                        gradients.transposed(),
                        Matrix.of(inputs.getFirst(), 0, inner),
                        Matrix.of(ofParameters.getFirst(), 0, inner));
            }
            if (!isWanted[0]) {
                return Operation.one(null);
            }
            var ofInput = gradient.get();
            matrices.product(
                    rows,
                    inner,
                    of.outputs(),
                    gradients,
                    Matrix.of(parameters.getFirst(), 0, inner),
                    Matrix.of(ofInput, 0, inner));
            return Operation.one(ofInput);
        }
    }
}
