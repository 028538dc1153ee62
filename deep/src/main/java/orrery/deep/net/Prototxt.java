package orrery.deep.net;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.data.Nearest;
import orrery.deep.layer.Activation;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Join;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Linear;
import orrery.deep.layer.LocalResponse;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Window;

/**
 * Reads nets as Caffe has them: messages of its NetParameter as text. Layers that are for the test phase only, losses and accuracies are
 * left out, as the loss is the training's; the way weights are filled and rates of single layers do not count.
 */
final class Prototxt {
    private static final List<String> TYPES = List.of(
            "Convolution",
            "Pooling",
            "InnerProduct",
            "ReLU",
            "Sigmoid",
            "TanH",
            "LRN",
            "Dropout",
            "Concat",
            "Eltwise",
            "BatchNorm",
            "Scale",
            "Flatten",
            "Softmax",
            "SoftmaxWithLoss",
            "Accuracy",
            "Input",
            "MemoryData",
            "JavaData",
            "DummyData");

    private final String where;
    private final Map<String, String> makers = new HashMap<>(); // by blob, the layer that made it last
    private Net.@Nullable Builder builder;
    private String batchNorm = ""; // the layer before, if it is one

    private Prototxt(String where) {
        this.where = where;
    }

    static Net read(String text, String where) throws IOException {
        return new Prototxt(where).net(new Parser(text, where).message(true));
    }

    private Net net(Message all) throws IOException {
        inputs(all);
        for (var layer : all.messages("layer", "layers")) {
            if (isForTestOnly(layer)) {
                continue;
            }
            add(layer);
        }
        var made = builder;
        if (made == null) {
            throw noInput();
        }
        try {
            return made.net();
        } catch (IllegalArgumentException e) {
            throw new IOException(where + ": " + e.getMessage(), e);
        }
    }

    private IOException noInput() {
        return new IOException(
                where + ": says nowhere what shape the input has; add a layer: layer { name: \"data\" type:"
                        + " \"Input\" top: \"data\" input_param { shape { dim: 64 dim: 3 dim: 32 dim: 32 } } }, with the batch,"
                        + " channels, height and width");
    }

    private static boolean isForTestOnly(Message layer) throws IOException {
        for (var include : layer.messages("include")) {
            if (include.text("phase", "TRAIN").equals("TEST")) {
                return true;
            }
        }
        return false;
    }

    private void inputs(Message all) throws IOException {
        var shapes = all.messages("input_shape");
        if (!all.has("input")) {
            return;
        }
        var dims =
                shapes.isEmpty() ? all.wholes("input_dim") : shapes.getFirst().wholes("dim");
        begin(all.text("input", ""), dims, all);
    }

    /** An input of (batch, channels, height, width), or of (batch, numbers). Labels are of one number. */
    private void begin(String blob, List<Integer> dims, Message at) throws IOException {
        boolean isLabel = dims.size() < 2 || dims.stream().skip(1).allMatch(d -> d == 1);
        if (isLabel) {
            return;
        }
        if (builder != null) {
            throw new IOException(at.place() + ": there is a second input, and nets have one");
        }
        if (dims.size() != 2 && dims.size() != 4) {
            throw new IOException(at.place() + ": the input's dimensions are the batch, channels, height and width, or"
                    + " the batch and how many numbers, got " + dims);
        }
        builder = dims.size() == 2 ? Net.input(dims.get(1)) : Net.input(dims.get(2), dims.get(3), dims.get(1));
        makers.put(blob, Net.INPUT);
    }

    private void add(Message layer) throws IOException {
        String name = layer.text("name", "");
        String type = layer.text("type", "");
        String before = batchNorm;
        batchNorm = "";
        switch (type) {
            case "Input" ->
                begin(top(layer), layer.message("input_param").message("shape").wholes("dim"), layer);
            case "JavaData" ->
                begin(
                        top(layer),
                        layer.message("java_data_param").message("shape").wholes("dim"),
                        layer);
            case "DummyData" ->
                begin(
                        top(layer),
                        layer.message("dummy_data_param").message("shape").wholes("dim"),
                        layer);
            case "MemoryData" -> {
                var about = layer.message("memory_data_param");
                begin(
                        top(layer),
                        List.of(
                                about.whole("batch_size", 1),
                                about.whole("channels", 1),
                                about.whole("height", 1),
                                about.whole("width", 1)),
                        layer);
            }
            case "Data", "ImageData", "HDF5Data" -> throw noInput();
            case "Softmax", "SoftmaxWithLoss", "Accuracy" -> {} // the loss is the training's
            case "Flatten" -> makers.put(top(layer), bottoms(layer).getFirst());
            case "Scale" -> {
                if (before.isEmpty() || !bottoms(layer).equals(List.of(before))) {
                    throw new IOException(layer.place() + ": Scale is read only after BatchNorm, with which it is one");
                }
                makers.put(top(layer), before);
            }
            default -> {
                var made = builder;
                if (made == null) {
                    throw noInput();
                }
                try {
                    made.add(name, layer(type, layer), bottoms(layer).toArray(String[]::new));
                } catch (IllegalArgumentException e) {
                    throw new IOException(layer.place() + ": " + e.getMessage(), e);
                }
                makers.put(top(layer), name);
                batchNorm = type.equals("BatchNorm") ? name : "";
            }
        }
    }

