package orrery.deep.net;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import orrery.deep.layer.Backend;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.KeyBags;
import orrery.deep.layer.Linear;
import orrery.deep.layer.Operation;
import orrery.deep.tensor.Tensor;

/**
 * A net that computes: room for a batch, for what is learned and for gradients. Confined to one thread; closing gives back its memory.
 */
public final class Pass implements AutoCloseable {
    private final Net net;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Tensor> outputs = new HashMap<>(); // of layers, as last computed, and the net's input
    private final Map<String, Tensor> gradients = new HashMap<>(); // of the layers' outputs, under way
    private final List<boolean[]> wanted = new ArrayList<>(); // by layer and input, whether its gradient is
    private final Tensor outputGradient;
    private final List<Operation> operations = new ArrayList<>();
    private final List<List<Tensor>> parameters = new ArrayList<>();
    private final List<List<Tensor>> parameterGradients = new ArrayList<>();
    private final int batch;
    private final Tensor.Type type;
    private final @Nullable KeyBags keys;

    /** What happens to a layer, by its number in the net. */
    public interface Listener {
        /** Its parameters will be read. */
        default void beforeForward(int layer) {}

        default void afterForward(int layer) {}

        default void beforeBackward(int layer) {}

        default void afterBackward(int layer) {}

        /**
         * The factors of a linear layer's gradient are complete: the gradient of the weights is {@code gradients} transposed, times {@code
         * inputs}. Later layers overwrite both tensors.
         *
         * @param inputs of the layer (examples, numbers)
         * @param gradients of its output (examples, outputs)
         */
        default void factorsReady(int layer, Tensor inputs, Tensor gradients) {}

        /** The gradients of its parameters are complete, while those of layers before it are not. */
        default void gradientReady(int layer) {}
    }

    /** A listener that does nothing. */
    public static final Listener NOBODY = new Listener() {};

    /** To train, or to predict, with all gradients. */
    public Pass(Net net, Backend backend, Tensor.Type type, int batch, boolean keepsAll) {
        this(net, backend, type, batch, keepsAll, layer -> false);
    }

    /**
     * To train, or to predict.
     *
     * @param batch examples at most
     * @param keepsAll whether the output of each layer can be asked for; else what nobody reads any more is overwritten
     * @param byFactors of which linear layers the gradient of the weights is not computed: its factors are enough ({@link
     *     Listener#factorsReady})
     */
    public Pass(Net net, Backend backend, Tensor.Type type, int batch, boolean keepsAll, IntPredicate byFactors) {
        this.net = net;
        this.batch = batch;
        this.type = type;
        keys = net.fields() == 0 ? null : new KeyBags(net.fields());
        var matrices = backend.matrices(type);
        outputs.put(Net.INPUT, room(net.inputSize()));
        outputs.put(Net.KEYS, Tensor.of(arena, type, 0)); // they are apart
        outputGradient = room(net.outputSize());
        var learned = new HashSet<String>(); // layers that depend on what is learned
        for (var node : net.nodes()) {
            operations.add(backend.operation(
                    node.layer(),
                    new Operation.Room(
                            arena, type, matrices, net.inputs(node), batch, !keepsAll && mayOverwrite(node), keys)));
            var of = new ArrayList<Tensor>();
            var ofGradients = new ArrayList<Tensor>();
            boolean isByFactors = node.layer() instanceof Linear && byFactors.test(operations.size() - 1);
            for (var parameter : net.parameters(node)) {
                of.add(Tensor.of(arena, type, parameter.rows(), parameter.width()));
                int rows = isByFactors && ofGradients.isEmpty() ? 0 : parameter.rows();
                ofGradients.add(Tensor.of(arena, type, rows, parameter.width()));
            }
            if (node.layer() instanceof Embedding embedding) {
                of.add(Tensor.of(arena, type, 0, embedding.width()));
                ofGradients.add(Tensor.of(arena, type, 0, embedding.width()));
            }
            parameters.add(of);
            parameterGradients.add(ofGradients);
            var isWanted = new boolean[node.inputs().size()];
            for (int i = 0; i < isWanted.length; i++) {
                isWanted[i] = learned.contains(node.inputs().get(i));
            }
            wanted.add(isWanted);
            if (!of.isEmpty() || node.inputs().stream().anyMatch(learned::contains)) {
                learned.add(node.name());
            }
        }
    }

    /** Whether a layer is the only one that reads its input, the way back of what computed it included. */
    private boolean mayOverwrite(Net.Node node) {
        String input = node.inputs().getFirst();
        long readers = net.nodes().stream()
                .flatMap(other -> other.inputs().stream())
                .filter(input::equals)
                .count();
        return readers == 1
                && net.nodes().stream()
                        .anyMatch(other ->
                                other.name().equals(input) && !other.layer().readsOutput());
    }

    private Tensor room(long size) {
        return Tensor.of(arena, type, batch, Math.toIntExact(size));
    }

