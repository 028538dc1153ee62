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
        var gradients = room.inputs().stream()
                .map(shape -> room.batch(Tensor.size(shape)))
                .toList();
        return new Joined(
                kind == Kind.ADD,
                room.size() / widths[0],
                widths,
                room.batch(Tensor.size(output(room.inputs()))),
                gradients);
    }

    private record Joined(boolean isSum, int rows, int[] widths, Later result, List<Later> gradients)
            implements Operation {
        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var output = result.get();
            long all = (long) call.examples() * rows;
            if (isSum) {
                output.copy(inputs.getFirst(), 0, 0, all * widths[0]);
                for (var input : inputs.subList(1, inputs.size())) {
                    output.add(input, 0, 0, all * widths[0]);
                }
                return output;
            }
            int width = Arrays.stream(widths).sum();
            for (int n = 0, before = 0; n < widths.length; before += widths[n++]) {
                for (long row = 0; row < all; row++) {
                    output.copy(inputs.get(n), row * widths[n], row * width + before, widths[n]);
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
            var ofInputs = new @Nullable Tensor[widths.length];
            int width = Arrays.stream(widths).sum();
            long all = (long) call.examples() * rows;
            boolean isGiven = false; // the gradient itself, once
            for (int n = 0, before = 0; n < widths.length; before += widths[n++]) {
                if (!isWanted[n]) {
                    continue;
                }
                if (isSum && !isGiven) {
                    ofInputs[n] = ofOutput;
                    isGiven = true;
                    continue;
                }
                var ofInput = gradients.get(n).get();
                ofInputs[n] = ofInput;
                if (isSum) {
                    ofInput.copy(ofOutput, 0, 0, all * widths[n]);
                    continue;
                }
                for (long row = 0; row < all; row++) {
                    ofInput.copy(ofOutput, row * width + before, row * widths[n], widths[n]);
                }
            }
            return ofInputs;
        }
    }
}
