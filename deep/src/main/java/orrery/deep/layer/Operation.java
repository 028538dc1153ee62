package orrery.deep.layer;

import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/**
 * Computes a layer forward and backward for one worker, and keeps what the way back needs of the way forward. It owns the tensors that it returns, and
 * reuses them at the next call. Confined to one thread.
 */
public interface Operation extends AutoCloseable {
    /**
     * What operations are made in.
     *
     * @param inputs shapes, of an example
     * @param batch examples at most
     * @param mayOverwrite whether nobody else reads the input, so that the output may take its place
     * @param keys of the batch; null if the net has none
     */
    record Room(
            Arena arena,
            Tensor.Type type,
            Matrices matrices,
            List<int[]> inputs,
            int batch,
            boolean mayOverwrite,
            @Nullable KeyBags keys) {
        /** Zeros. */
        public Tensor tensor(long numbers) {
            return Tensor.of(arena, type, Math.toIntExact(numbers));
        }

        /** Room for a batch, made when it is first asked for. */
        public Later batch(long numbers) {
            return new Later(this, batch * numbers);
        }

        /** How many numbers an example's only input has. */
        int size() {
            return Math.toIntExact(Tensor.size(inputs.getFirst()));
        }
    }

    /** A tensor that may never be needed. */
    final class Later {
        private final Room room;
        private final long numbers;
        private @Nullable Tensor made;

        Later(Room room, long numbers) {
            this.room = room;
            this.numbers = numbers;
        }

        /** It, made if need be. */
        public Tensor get() {
            var found = made;
            if (found == null) {
                found = room.tensor(numbers);
                made = found;
            }
            return found;
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

    /**
     * Computes the output.
     *
     * @param inputs of the examples, one after another
     */
    Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters);

    /**
     * Computes gradients after {@link #forward} with the same.
     *
     * @param output what that returned
     * @param ofOutput the gradient of it, which may be overwritten
     * @param isWanted by input, whether anybody asks for its gradient
     * @param ofParameters are zero, and take the gradients
     * @return the gradients of the inputs; null where it is not wanted. The caller may overwrite them
     */
    @Nullable
    Tensor[] backward(
            Call call,
            List<Tensor> inputs,
            List<Tensor> parameters,
            Tensor output,
            Tensor ofOutput,
            boolean[] isWanted,
            List<Tensor> ofParameters);

    /** Frees memory outside the room. */
    @Override
    default void close() {}

    /** The gradient of an only input. */
    static @Nullable Tensor[] one(@Nullable Tensor gradient) {
        return new @Nullable Tensor[] {gradient};
    }
}