    private static String top(Message layer) throws IOException {
        return layer.text("top", layer.text("name", ""));
    }

    private List<String> bottoms(Message layer) throws IOException {
        var found = new ArrayList<String>();
        for (var blob : layer.texts("bottom")) {
            var maker = makers.get(blob);
            if (maker == null) {
                throw new IOException(
                        layer.place() + ": reads '" + blob + "', and the layers before it make " + makers.keySet());
            }
            found.add(maker);
        }
        return found;
    }

    private Layer layer(String type, Message layer) throws IOException {
        return switch (type) {
            case "Convolution" -> {
                var about = layer.message("convolution_param");
                yield new Convolution(
                        about.whole("num_output"),
                        window(about, 1),
                        about.whole("group", 1),
                        about.isTrue("bias_term", true));
            }
            case "Pooling" -> pooling(layer.message("pooling_param"));
            case "InnerProduct" -> {
                var about = layer.message("inner_product_param");
                yield new Linear(about.whole("num_output"), about.isTrue("bias_term", true));
            }
            case "ReLU" -> {
                if (layer.message("relu_param").number("negative_slope", 0) != 0) {
                    throw new IOException(layer.place() + ": the slope below 0 must be 0");
                }
                yield new Activation(Activation.Kind.RELU);
            }
            case "Sigmoid" -> new Activation(Activation.Kind.SIGMOID);
            case "TanH" -> new Activation(Activation.Kind.TANH);
            case "LRN" -> {
                var about = layer.message("lrn_param");
                if (!about.text("norm_region", "ACROSS_CHANNELS").equals("ACROSS_CHANNELS")) {
                    throw new IOException(layer.place() + ": responses are normalised across channels only");
                }
                yield new LocalResponse(
                        about.whole("local_size", 5),
                        about.number("alpha", 1),
                        about.number("beta", 0.75),
                        about.number("k", 1));
            }
            case "Dropout" -> new Dropout(layer.message("dropout_param").number("dropout_ratio", 0.5));
            case "Concat" -> {
                if (layer.message("concat_param").whole("axis", 1) != 1) {
                    throw new IOException(layer.place() + ": inputs are joined along channels only, axis 1");
                }
                yield new Join(Join.Kind.CONCAT);
            }
            case "Eltwise" -> {
                if (!layer.message("eltwise_param").text("operation", "SUM").equals("SUM")) {
                    throw new IOException(layer.place() + ": inputs are added only, operation SUM");
                }
                yield new Join(Join.Kind.ADD);
            }
            case "BatchNorm" -> {
                var about = layer.message("batch_norm_param");
                yield new BatchNorm(about.number("eps", 1e-5), about.number("moving_average_fraction", 0.999));
            }
            default ->
                throw new IOException(
                        layer.place() + ": the type '" + type + "' is none of " + TYPES + Nearest.hint(type, TYPES));
        };
    }

    private static Pooling pooling(Message about) throws IOException {
        String pool = about.text("pool", "MAX");
        if (!pool.equals("MAX") && !pool.equals("AVE")) {
            throw new IOException(about.place() + ": pools take MAX or AVE, got " + pool);
        }
        var kind = pool.equals("MAX") ? Pooling.Kind.MAX : Pooling.Kind.AVERAGE;
        return about.isTrue("global_pooling", false)
                ? new Pooling(kind, null, false)
                : new Pooling(kind, window(about, 1), true);
    }

    private static Window window(Message about, int stride) throws IOException {
        int high = about.has("kernel_h") ? about.whole("kernel_h") : about.whole("kernel_size");
        int wide = about.has("kernel_w") ? about.whole("kernel_w") : about.whole("kernel_size");
        int strideHigh = about.whole("stride_h", about.whole("stride", stride));
        if (strideHigh != about.whole("stride_w", strideHigh)) {
            throw new IOException(about.place() + ": strides must be the same in both directions");
        }
        return new Window(
                high,
                wide,
                strideHigh,
                about.whole("pad_h", about.whole("pad", 0)),
                about.whole("pad_w", about.whole("pad", 0)),
                about.whole("dilation", 1));
    }

