package orrery.deep.net;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import orrery.data.Nearest;
import orrery.deep.layer.Activation;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Flatten;
import orrery.deep.layer.Interactions;
import orrery.deep.layer.Join;
import orrery.deep.layer.Layer;
import orrery.deep.layer.LayerNorm;
import orrery.deep.layer.Linear;
import orrery.deep.layer.LocalResponse;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Recurrent;
import orrery.deep.layer.Window;
import orrery.store.Json;

/** Nets as JSON: the input's shape, and by layer its name, its type, what it reads, and its settings; those that are usual may be left out. */
final class NetForm {
    private static final List<String> TYPES = List.of(
            "convolution",
            "max-pool",
            "average-pool",
            "global-pool",
            "linear",
            "relu",
            "sigmoid",
            "tanh",
            "gelu",
            "batch-norm",
            "layer-norm",
            "local-response",
            "dropout",
            "lstm",
            "gru",
            "add",
            "concat",
            "flatten",
            "embedding",
            "interactions");

    private static final List<String> LOSSES =
            Arrays.stream(Loss.values()).map(NetForm::word).toList();

    private NetForm() {}

    /** What a layer is called. */
    static String type(Layer layer) {
        return switch (layer) {
            case Convolution _ -> "convolution";
            case Pooling pooling ->
                pooling.window() == null
                        ? "global-pool"
                        : pooling.kind() == Pooling.Kind.MAX ? "max-pool" : "average-pool";
            case Linear _ -> "linear";
            case Activation(var kind) -> kind.name().toLowerCase(Locale.ROOT);
            case BatchNorm _ -> "batch-norm";
            case LayerNorm _ -> "layer-norm";
            case LocalResponse _ -> "local-response";
            case Dropout _ -> "dropout";
            case Join(var kind) -> kind.name().toLowerCase(Locale.ROOT);
            case Recurrent recurrent -> recurrent.cell().name().toLowerCase(Locale.ROOT);
            case Embedding _ -> "embedding";
            case Interactions _ -> "interactions";
            case Flatten _ -> "flatten";
        };
    }

    static String write(Net net) {
        var text = new StringBuilder("{\"input\":")
                .append(Json.line(Arrays.stream(net.input()).boxed().toList()))
                .append(net.fields() == 0 ? "" : ",\"fields\":" + net.fields())
                .append(net.loss() == Loss.SQUARES ? ",\"loss\":\"squares\"" : "")
                .append(",\"layers\":[\n");
        text.append(net.nodes().stream()
                .map(node -> {
                    var map = new LinkedHashMap<String, Object>();
                    map.put("name", node.name());
                    map.put("type", type(node.layer()));
                    map.put("inputs", node.inputs());
                    map.putAll(settings(node.layer()));
                    return Json.line(map);
                })
                .collect(Collectors.joining(",\n")));
        return text.append("\n]}\n").toString();
    }

    private static Map<String, Object> settings(Layer layer) {
        var map = new LinkedHashMap<String, Object>();
        switch (layer) {
            case Convolution(int channels, var window, int groups, boolean hasBias) -> {
                map.put("channels", channels);
                window(window, map);
                map.put("groups", groups);
                map.put("bias", hasBias);
            }
            case Pooling(var kind, var window, boolean isRoundedUp) -> {
                map.put("kind", kind.name().toLowerCase(Locale.ROOT));
                if (window != null) {
                    window(window, map);
                    map.put("roundedUp", isRoundedUp);
                }
            }
            case Linear(int outputs, boolean hasBias, boolean isEach, float gain) -> {
                map.put("outputs", outputs);
                map.put("bias", hasBias);
                if (isEach) {
                    map.put("each", true);
                }
                if (gain != Linear.RECTIFIED) {
                    map.put("gain", gain);
                }
            }
            case Embedding(int width, boolean isSum) -> {
                map.put("width", width);
                map.put("sum", isSum);
            }
            case BatchNorm(double epsilon, double momentum) -> {
                map.put("epsilon", epsilon);
                map.put("momentum", momentum);
            }
            case LayerNorm(double epsilon) -> map.put("epsilon", epsilon);
            case LocalResponse(int size, double alpha, double beta, double k) -> {
                map.put("size", size);
                map.put("alpha", alpha);
                map.put("beta", beta);
                map.put("k", k);
            }
            case Dropout(double part) -> map.put("part", part);
            case Recurrent recurrent -> {
                map.put("hidden", recurrent.hidden());
                map.put("whole", recurrent.isWhole());
            }
            case Activation _, Join _, Interactions _, Flatten _ -> {}
        }
        return map;
    }

