package orrery.app.apps.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import orrery.app.apps.Application;
import orrery.app.apps.Applications;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.data.Nearest;
import orrery.data.Schema;
import orrery.deep.net.Net;
import orrery.deep.net.Zoo;
import orrery.deep.sync.Link;
import orrery.deep.sync.Scheme;
import orrery.deep.sync.Sending;
import orrery.deep.train.Course;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetModel;
import orrery.deep.train.NetOptions;
import orrery.store.Place;
import orrery.table.spec.UpdateRule;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Which net. */
final class NetFlags {
    private static final int LARGEST = 1 << 24; // bytes of a file

    @Option(
            names = "--net",
            paramLabel = "NET",
            description = {
                "mlp, lenet, cifar10-quick, resnet-18, deepfm, wide-and-deep, char-lstm and others by name, a .json or"
                        + " .prototxt (default: ${DEFAULT-VALUE}).",
                "A file has the shape of an example and the layers, one after another: {\"input\": [28, 28, 1], \"layers\":"
                        + " [{\"type\": \"linear\", \"outputs\": 10}]}. orrery show prints one of a trained net."
            })
    String net = "lenet";

    @Option(
            names = "--pad",
            paramLabel = "N",
            description = "Of images: cut by chance, up to N pixels outside (default: 0).")
    int padding;

    @Option(names = "--mirror", description = "Of images: mirror half of them in training, by chance.")
    boolean isMirrored;

    @Option(
            names = "--from-model",
            paramLabel = "MODEL",
            descriptionKey = FlagGroup.MORE,
            description = "Begin with a trained net, or that of a run, of the same --net and classes; not by chance.")
    String start = "";

    Optional<NetModel> start() throws IOException {
        return start.isEmpty() ? Optional.empty() : Optional.of(NetModel.load(Applications.file(start)));
    }

    /** Refuses a name that is none. */
    void check() {
        if (padding < 0) {
            throw new UsageException("--pad must be 0 or more, got " + padding);
        }
        if (!Zoo.names().contains(net) && !net.contains(".") && !net.contains("/")) {
            throw new UsageException("there is no net '" + net + "', only " + String.join(", ", Zoo.names())
                    + ", and files whose names end in .json or .prototxt" + Nearest.hint(net, Zoo.names()));
        }
    }

    /** Whether the net has embeddings, whose rows need no numbers. */
    boolean hasFields() throws IOException {
        return Zoo.isByData(net) || (!Zoo.names().contains(net) && net().fields() > 0);
    }

    /** Whether the net has an output at each step, and so learns from a text. */
    boolean isOfText() throws IOException {
        return net.equals(Zoo.CHARACTERS) || (!Zoo.names().contains(net) && net().steps() > 1);
    }

    /** The net for a text with so many different characters. */
    Net netOfText(int characters) throws IOException {
        return net.equals(Zoo.CHARACTERS) ? Zoo.ofCharacters(Zoo.STEPS, characters) : net();
    }

    /** Refuses flags of files of examples where the data is none. */
    static void noExamples(Application.Given given, Object reading, String data) {
        for (var option :
                CommandLine.Model.CommandSpec.forAnnotatedObject(reading).options()) {
            if (given.has(option.longestName()) && !option.longestName().contains("cache")) {
                throw new UsageException(
                        option.longestName() + " is for files of examples, and " + data + " is images or a text");
            }
        }
    }

    /** Refuses what is for images only. */
    void noImages(Application.Given given, String data) {
        for (var flag : List.of("--pad", "--mirror")) {
            if (given.has(flag)) {
                throw new UsageException(
                        flag + " is for images, and " + data + " is none: an idx file, CIFAR's .bin files,"
                                + " or a folder with a folder of images for each class");
            }
        }
    }

    /** The net for data with a schema. */
    Net net(Schema schema) throws IOException {
        return Zoo.names().contains(net) ? NetLearning.published(net, schema) : net();
    }

    Net net() throws IOException {
        if (Zoo.names().contains(net)) {
            return Zoo.net(net);
        }
        try (var in = new Place(net).open()) {
            var text = new String(in.readNBytes(LARGEST), StandardCharsets.UTF_8);
            return net.endsWith(".prototxt") ? Net.parsePrototxt(text, net) : Net.parse(text, net);
        }
    }