    public Net net() {
        return net;
    }

    /** Examples at most. */
    public int batch() {
        return batch;
    }

    /** The net's input, to be filled: (batch, numbers of an example). */
    public Tensor input() {
        return output(Net.INPUT);
    }

    /**
     * The keys of the examples, to be filled with the bags of all fields; then {@link #keysAreComplete} makes room for the rows.
     *
     * @throws IllegalStateException if the net has none
     */
    public KeyBags keys() {
        if (keys == null) {
            throw new IllegalStateException("the net has no fields of keys");
        }
        return keys;
    }

    /** Makes room for the rows of all keys in the parameters and gradients of embeddings: (keys or more, width). */
    public void keysAreComplete() {
        for (int i = 0; i < parameters.size(); i++) {
            if (net.nodes().get(i).layer() instanceof Embedding embedding) {
                parameters.get(i).set(0, grown(parameters.get(i).getFirst(), embedding.width()));
                parameterGradients.get(i).set(0, grown(parameterGradients.get(i).getFirst(), embedding.width()));
            }
        }
    }

    private Tensor grown(Tensor before, int width) {
        int count = keys().count();
        return before.shape()[0] >= count ? before : Tensor.of(arena, type, 2 * count, width);
    }

    /** The net's output: (batch, numbers). */
    public Tensor output() {
        return output(net.nodes().getLast().name());
    }

    /**
     * The output of a layer, after {@link #forward}.
     *
     * @throws IllegalArgumentException if there is no such layer, or it was not computed yet
     */
    public Tensor output(String layer) {
        var found = outputs.get(layer);
        if (found == null) {
            throw new IllegalArgumentException(
                    "there is no output of a layer '" + layer + "', only of " + outputs.keySet());
        }
        return found;
    }

    /** The gradient of the net's output, to be filled before {@link #backward}. */
    public Tensor outputGradient() {
        return outputGradient;
    }

    /** What a layer has learned, to be filled, in the order of {@link Net#parameters}; of an embedding the rows of the batch's keys. */
    public List<Tensor> parameters(int layer) {
        return parameters.get(layer);
    }

    /** The gradients of what a layer learns; that of the weights is empty where factors are enough. */
    public List<Tensor> gradients(int layer) {
        return parameterGradients.get(layer);
    }

    /** Computes the output of the first examples of the input. */
    public void forward(Operation.Call call, Listener listener) {
        for (int i = 0; i < operations.size(); i++) {
            var node = net.nodes().get(i);
            listener.beforeForward(i);
            outputs.put(node.name(), operations.get(i).forward(seeded(call, i), inputs(node), parameters.get(i)));
            listener.afterForward(i);
        }
    }

    /** Computes the gradients of what is learned, from the gradient of the output, which is overwritten. */
    public void backward(Operation.Call call, Listener listener) {
        gradients.clear();
        gradients.put(net.nodes().getLast().name(), outputGradient);
        for (int i = operations.size() - 1; i >= 0; i--) {
            var node = net.nodes().get(i);
            var gradient = gradients.remove(node.name());
            if (gradient == null) { // before it nothing is learned, or nobody reads it
                continue;
            }
            for (var of : parameterGradients.get(i)) {
                of.zero(
                        0,
                        node.layer() instanceof Embedding(int width, boolean _)
                                ? (long) keys().count() * width
                                : of.size());
            }
            listener.beforeBackward(i);
            var ofInputs = operations
                    .get(i)
                    .backward(
                            seeded(call, i),
                            inputs(node),
                            parameters.get(i),
                            output(node.name()),
                            gradient,
                            wanted.get(i),
                            parameterGradients.get(i));
            listener.afterBackward(i);
            if (node.layer() instanceof Linear) {
                listener.factorsReady(i, inputs(node).getFirst(), gradient);
            }
            if (!parameters.get(i).isEmpty()) {
                listener.gradientReady(i);
            }
            for (int k = 0; k < ofInputs.length; k++) {
                take(node.inputs().get(k), wanted.get(i)[k] ? ofInputs[k] : null, call.examples());
            }
        }
    }

    /** A layer that several read has the sum of their gradients. */
    private void take(String layer, @Nullable Tensor gradient, int examples) {
        if (gradient == null) {
            return;
        }
        var before = gradients.putIfAbsent(layer, gradient);
        if (before != null) {
            before.add(gradient, 0, 0, examples * Tensor.size(net.output(layer)));
        }
    }

    private static Operation.Call seeded(Operation.Call call, int layer) {
        return new Operation.Call(
                call.examples(), call.isTraining(), (call.seed() + layer) * 0x9e3779b97f4a7c15L + layer);
    }

    private List<Tensor> inputs(Net.Node node) {
        return node.inputs().stream().map(this::output).toList();
    }

    @Override
    public void close() {
        operations.forEach(Operation::close);
        operations.clear();
        arena.close();
    }
}
