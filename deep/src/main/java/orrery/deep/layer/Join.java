package orrery.deep.layer;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/** Several inputs as one: their sum, or side by side along the last dimension. */
public record Join(Kind kind) implements Layer {
    /** How they are joined. */
    public enum Kind {
        ADD,
        CONCAT
    }

    @Override
    public int[] output(List<int[]> inputs) {
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException("a join has inputs");
        }
        int[] first = inputs.getFirst();
        int last = first.length - 1;
        int[] shape = first.clone();
        for (int[] other : inputs.subList(1, inputs.size())) {
            boolean isLike = kind == Kind.ADD
                    ? Arrays.equals(first, other)
                    : other.length == first.length && Arrays.equals(first, 0, last, other, 0, last);
            if (!isLike) {
                throw new IllegalArgumentException((kind == Kind.ADD ? "add" : "concat") + ": inputs of shapes "
                        + Arrays.toString(first) + " and " + Arrays.toString(other) + " do not go together");
            }
            shape[last] += kind == Kind.ADD ? 0 : other[last];
        }
        return shape;
    }

    @Override
    public Operation operation(Operation.Room room) {
        int[] widths = room.inputs().stream()
                .mapToInt(shape -> shape[shape.length - 1])
                .toArray();
        return new Joined(kind == Kind.ADD, room.size() / widths[0], widths);
    }

    private record Joined(boolean isSum, int rows, int[] widths) implements Operation {
        @Override
        public void forward(Call call, List<Tensor> inputs, List<Tensor> parameters, Tensor output) {
            long all = (long) call.examples() * rows;
            if (isSum) {
                output.copy(inputs.getFirst(), 0, 0, all * widths[0]);
                for (var input : inputs.subList(1, inputs.size())) {
                    for (long i = 0; i < all * widths[0]; i++) {
                        output.add(i, input.get(i));
                    }
                }
                return;
            }
            int width = Arrays.stream(widths).sum();
            for (int n = 0, before = 0; n < widths.length; before += widths[n++]) {
                for (long row = 0; row < all; row++) {
                    output.copy(inputs.get(n), row * widths[n], row * width + before, widths[n]);
                }
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
            int width = isSum ? widths[0] : Arrays.stream(widths).sum();
            for (int n = 0, before = 0; n < widths.length; before += isSum ? 0 : widths[n], n++) {
                var ofInput = ofInputs.get(n);
                for (long row = 0; ofInput != null && row < (long) call.examples() * rows; row++) {
                    for (int c = 0; c < widths[n]; c++) {
                        ofInput.add(row * widths[n] + c, ofOutput.get(row * width + before + c));
                    }
                }
            }
        }
    }
}