    private static void window(Window window, Map<String, Object> map) {
        map.put("window", pair(window.high(), window.wide()));
        map.put("stride", window.stride());
        map.put("padding", pair(window.paddingHigh(), window.paddingWide()));
        map.put("dilation", window.dilation());
    }

    /** High and wide: one number if they are the same. */
    private static Object pair(int high, int wide) {
        return high == wide ? high : List.of(high, wide);
    }

    static Net read(String json, String where) throws IOException {
        var all = Json.object(json, where);
        refuseOthers(all, List.of("input", "fields", "loss", "layers"), where);
        var shape = new ArrayList<Integer>();
        for (var dimension : Json.list(all.get("input"), where, "input")) {
            shape.add((int) Json.whole(dimension, where, "input", 0, Integer.MAX_VALUE));
        }
        var builder = Net.input(shape.stream().mapToInt(i -> i).toArray());
        if (all.containsKey("fields")) {
            builder.fields((int) Json.whole(all.get("fields"), where, "fields", 0, Integer.MAX_VALUE));
        }
        builder.loss(loss(String.valueOf(all.getOrDefault("loss", LOSSES.getFirst())), where));
        String before = Net.INPUT;
        int number = 0;
        for (var entry : Json.list(all.get("layers"), where, "layers")) {
            number++;
            String place = where + ", layer " + number;
            var map = new Settings(Json.map(entry, place, "layers"), place);
            var layer = map.layer();
            String name = map.text("name", number + "-" + type(layer));
            var inputs = map.texts("inputs", layer instanceof Embedding ? Net.KEYS : before);
            map.refuseOthers();
            builder.add(name, layer, inputs.toArray(String[]::new));
            before = name;
        }
        try {
            return builder.net();
        } catch (IllegalArgumentException e) {
            throw new IOException(where + ": " + e.getMessage(), e);
        }
    }

