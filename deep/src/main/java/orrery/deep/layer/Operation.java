package orrery.deep.layer;

import java.lang.foreign.Arena;
import java.util.List;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/**
 * Computes a layer forward and backward for one worker, and keeps what the way back needs of the way forward. Confined to one thread.
 */
public interface Operation {
    /**
     * What operations are made in.
     *
     * @param inputs shapes, of an example
     * @param batch examples at most
     */
    record Room(Arena arena, Tensor.Type type, Matrices matrices, List<int[]> inputs, int batch) {
        Tensor tensor(long numbers) {
            return Tensor.of(arena, type, Math.toIntExact(numbers));
        }

        /** How many numbers an example's only input has. */
        int size() {
            return Math.toIntExact(Tensor.size(inputs.getFirst()));
        }
    }

    /**
     * What a call is for.
     *
     * @param examples at the front of the tensors
     * @param isTraining else to predict: nothing is dropped, and normalising goes by what was learned
     * @param seed of what is random
     */
    record Call(int examples, boolean isTraining, long seed) {}

    /** Computes {@code output} of inputs and parameters, each (examples, ...). */
    void forward(Call call, List<Tensor> inputs, List<Tensor> parameters, Tensor output);

    /**
     * Adds to gradients by the gradient of the output, after {@link #forward} with the same.
     *
     * @param ofInputs an entry is null where nobody asks for it
     */
    void backward(
            Call call,
            List<Tensor> inputs,
            List<Tensor> parameters,
            Tensor output,
            Tensor ofOutput,
            List<@org.jspecify.annotations.Nullable Tensor> ofInputs,
            List<Tensor> ofParameters);
}
