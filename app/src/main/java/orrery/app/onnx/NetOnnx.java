package orrery.app.onnx;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import orrery.data.DataException;
import orrery.deep.layer.Activation;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Flatten;
import orrery.deep.layer.Interactions;
import orrery.deep.layer.Join;
import orrery.deep.layer.LayerNorm;
import orrery.deep.layer.Linear;
import orrery.deep.layer.LocalResponse;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Recurrent;
import orrery.deep.layer.Window;
import orrery.deep.net.Net;
import orrery.deep.train.NetModel;
import orrery.store.Json;
import orrery.store.Place;

/**
 * A net as ONNX. The input is (batch, ...) in the net's own order: images are (batch, height, width, channels), of a net that was
 * trained on images from 0 to 255. The outputs are {@code output}, that of the last layer, and {@code probabilities}. Within, images
 * lie channel by channel, as ONNX has them.
 */
public final class NetOnnx {
    private final NetModel model;
    private final Net net;
    private final OnnxGraph graph = new OnnxGraph();
    private final Map<String, String> results = new HashMap<>(); // by layer

    private NetOnnx(NetModel model) {
        this.model = model;
        net = model.net();
    }

    /** Writes it. */
    public static void write(NetModel model, Place file) throws IOException {
        new NetOnnx(model).write(file);
    }

    private void write(Place file) throws IOException {
        begin();
        for (int n = 0; n < net.nodes().size(); n++) {
            var node = net.nodes().get(n);
            var inputs = node.inputs().stream()
                    .map(input -> results.getOrDefault(input, input))
                    .toList();
            results.put(node.name(), add(node, inputs, model.parameters()[n]));
        }
        String last = results.getOrDefault(net.nodes().getLast().name(), "");
        int size = net.outputSize();
        String flat = flattened(last, net.output());
        graph.node("Identity", "output", List.of(flat), Map.of());
        graph.output("output", size);
        if (net.classes() > 0) {
            probabilities();
            graph.output("probabilities", net.classes());
        }
        graph.write(file, Map.of("classes", Json.line(model.classNames())));
    }

    /** Of a single output, those of both classes. */
    private void probabilities() {
        if (net.outputSize() > 1) {
            graph.node("Softmax", "probabilities", List.of("output"), Map.of("axis", 1));
            return;
        }
        String second = graph.node("Sigmoid", List.of("output"), Map.of());
        String first = graph.node("Sub", List.of(graph.number(1), second), Map.of());
        graph.node("Concat", "probabilities", List.of(first, second), Map.of("axis", 1));
    }

    private static boolean isImage(int[] shape) {
        return shape.length == 3;
    }

    private void begin() {
        var shape = new long[net.input().length];
        java.util.Arrays.setAll(shape, i -> net.input()[i]);
        graph.input("input", shape);
        String is = "input";
        var scaling = model.scaling();
        if (scaling != null) {
            long channels = scaling.means().length;
            is = graph.node("Sub", List.of(is, graph.numbers("means", scaling.means(), 1, 1, 1, channels)), Map.of());
            is = graph.node(
                    "Div", List.of(is, graph.numbers("deviations", scaling.deviations(), 1, 1, 1, channels)), Map.of());
        }
        results.put(Net.INPUT, isImage(net.input()) ? channelsFirst(is) : is);
    }

    private String channelsFirst(String images) {
        return graph.node("Transpose", List.of(images), Map.of("perm", List.of(0, 3, 1, 2)));
    }

    private String channelsLast(String images) {
        return graph.node("Transpose", List.of(images), Map.of("perm", List.of(0, 2, 3, 1)));
    }

    private String flattened(String from, int[] shape) {
        String is = isImage(shape) ? channelsLast(from) : from;
        return shape.length == 1 ? is : graph.node("Flatten", List.of(is), Map.of("axis", 1));
    }

