package orrery.deep.layer;

import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/**
 * At training, leaves numbers out at random and scales the others up, so that the mean stays (Srivastava et al., JMLR 2014).
 *
 * @param part that is left out
 */
public record Dropout(double part) implements Layer {
    public Dropout {
        if (!(part >= 0 && part < 1)) {
            throw new IllegalArgumentException("dropout: the part left out is 0 or more and below 1, got " + part);
        }
    }

    @Override
    public int[] output(List<int[]> inputs) {
        return Layer.only("dropout", inputs);
    }

    @Override
    public Operation operation(Operation.Room room) {
        return new Drop(part, room.size(), new float[Math.multiplyExact(room.batch(), room.size())]);
    }

    private record Drop(double part, int size, float[] factors) implements Operation {
        @Override
        public void forward(Call call, List<Tensor> inputs, List<Tensor> parameters, Tensor output) {
            int all = call.examples() * size;
            if (!call.isTraining()) {
                output.copy(inputs.getFirst(), 0, 0, all);
                return;
            }
            var random = new SplittableRandom(call.seed());
            float kept = (float) (1 / (1 - part));
            for (int i = 0; i < all; i++) {
                factors[i] = random.nextDouble() < part ? 0 : kept;
                output.set(i, inputs.getFirst().get(i) * factors[i]);
            }
        }

        @Override
        public void backward(
                Call call,
                List<Tensor> inputs,
                List<Tensor> parameters,
                Tensor output,
                Tensor ofOutput,
                List<@Nullable Tensor> ofInputs,
                List<Tensor> ofParameters) {
            var ofInput = ofInputs.getFirst();
            for (int i = 0, all = call.examples() * size; ofInput != null && i < all; i++) {
                ofInput.add(i, ofOutput.get(i) * (call.isTraining() ? factors[i] : 1));
            }
        }
    }
}
