package orrery.deep.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/** All numbers of an example as one vector. Nothing is copied. */
public record Flatten() implements Layer {
    @Override
    public int[] output(List<int[]> inputs) {
        return new int[] {Math.toIntExact(Tensor.size(Layer.only("flatten", inputs)))};
    }

    /** Its output is its input, which others may read. */
    @Override
    public boolean readsOutput() {
        return true;
    }

    @Override
    public Operation operation(Operation.Room room) {
        return new Same();
    }

    private record Same() implements Operation {
        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            return inputs.getFirst();
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
            return Operation.one(isWanted[0] ? ofOutput : null);
        }
    }
}