    private static Loss loss(String name, String where) throws IOException {
        if (!LOSSES.contains(name)) {
            throw new IOException(
                    where + ": the loss '" + name + "' is none of " + LOSSES + Nearest.hint(name, LOSSES));
        }
        return Loss.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static String word(Loss loss) {
        return loss.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static void refuseOthers(Map<String, Object> map, List<String> known, String where) throws IOException {
        for (var key : map.keySet()) {
            if (!known.contains(key)) {
                throw new IOException(where + ": '" + key + "' says nothing here; there may be " + known);
            }
        }
    }

    /** The settings of a layer, of which those that were asked for are known. */
    private static final class Settings {
        private final Map<String, Object> map;
        private final String where;
        private final List<String> asked = new ArrayList<>();

        Settings(Map<String, Object> map, String where) {
            this.map = map;
            this.where = where;
        }

        Layer layer() throws IOException {
            String type = text("type", "");
            try {
                return switch (type) {
                    case "convolution" ->
                        new Convolution(whole("channels"), window(1), whole("groups", 1), isTrue("bias", true));
                    case "max-pool" -> new Pooling(Pooling.Kind.MAX, pool("max"), isTrue("roundedUp", false));
                    case "average-pool" ->
                        new Pooling(Pooling.Kind.AVERAGE, pool("average"), isTrue("roundedUp", false));
                    case "global-pool" ->
                        new Pooling(
                                text("kind", "average").equals("max") ? Pooling.Kind.MAX : Pooling.Kind.AVERAGE,
                                null,
                                false);
                    case "linear" ->
                        new Linear(whole("outputs"), isTrue("bias", true), isTrue("each", false), (float)
                                number("gain", Linear.RECTIFIED));
                    case "embedding" -> new Embedding(whole("width"), isTrue("sum", false));
                    case "interactions" -> new Interactions();
                    case "flatten" -> new Flatten();
                    case "relu", "sigmoid", "tanh", "gelu" ->
                        new Activation(Activation.Kind.valueOf(type.toUpperCase(Locale.ROOT)));
                    case "batch-norm" -> new BatchNorm(number("epsilon", 1e-5), number("momentum", 0.9));
                    case "layer-norm" -> new LayerNorm(number("epsilon", 1e-5));
                    case "local-response" ->
                        new LocalResponse(
                                whole("size", 5), number("alpha", 1e-4), number("beta", 0.75), number("k", 1));
                    case "lstm", "gru" ->
                        new Recurrent(
                                Recurrent.Cell.valueOf(type.toUpperCase(Locale.ROOT)),
                                whole("hidden"),
                                isTrue("whole", false));
                    case "dropout" -> new Dropout(number("part", 0.5));
                    case "add", "concat" -> new Join(Join.Kind.valueOf(type.toUpperCase(Locale.ROOT)));
                    default ->
                        throw new IOException(
                                where + ": the type '" + type + "' is none of " + TYPES + Nearest.hint(type, TYPES));
                };
            } catch (IllegalArgumentException e) {
                throw new IOException(where + ": " + e.getMessage(), e);
            }
        }

        private Window pool(String kind) throws IOException {
            asked.add("kind");
            if (!String.valueOf(map.getOrDefault("kind", kind)).equals(kind)) {
                throw new IOException(where + ": its kind is " + map.get("kind") + ", and its type says " + kind);
            }
            int[] size = pair("window");
            if (size[0] != size[1] && !map.containsKey("stride")) {
                throw new IOException(where + ": 'stride' is missing, which is the window's side where that is one");
            }
            return window(size[0]);
        }

        private Window window(int stride) throws IOException {
            int[] size = pair("window");
            int[] padding = map.containsKey("padding") ? pair("padding") : new int[2];
            return new Window(size[0], size[1], whole("stride", stride), padding[0], padding[1], whole("dilation", 1));
        }

        private int whole(String key) throws IOException {
            asked.add(key);
            if (!map.containsKey(key)) {
                throw new IOException(where + ": '" + key + "' is missing; the layer has " + map.keySet()
                        + Nearest.hint(key, List.copyOf(map.keySet())));
            }
            return (int) Json.whole(map.get(key), where, key, 0, Integer.MAX_VALUE);
        }

        /** A number, or two: of rows and of columns. */
        private int[] pair(String key) throws IOException {
            if (!(map.get(key) instanceof List<?> both)) {
                int one = whole(key);
                return new int[] {one, one};
            }
            asked.add(key);
            if (both.size() != 2) {
                throw new IOException(
                        where + ": '" + key + "' is a number or two, of rows and of columns, got " + both);
            }
            return new int[] {
                (int) Json.whole(both.get(0), where, key, 0, Integer.MAX_VALUE),
                (int) Json.whole(both.get(1), where, key, 0, Integer.MAX_VALUE)
            };
        }

        private int whole(String key, int usual) throws IOException {
            return map.containsKey(key) ? whole(key) : usual;
        }

        private double number(String key, double usual) throws IOException {
            asked.add(key);
            return map.containsKey(key) ? Json.number(map.get(key), where, key).doubleValue() : usual;
        }

        private boolean isTrue(String key, boolean usual) throws IOException {
            asked.add(key);
            var value = map.getOrDefault(key, usual);
            if (value instanceof Boolean is) {
                return is;
            }
            throw new IOException(where + ": '" + key + "' is true or false, got " + value);
        }

        String text(String key, String usual) {
            asked.add(key);
            return String.valueOf(map.getOrDefault(key, usual));
        }

        List<String> texts(String key, String usual) throws IOException {
            asked.add(key);
            return map.containsKey(key)
                    ? Json.list(map.get(key), where, key).stream()
                            .map(String::valueOf)
                            .toList()
                    : List.of(usual);
        }

        void refuseOthers() throws IOException {
            NetForm.refuseOthers(map, asked, where);
        }
    }
}
