package orrery.deep.layer;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/**
 * The sum of the inner products of all pairs of fields' rows (fields, width), one number: the second order of a factorization machine, as half of
 * {@code |sum of rows|^2 - sum of |row|^2} (Rendle, ICDM 2010, lemma 3.1).
 */
public record Interactions() implements Layer {
    @Override
    public int[] output(List<int[]> inputs) {
        int[] shape = Layer.only("interactions", inputs);
        if (shape.length != 2) {
            throw new IllegalArgumentException(
                    "interactions takes rows of fields (fields, width), got " + Arrays.toString(shape));
        }
        return new int[] {1};
    }

    @Override
    public Operation operation(Operation.Room room) {
        int[] shape = room.inputs().getFirst();
        return new Pairs(shape[0], shape[1], room.batch(shape[1]), room.batch(1), room.batch(room.size()));
    }

    private record Pairs(int fields, int width, Later sums, Later result, Later gradient) implements Operation {
        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var input = inputs.getFirst();
            var sum = sums.get();
            var output = result.get();
            sum.zero(0, (long) call.examples() * width);
            for (int n = 0; n < call.examples(); n++) {
                long at = (long) n * fields * width;
                long to = (long) n * width;
                for (int field = 0; field < fields; field++) {
                    sum.add(input, at + (long) field * width, to, width);
                }
                double all = sum.squares(to, width) - input.squares(at, (long) fields * width);
                output.set(n, all / 2);
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
            if (!isWanted[0]) {
                return Operation.one(null);
            }
            var ofInput = gradient.get();
            ofInput.zero(0, (long) call.examples() * fields * width);
            for (int n = 0; n < call.examples(); n++) {
                double by = ofOutput.get(n);
                for (int field = 0; field < fields; field++) {
                    long at = ((long) n * fields + field) * width;
                    ofInput.addTimes(sums.get(), (long) n * width, at, width, by);
                    ofInput.addTimes(inputs.getFirst(), at, at, width, -by);
                }
            }
            return Operation.one(ofInput);
        }
    }
}
