package orrery.deep.layer;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/**
 * A layer of a net, as a value: what it computes of its inputs, which numbers it learns, and what shape comes out. Shapes are of one
 * example, without the batch: images are (height, width, channels).
 */
public sealed interface Layer extends Serializable
        permits Convolution,
                Pooling,
                Linear,
                Activation,
                BatchNorm,
                LayerNorm,
                LocalResponse,
                Dropout,
                Join,
                Recurrent,
                Embedding,
                Interactions,
                Flatten {

    /**
     * Numbers that a layer learns: a table of so many rows.
     *
     * @param name within the layer
     * @param spread first values are evenly drawn between -spread and spread; 0 for zeros
     * @param decays whether weight decay is for them
     */
    record Parameter(String name, int rows, int width, float spread, boolean decays) {
        public long size() {
            return (long) rows * width;
        }
    }

    /**
     * The shape that comes out.
     *
     * @throws IllegalArgumentException if inputs of these shapes do not suit
     */
    int[] output(List<int[]> inputs);

    /** What is learned. */
    default List<Parameter> parameters(List<int[]> inputs) {
        return List.of();
    }

    /** Whether the way back reads the output, so that nobody may overwrite it. */
    default boolean readsOutput() {
        return false;
    }

    /** Makes what computes it. */
    Operation operation(Operation.Room room);

    /** The one input of a layer that has one. */
    static int[] only(String layer, List<int[]> inputs) {
        if (inputs.size() != 1) {
            throw new IllegalArgumentException(layer + " has one input, got " + inputs.size());
        }
        return inputs.getFirst();
    }

    /** The same where it must be images. */
    static int[] image(String layer, List<int[]> inputs) {
        int[] shape = only(layer, inputs);
        if (shape.length != 3) {
            throw new IllegalArgumentException(
                    layer + " takes images (height, width, channels), got " + Arrays.toString(shape));
        }
        return shape;
    }
}
