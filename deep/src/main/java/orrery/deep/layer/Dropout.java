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
        return new Drop(
                part, room.size(), new float[Math.multiplyExact(room.batch(), room.size())], room.batch(room.size()));
    }

    private record Drop(double part, int size, float[] factors, Later result) implements Operation {
        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            int all = call.examples() * size;
            var output = result.get();
            if (!call.isTraining()) {
                output.copy(inputs.getFirst(), 0, 0, all);
                return output;
            }
            var random = new SplittableRandom(call.seed());
            float kept = (float) (1 / (1 - part));
            for (int i = 0; i < all; i++) {
                factors[i] = random.nextDouble() < part ? 0 : kept;
                output.set(i, inputs.getFirst().get(i) * factors[i]);
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
            for (int i = 0, all = call.examples() * size; call.isTraining() && i < all; i++) {
                ofOutput.set(i, ofOutput.get(i) * factors[i]);
            }
            return Operation.one(ofOutput);
        }
    }
}
