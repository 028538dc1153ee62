package orrery.deep.net;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import orrery.deep.layer.Operation;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/**
 * A net that computes: room for a batch, for what is learned and for gradients. Confined to one thread; closing gives back its memory.
 */
public final class Pass implements AutoCloseable {
    private final Net net;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Tensor> outputs = new HashMap<>(); // of layers, and the net's input
    private final Map<String, Tensor> gradients = new HashMap<>();
    private final List<Operation> operations = new ArrayList<>();
    private final List<List<Tensor>> parameters = new ArrayList<>();
    private final List<List<Tensor>> parameterGradients = new ArrayList<>();
    private final int batch;

    /** What happens to a layer, by its number in the net. */
    public interface Listener {
        /** Its parameters will be read. */
        default void beforeForward(int layer) {}

        default void afterForward(int layer) {}

        default void beforeBackward(int layer) {}

        /** The gradients of its parameters are complete, while those of layers before it are not. */
        default void gradientReady(int layer) {}
    }

    /** A listener that does nothing. */
    public static final Listener NOBODY = new Listener() {};

    /** @param batch examples at most */
    public Pass(Net net, Tensor.Type type, int batch) {
        this.net = net;
        this.batch = batch;
        var matrices = Matrices.of(type);
        var input = room(type, net.inputSize());
        outputs.put(Net.INPUT, input);
        var learned = new HashSet<String>(); // layers that depend on what is learned
        for (var node : net.nodes()) {
            var inputs = net.inputs(node);
            operations.add(node.layer().operation(new Operation.Room(arena, type, matrices, inputs, batch)));
            long size = Tensor.size(net.output(node.name()));
            outputs.put(node.name(), room(type, size));
            var of = new ArrayList<Tensor>();
            var ofGradients = new ArrayList<Tensor>();
            for (var parameter : net.parameters(node)) {
                of.add(Tensor.of(arena, type, parameter.rows(), parameter.width()));
                ofGradients.add(Tensor.of(arena, type, parameter.rows(), parameter.width()));
            }
            parameters.add(of);
            parameterGradients.add(ofGradients);
            if (!of.isEmpty() || node.inputs().stream().anyMatch(learned::contains)) {
                learned.add(node.name());
            }
        }
        gradientsOf(type, learned);
    }

    /** Of layers before which nothing is learned, nobody needs the gradient. */
    private void gradientsOf(Tensor.Type type, Set<String> layers) {
        for (var layer : layers) {
            gradients.put(layer, room(type, Tensor.size(net.output(layer))));
        }
        gradients.computeIfAbsent(net.nodes().getLast().name(), last -> room(type, net.outputSize()));
    }

    private Tensor room(Tensor.Type type, long size) {
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

    /** The net's output: (batch, numbers). */
    public Tensor output() {
        return output(net.nodes().getLast().name());
    }

    /** The output of a layer. */
    public Tensor output(String layer) {
        var found = outputs.get(layer);
        if (found == null) {
            throw new IllegalArgumentException("there is no layer '" + layer + "'");
        }
        return found;
    }

    /** The gradient of the net's output, to be filled before {@link #backward}. */
    public Tensor outputGradient() {
        var found = gradients.get(net.nodes().getLast().name());
        if (found == null) {
            throw new IllegalStateException("nothing is learned");
        }
        return found;
    }

    /** What a layer has learned, to be filled, in the order of {@link Net#parameters}. */
    public List<Tensor> parameters(int layer) {
        return parameters.get(layer);
    }

    /** The gradients of what a layer learns. */
    public List<Tensor> gradients(int layer) {
        return parameterGradients.get(layer);
    }

    /** Computes the output of the first examples of the input. */
    public void forward(Operation.Call call, Listener listener) {
        for (int i = 0; i < operations.size(); i++) {
            var node = net.nodes().get(i);
            listener.beforeForward(i);
            operations.get(i).forward(seeded(call, i), inputs(node), parameters.get(i), output(node.name()));
            listener.afterForward(i);
        }
    }

    /** Computes the gradients of what is learned, from the gradient of the output. */
    public void backward(Operation.Call call, Listener listener) {
        String last = net.nodes().getLast().name();
        gradients.forEach((layer, gradient) -> {
            if (!layer.equals(last)) {
                gradient.zero(0, gradient.size() / batch * call.examples());
            }
        });
        for (int i = operations.size() - 1; i >= 0; i--) {
            var node = net.nodes().get(i);
            var gradient = gradients.get(node.name());
            if (gradient == null) {
                continue;
            }
            for (var of : parameterGradients.get(i)) {
                of.zero(0, of.size());
            }
            var ofInputs = new ArrayList<@Nullable Tensor>();
            node.inputs().forEach(name -> ofInputs.add(gradients.get(name)));
            listener.beforeBackward(i);
            operations
                    .get(i)
                    .backward(
                            seeded(call, i),
                            inputs(node),
                            parameters.get(i),
                            output(node.name()),
                            gradient,
                            ofInputs,
                            parameterGradients.get(i));
            if (!parameters.get(i).isEmpty()) {
                listener.gradientReady(i);
            }
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
        arena.close();
    }
}