    /** A message of text: fields with one value or more, each a word, a number or a message. */
    private record Message(String where, int line, Map<String, List<Object>> fields) {
        String place() {
            var name = fields.get("name");
            return where + ", line " + line + (name == null ? "" : ": layer '" + name.getFirst() + "'");
        }

        boolean has(String field) {
            return fields.containsKey(field);
        }

        List<Message> messages(String... names) throws IOException {
            var found = new ArrayList<Message>();
            for (var name : names) {
                for (var value : fields.getOrDefault(name, List.of())) {
                    if (!(value instanceof Message message)) {
                        throw new IOException(place() + ": '" + name + "' must be a message, got " + value);
                    }
                    found.add(message);
                }
            }
            return found;
        }

        /** The message of a name; an empty one if there is none. */
        Message message(String name) throws IOException {
            var found = messages(name);
            return found.isEmpty() ? new Message(where, line, Map.of()) : found.getFirst();
        }

        List<String> texts(String name) throws IOException {
            var found = new ArrayList<String>();
            for (var value : fields.getOrDefault(name, List.of())) {
                if (value instanceof Message) {
                    throw new IOException(place() + ": '" + name + "' must be a value, not a message");
                }
                found.add((String) value);
            }
            return found;
        }

        String text(String name, String usual) throws IOException {
            var found = texts(name);
            return found.isEmpty() ? usual : found.getFirst();
        }

        List<Integer> wholes(String name) throws IOException {
            var found = new ArrayList<Integer>();
            for (var text : texts(name)) {
                try {
                    found.add(Integer.parseInt(text));
                } catch (NumberFormatException e) {
                    throw new IOException(place() + ": '" + name + "' must be a whole number, got '" + text + "'", e);
                }
            }
            return found;
        }

        int whole(String name) throws IOException {
            var found = wholes(name);
            if (found.isEmpty()) {
                throw new IOException(place() + ": '" + name + "' is missing");
            }
            return found.getFirst();
        }

        int whole(String name, int usual) throws IOException {
            return has(name) ? whole(name) : usual;
        }

        double number(String name, double usual) throws IOException {
            String text = text(name, String.valueOf(usual));
            try {
                return Double.parseDouble(text);
            } catch (NumberFormatException e) {
                throw new IOException(place() + ": '" + name + "' must be a number, got '" + text + "'", e);
            }
        }

        boolean isTrue(String name, boolean usual) throws IOException {
            return text(name, String.valueOf(usual)).equals("true");
        }
    }

    /** Reads messages. */
    private static final class Parser {
        private final String text;
        private final String where;
        private int at;
        private int line = 1;

        Parser(String text, String where) {
            this.text = text;
            this.where = where;
        }

        private IOException wrong(String what) {
            return new IOException(where + ", line " + line + ": " + what);
        }

        private void skip() {
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '#') {
                    while (at < text.length() && text.charAt(at) != '\n') {
                        at++;
                    }
                } else if (Character.isWhitespace(c) || c == ',' || c == ';') {
                    line += c == '\n' ? 1 : 0;
                    at++;
                } else {
                    return;
                }
            }
        }

        private boolean takes(char c) {
            skip();
            if (at < text.length() && text.charAt(at) == c) {
                at++;
                return true;
            }
            return false;
        }

        private String word() throws IOException {
            skip();
            if (at < text.length() && (text.charAt(at) == '"' || text.charAt(at) == '\'')) {
                int end = text.indexOf(text.charAt(at), at + 1);
                if (end < 0) {
                    throw wrong("a text does not end");
                }
                String found = text.substring(at + 1, end);
                at = end + 1;
                return found;
            }
            int start = at;
            while (at < text.length()
                    && (Character.isLetterOrDigit(text.charAt(at)) || "_+-.".indexOf(text.charAt(at)) >= 0)) {
                at++;
            }
            if (at == start) {
                throw wrong(
                        at < text.length()
                                ? "a word was due, and there is '" + text.charAt(at) + "'"
                                : "it ends early");
            }
            return text.substring(start, at);
        }

        Message message(boolean isAll) throws IOException {
            int start = line;
            var fields = new LinkedHashMap<String, List<Object>>();
            while (true) {
                skip();
                if (isAll && at >= text.length()) {
                    return new Message(where, start, fields);
                }
                if (!isAll && takes('}')) {
                    return new Message(where, start, fields);
                }
                String name = word();
                boolean hasColon = takes(':');
                Object value;
                if (takes('{')) {
                    value = message(false);
                } else if (hasColon) {
                    value = word();
                } else {
                    throw wrong("after '" + name + "' there must be ':' or '{'");
                }
                fields.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
            }
        }
    }
}
