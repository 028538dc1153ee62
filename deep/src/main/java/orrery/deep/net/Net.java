package orrery.deep.net;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Layer;
import orrery.deep.tensor.Tensor;

/**
 * A net, as a value: layers in an order in which each reads the net's input or layers before it. The last layer's output is the net's.
 * Immutable.
 */
public final class Net implements Serializable {
    /** What layers call the net's input. */
    public static final String INPUT = "input";

    /** What embeddings call the keys of an example. */
    public static final String KEYS = "keys";

    private static final long serialVersionUID = 1;

    /**
     * A layer in a net.
     *
     * @param inputs layers that it reads, or {@link #INPUT}
     */
    public record Node(String name, Layer layer, List<String> inputs) implements Serializable {
        public Node {
            inputs = List.copyOf(inputs);
        }
    }

    private final int[] input;
    private final int fields;
    private final Loss loss;
    private final ArrayList<Node> nodes;
    private final transient Map<String, int[]> shapes;

    private Net(int[] input, int fields, Loss loss, List<Node> nodes) {
        this.input = input.clone();
        this.fields = fields;
        this.loss = loss;
        this.nodes = new ArrayList<>(nodes);
        shapes = shapes();
        checkLoss();
    }

    private Object readResolve() {
        return new Net(input, fields, loss, nodes);
    }

    /** Layers one after another, numbered from 1. */
    public static Net of(int[] input, Layer... layers) {
        var builder = input(input);
        for (var layer : layers) {
            builder.add(layer);
        }
        return builder.net();
    }

    /** Begins a net whose examples have a shape: images are (height, width, channels). */
    public static Builder input(int... shape) {
        return new Builder(shape);
    }

    /** Adds layer by layer. */
    public static final class Builder {
        private final int[] input;
        private int fields;
        private Loss loss = Loss.CROSS_ENTROPY;
        private final List<Node> nodes = new ArrayList<>();

        private Builder(int[] input) {
            this.input = input.clone();
        }

        /** Says how many fields of keys an example has, beside its numbers, for {@link orrery.deep.layer.Embedding}. */
        public Builder fields(int count) {
            fields = count;
            return this;
        }

        /** Says what the net is trained for, if not for {@link Loss#CROSS_ENTROPY}. */
        public Builder loss(Loss of) {
            loss = of;
            return this;
        }

        /** Adds a layer that reads the one before it. */
        public Builder add(Layer layer) {
            return add((nodes.size() + 1) + "-" + NetForm.type(layer), layer);
        }

        /** Adds a layer that reads the one before it, with a name; embeddings read the keys. */
        public Builder add(String name, Layer layer) {
            return add(name, layer, layer instanceof Embedding ? KEYS : nodes.isEmpty() ? INPUT : last());
        }

        /** Adds a layer that reads others. */
        public Builder add(String name, Layer layer, String... inputs) {
            nodes.add(new Node(name, layer, List.of(inputs)));
            return this;
        }

        /** The name of the layer that was added last. */
        public String last() {
            return nodes.getLast().name();
        }

        /**
         * The net.
         *
         * @throws IllegalArgumentException if a layer reads none before it, or what it reads does not suit; with the layer's name
         */
        public Net net() {
            return new Net(input, fields, loss, nodes);
        }
    }

