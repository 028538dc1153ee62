package orrery.deep.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/**
 * Looks up rows of a table by key. The output for a field is the sum of its keys' rows, each times the key's value. The table takes any number of
 * keys, and has memory for learned rows only.
 *
 * @param width numbers of a row
 * @param isSum whether the output is the sum over all fields (width); else it has those of each field (fields, width)
 */
public record Embedding(int width, boolean isSum) implements Layer {
    private static final float SPREAD = 0.05f; // as Keras has it

    public Embedding {
        if (width < 1) {
            throw new IllegalArgumentException("embedding: a row has 1 number or more, got " + width);
        }
    }

    @Override
    public int[] output(List<int[]> inputs) {
        int fields = Layer.only("embedding", inputs)[0];
        return isSum ? new int[] {width} : new int[] {fields, width};
    }

    /** First values of rows are evenly drawn between minus this and this: of the weights of a linear model they are 0. */
    public float spread() {
        return isSum && width == 1 ? 0 : SPREAD;
    }

    @Override
    public Operation operation(Operation.Room room) {
        var keys = room.keys();
        if (keys == null) {
            throw new IllegalArgumentException("embedding: the net has no keys");
        }
        return new Sum(this, keys, room.batch(Tensor.size(output(room.inputs()))));
    }

    private record Sum(Embedding of, KeyBags keys, Later result) implements Operation {
        /** Where the output of a bag begins. */
        private long place(int bag) {
            return (of.isSum() ? bag / keys.fields() : bag) * (long) of.width();
        }

        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var output = result.get();
            var rows = parameters.getFirst();
            int bags = call.examples() * keys.fields();
            output.zero(0, place(bags));
            for (int bag = 0; bag < bags; bag++) {
                for (int k = keys.start(bag); k < keys.end(bag); k++) {
                    output.addTimes(rows, (long) keys.place(k) * of.width(), place(bag), of.width(), keys.value(k));
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
            var ofRows = ofParameters.getFirst();
            int bags = call.examples() * keys.fields();
            for (int bag = 0; bag < bags; bag++) {
                for (int k = keys.start(bag); k < keys.end(bag); k++) {
                    ofRows.addTimes(ofOutput, place(bag), (long) keys.place(k) * of.width(), of.width(), keys.value(k));
                }
            }
            return Operation.one(null);
        }
    }
}