    private String add(Net.Node node, List<String> inputs, float[][] parameters) throws DataException {
        int[] shape = net.inputs(node).getFirst();
        String from = inputs.getFirst();
        return switch (node.layer()) {
            case Convolution convolution -> convolution(node, convolution, shape, from, parameters);
            case Pooling pooling -> pooling(pooling, from);
            case Linear linear when linear.isEach() -> throw none(node);
            case Flatten _ -> flattened(from, shape);
            case Linear linear -> {
                var all = new ArrayList<>(List.of(
                        flattened(from, shape),
                        graph.numbers(
                                node.name() + ".weights",
                                parameters[0],
                                linear.outputs(),
                                parameters[0].length / linear.outputs())));
                if (linear.hasBias()) {
                    all.add(graph.numbers(node.name() + ".bias", parameters[1], linear.outputs()));
                }
                yield graph.node("Gemm", all, Map.of("transB", 1));
            }
            case Activation(var kind) -> activation(kind, from);
            case BatchNorm norm ->
                graph.node(
                        "BatchNormalization",
                        List.of(
                                from,
                                graph.numbers(node.name() + ".scale", fromOne(parameters[0]), parameters[0].length),
                                graph.numbers(node.name() + ".bias", parameters[1], parameters[1].length),
                                graph.numbers(node.name() + ".mean", parameters[2], parameters[2].length),
                                graph.numbers(node.name() + ".variance", fromOne(parameters[3]), parameters[3].length)),
                        Map.of("epsilon", (float) norm.epsilon()));
            case LayerNorm norm -> {
                String is = isImage(shape) ? channelsLast(from) : from;
                is = graph.node(
                        "LayerNormalization",
                        List.of(
                                is,
                                graph.numbers(node.name() + ".scale", fromOne(parameters[0]), parameters[0].length),
                                graph.numbers(node.name() + ".bias", parameters[1], parameters[1].length)),
                        Map.of("axis", -1, "epsilon", (float) norm.epsilon()));
                yield isImage(shape) ? channelsFirst(is) : is;
            }
            case LocalResponse local ->
                graph.node(
                        "LRN",
                        List.of(from),
                        Map.of(
                                "size",
                                local.size(),
                                "alpha",
                                (float) local.alpha(),
                                "beta",
                                (float) local.beta(),
                                "bias",
                                (float) local.k()));
            case Recurrent _, Embedding _, Interactions _ -> throw none(node);
            case Dropout _ -> from; // nothing is left out of a prediction
            case Join(var kind) ->
                kind == Join.Kind.ADD
                        ? graph.node("Sum", inputs, Map.of())
                        : graph.node("Concat", inputs, Map.of("axis", isImage(shape) ? 1 : -1));
        };
    }

    private static DataException none(Net.Node node) {
        return new DataException("layer '" + node.name() + "' cannot be exported: recurrent layers, embeddings and"
                + " layers by step are not written to ONNX");
    }

    private static float[] fromOne(float[] values) {
        var all = new float[values.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = 1 + values[i];
        }
        return all;
    }

    private static Map<String, Object> window(Window window) {
        var attributes = new HashMap<String, Object>();
        attributes.put("kernel_shape", List.of(window.high(), window.wide()));
        attributes.put("strides", List.of(window.stride(), window.stride()));
        attributes.put(
                "pads",
                List.of(window.paddingHigh(), window.paddingWide(), window.paddingHigh(), window.paddingWide()));
        return attributes;
    }

    private String convolution(Net.Node node, Convolution of, int[] shape, String from, float[][] parameters) {
        int cells = of.window().cells();
        int depth = shape[2] / of.groups();
        var weights = new float[parameters[0].length];
        for (int c = 0; c < of.channels(); c++) {
            for (int cell = 0; cell < cells; cell++) {
                for (int d = 0; d < depth; d++) {
                    weights[(c * depth + d) * cells + cell] = parameters[0][(c * cells + cell) * depth + d];
                }
            }
        }
        var inputs = new ArrayList<>(List.of(
                from,
                graph.numbers(
                        node.name() + ".weights",
                        weights,
                        of.channels(),
                        depth,
                        of.window().high(),
                        of.window().wide())));
        if (of.hasBias()) {
            inputs.add(graph.numbers(node.name() + ".bias", parameters[1], of.channels()));
        }
        var attributes = window(of.window());
        attributes.put("group", of.groups());
        attributes.put("dilations", List.of(of.window().dilation(), of.window().dilation()));
        return graph.node("Conv", inputs, attributes);
    }

    private String pooling(Pooling of, String from) {
        boolean isMax = of.kind() == Pooling.Kind.MAX;
        var window = of.window();
        if (window == null) {
            return graph.node(isMax ? "GlobalMaxPool" : "GlobalAveragePool", List.of(from), Map.of());
        }
        var attributes = window(window);
        attributes.put("ceil_mode", of.isRoundedUp() ? 1 : 0);
        if (!isMax) { // without padding, cells that are beyond the image must not count
            boolean isPadded = window.paddingHigh() > 0 || window.paddingWide() > 0;
            attributes.put("count_include_pad", isPadded ? 1 : 0);
        }
        return graph.node(isMax ? "MaxPool" : "AveragePool", List.of(from), attributes);
    }

    private String activation(Activation.Kind kind, String x) {
        return switch (kind) {
            case RELU -> graph.node("Relu", List.of(x), Map.of());
            case SIGMOID -> graph.node("Sigmoid", List.of(x), Map.of());
            case TANH -> graph.node("Tanh", List.of(x), Map.of());
            case GELU -> {
                String cube = graph.node("Mul", List.of(x, graph.node("Mul", List.of(x, x), Map.of())), Map.of());
                String inner = graph.node(
                        "Add",
                        List.of(x, graph.node("Mul", List.of(cube, graph.number(Activation.GELU_CUBE)), Map.of())),
                        Map.of());
                String tanh = graph.node(
                        "Tanh",
                        List.of(graph.node("Mul", List.of(inner, graph.number(Activation.GELU_FACTOR)), Map.of())),
                        Map.of());
                String half = graph.node("Mul", List.of(x, graph.number(0.5)), Map.of());
                yield graph.node(
                        "Mul", List.of(half, graph.node("Add", List.of(tanh, graph.number(1)), Map.of())), Map.of());
            }
        };
    }
}