    /** How it is trained. */
    static final class Search {
        private static final List<String> RULES = List.of("sgd", "momentum", "adagrad", "adam");

        private static final int PASSES = 10;
        private static final int FEW = 100_000; // examples
        private static final int OF_FEW = 3;

        @Option(
                names = "--passes",
                paramLabel = "N",
                description = "Over all examples (default: 10; of categories 3, or 1 if many).")
        @Nullable
        Integer passes;

        @Option(
                names = "--batch",
                paramLabel = "N",
                description = "Examples per worker and clock (default: ${DEFAULT-VALUE}).")
        int batch = 64;

        @Option(
                names = "--rule",
                paramLabel = "R",
                description = "sgd, momentum (default), adagrad (of categories) or adam (of text).")
        @Nullable
        String rule;

        @Option(names = "--rate", paramLabel = "X", description = "Learning rate (default: 0.01; of adam 0.001).")
        @Nullable
        Float rate;

        @Option(
                names = "--momentum",
                paramLabel = "X",
                descriptionKey = FlagGroup.MORE,
                description = "Of the rule momentum (default: ${DEFAULT-VALUE}).")
        float momentum = 0.9f;

        @Option(
                names = "--decay",
                paramLabel = "X",
                descriptionKey = FlagGroup.MORE,
                description = "Weight decay, not of biases and scales (default: ${DEFAULT-VALUE}).")
        float decay = 5e-4f;

        @Option(
                names = "--schedule",
                paramLabel = "S",
                description = "How the rate goes: " + Course.FORMS + " (default: ${DEFAULT-VALUE}).")
        String schedule = "linear";

        @Option(
                names = "--clip",
                paramLabel = "X",
                descriptionKey = FlagGroup.MORE,
                description = "The largest norm of a layer's gradient, which is shortened to it (default: any).")
        float clip = Float.POSITIVE_INFINITY;

        @Option(
                names = "--send",
                paramLabel = "SCHEME",
                descriptionKey = FlagGroup.MORE,
                description =
                        "How gradients go between processes, of all layers: owners, peers, factors or owner-factors"
                                + " (default: the cheapest of each layer; orrery plan net prints it).")
        String send = "";

        @Option(
                names = "--link",
                paramLabel = "L",
                descriptionKey = FlagGroup.MORE,
                description =
                        "The link by which it is found: bandwidth, latency, rate of products (default: 10Gbit,100us,50GF).")
        String link = Link.DEFAULT.toString();

        private UpdateRule rule(Net net, Application.Given given) {
            String usually = net.steps() > 1 ? "adam" : net.fields() > 0 ? "adagrad" : "momentum";
            String chosen = rule == null ? usually : rule;
            if (given.has("--momentum") && !chosen.equals("momentum")) {
                throw new UsageException("--momentum is of the rule momentum, not of " + chosen);
            }
            float usual = chosen.equals("adam") ? 0.001f : 0.01f;
            float r = rate == null ? usual : rate;
            return switch (chosen) {
                case "sgd" -> new UpdateRule.Sgd(r);
                case "momentum" -> new UpdateRule.Momentum(r, momentum, 0);
                case "adagrad" -> new UpdateRule.AdaGrad(r);
                case "adam" -> new UpdateRule.Adam(r);
                default ->
                    throw new UsageException("--rule is sgd, momentum, adagrad or adam, got '" + chosen + "'"
                            + Nearest.hint(chosen, RULES));
            };
        }

        /** More passes over categories learn single examples by heart: each has keys that few others have. */
        private int passes(Net net, long examples) {
            if (passes != null) {
                return passes;
            }
            boolean isOfCategories = net.fields() > 0 && net.steps() == 1;
            return !isOfCategories ? PASSES : examples < FEW ? OF_FEW : 1;
        }

        NetOptions options(Net net, long examples, Application.Given given) {
            try {
                return new NetOptions(
                        net,
                        passes(net, examples),
                        batch,
                        rule(net, given),
                        Course.parse(schedule),
                        decay,
                        clip,
                        new Sending(send.isEmpty() ? null : Scheme.parse(send), Link.parse(link)));
            } catch (IllegalArgumentException e) {
                throw new UsageException("--", e);
            }
        }
    }
}