    private Map<String, int[]> shapes() {
        if (fields < 0) {
            throw new IllegalArgumentException("a net has 0 fields of keys or more, got " + fields);
        }
        boolean hasNone = fields > 0 && Arrays.equals(input, new int[1]);
        if (!hasNone && (input.length == 0 || Arrays.stream(input).anyMatch(d -> d < 1))) {
            throw new IllegalArgumentException("the input's dimensions are 1 or more, got " + Arrays.toString(input)
                    + "; only a net with fields of keys may have [0], no numbers beside them");
        }
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("a net has a layer or more");
        }
        var found = new LinkedHashMap<String, int[]>();
        found.put(INPUT, input);
        if (fields > 0) {
            found.put(KEYS, new int[] {fields});
        }
        for (var node : nodes) {
            var inputs = new ArrayList<int[]>();
            for (var name : node.inputs()) {
                int[] shape = found.get(name);
                if (shape == null) {
                    throw new IllegalArgumentException("layer '" + node.name() + "' reads '" + name
                            + "', and the layers before it are " + found.keySet());
                }
                if (name.equals(KEYS) != node.layer() instanceof Embedding) {
                    throw new IllegalArgumentException("layer '" + node.name() + "' reads '" + name
                            + "': embeddings read '" + KEYS + "', and no other layer does");
                }
                inputs.add(shape);
            }
            try {
                if (found.put(node.name(), node.layer().output(inputs)) != null) {
                    throw new IllegalArgumentException("there are two layers of that name");
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("layer '" + node.name() + "': " + e.getMessage(), e);
            }
        }
        return found;
    }

    private void checkLoss() {
        if (loss == Loss.SQUARES && outputSize() != 1) {
            throw new IllegalArgumentException(
                    "a net with the loss 'squares' has one output, got " + Arrays.toString(output()));
        }
    }

    public List<Node> nodes() {
        return Collections.unmodifiableList(nodes);
    }

    /** The shape of an example. */
    public int[] input() {
        return input.clone();
    }

    /** How many fields of keys an example has beside its numbers. */
    public int fields() {
        return fields;
    }

    public Loss loss() {
        return loss;
    }

    /** How many classes there may be at most; 0 if the net gives numbers. */
    public int classes() {
        if (loss == Loss.SQUARES) {
            return 0;
        }
        return outputSize() == 1 ? 2 : outputSize() / steps();
    }

    /** How many steps of a sequence the output has, (steps, classes); 1 if it is of the example as a whole. */
    public int steps() {
        int[] shape = output();
        return shape.length == 2 ? shape[0] : 1;
    }

    /** The shape of the net's output for an example. */
    public int[] output() {
        return output(nodes.getLast().name());
    }

    /** The shape of a layer's output for an example. */
    public int[] output(String layer) {
        int[] shape = shapes.get(layer);
        if (shape == null) {
            throw new IllegalArgumentException("there is no layer '" + layer + "', only " + shapes.keySet());
        }
        return shape.clone();
    }

    /** The shapes that a layer reads. */
    public List<int[]> inputs(Node node) {
        return node.inputs().stream().map(this::output).toList();
    }

    /** What a layer learns. */
    public List<Layer.Parameter> parameters(Node node) {
        return node.layer().parameters(inputs(node));
    }

    /** How many numbers are learned, of all layers but the rows of embeddings. */
    public long parameters() {
        return nodes.stream()
                .flatMap(node -> parameters(node).stream())
                .mapToLong(Layer.Parameter::size)
                .sum();
    }

    /** How many numbers an example has. */
    public int inputSize() {
        return Math.toIntExact(Tensor.size(input));
    }

    /** How many numbers the net gives for an example. */
    public int outputSize() {
        return Math.toIntExact(Tensor.size(output()));
    }

    /** As JSON, a layer a line. */
    public String json() {
        return NetForm.write(this);
    }

    /**
     * Of JSON.
     *
     * @param where it comes from, for messages
     * @throws IOException if it is no net, with the layer and what is wrong
     */
    public static Net parse(String json, String where) throws IOException {
        return NetForm.read(json, where);
    }

    /**
     * Of text as Caffe has it, a {@code .prototxt}.
     *
     * @param where it comes from, for messages
     * @throws IOException if it is no net, or has a layer that there is not here, with the line
     */
    public static Net parsePrototxt(String text, String where) throws IOException {
        return Prototxt.read(text, where);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Net net
                && fields == net.fields
                && loss == net.loss
                && Arrays.equals(input, net.input)
                && nodes.equals(net.nodes);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(input) + fields) + nodes.hashCode();
    }

    @Override
    public String toString() {
        return json();
    }
}
