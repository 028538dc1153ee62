package orrery.app.apps.net;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import orrery.app.apps.Application;
import orrery.app.flags.DataFlags;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.HoldOutFlags;
import orrery.app.flags.UsageException;
import orrery.app.onnx.NetOnnx;
import orrery.app.run.Shown;
import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.deep.image.ImageData;
import orrery.deep.image.ImageFiles;
import orrery.deep.image.Images;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Linear;
import orrery.deep.net.Net;
import orrery.deep.text.Continuation;
import orrery.deep.text.TextData;
import orrery.deep.train.NetData;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetModel;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.store.Place;
import orrery.store.Printable;
import orrery.store.Readers;

/** net. */
public final class NetApplication implements Application {
    private static final int CONTINUED = 400; // characters that a text is continued by
    private static final Net ANY = Net.of(new int[] {1}, new Linear(2, true));

    @Override
    public String name() {
        return "net";
    }

    @Override
    public String summary() {
        return "trains a net to tell classes apart, or to give a number: layers by name, or your own as JSON";
    }

    @Override
    public String data() {
        return "examples (numbers and categories), images (idx, CIFAR, folders of JPEG or PNG), or a text";
    }

    @Override
    public List<String> examples() {
        return List.of(
                "train net mnist --test mnist-test",
                "train net cifar-10-batches-bin --net cifar10-quick --pad 4 --mirror --split 0.1",
                "train net clicks.csv --net deepfm --split 0.1");
    }

    @Override
    public String format() {
        return NetModel.FORMAT;
    }

    @Override
    public Flags flags() {
        var reading = new DataFlags();
        var holdOut = new HoldOutFlags();
        var net = new NetFlags();
        var search = new NetFlags.Search();
        return new Flags() {
            @Override
            public List<FlagGroup> groups() {
                return List.of(
                        new FlagGroup(FlagGroup.DATA, reading),
                        new FlagGroup(FlagGroup.DATA, holdOut),
                        new FlagGroup(FlagGroup.MODEL, net),
                        new FlagGroup(FlagGroup.OPTIMISER, search));
            }

            @Override
            public Application.Task<NetModel> task(Given given) {
                holdOut.check();
                reading.options();
                net.check();
                search.options(ANY, 1, given); // whose errors come before anything is read
                return new Task(net, search, given, reading, holdOut);
            }
        };
    }

    private static final class Task implements Application.Task<NetModel> {
        private final NetFlags net;
        private final NetFlags.Search search;
        private final Given given;
        private final DataFlags reading;
        private final HoldOutFlags holdOut;
        private Optional<Net> built = Optional.empty();
        private Optional<Read> train = Optional.empty();
        private Optional<NetData> test = Optional.empty();

        /** What was read, and how. */
        private record Read(NetData data, Schema schema, Reading reading) {}

        Task(NetFlags net, NetFlags.Search search, Given given, DataFlags reading, HoldOutFlags holdOut) {
            this.net = net;
            this.search = search;
            this.given = given;
            this.reading = reading;
            this.holdOut = holdOut;
        }

        @Override
        public String read(String name, long seed) throws IOException {
            if (ImageFiles.areImages(name)) {
                NetFlags.noExamples(given, reading, name);
                return readImages(name, seed);
            }
            if (net.isOfText()) {
                NetFlags.noExamples(given, reading, name);
                net.noImages(given, name);
                return readText(name);
            }
            net.noImages(given, name);
            var options = net.hasFields() ? reading.options(ReadOptions.KEYS) : reading.options();
            var all = reading.data().read(name, options);
            var of = net.net(all.schema());
            built = Optional.of(of);
            var data = NetData.of(all.examples(), all.schema(), of);
            if (holdOut.split != null) {
                var parts = all.examples().split(holdOut.split, seed);
                check(parts.train().size(), parts.test().size());
                data = NetData.of(parts.train(), all.schema(), of);
                test = Optional.of(NetData.of(parts.test(), all.schema(), of));
            } else if (holdOut.test != null) {
                var held = reading.data().readLike(holdOut.test, all.schema(), options, true);
                test = Optional.of(NetData.of(held.examples(), all.schema(), of));
            }
            train = Optional.of(new Read(data, all.schema(), all.reading()));
            return all.examples()
                    + test.map(held -> String.format(Locale.ROOT, "; test: %,d examples", held.size()))
                            .orElse("");
        }

        private void check(long train, long test) {
            if (test == 0 || train == 0) {
                throw new UsageException(
                        "--split " + holdOut.split + " of " + (train + test) + " examples leaves none on one side");
            }
        }

        private String readText(String name) throws IOException {
            String text = TextData.read(name);
            var characters = TextData.characters(text);
            var of = net.netOfText(characters.size());
            built = Optional.of(of);
            if (of.fields() != of.steps() || of.inputSize() > 0) {
                throw new DataException(
                        name + ": is a text, of which each step has one key and no numbers; the net has " + of.fields()
                                + " fields, " + of.steps() + " steps and " + of.inputSize() + " numbers");
            }
            var all = TextData.of(name, text, of.steps(), characters);
            Optional<TextData> held = Optional.empty();
            if (holdOut.split != null) {
                var parts = all.split(holdOut.split);
                all = parts.first();
                held = Optional.of(parts.rest());
            } else if (holdOut.test != null) {
                held = Optional.of(TextData.of(holdOut.test, TextData.read(holdOut.test), of.steps(), characters));
            }
            test = held.map(other -> other);
            var reading = Reading.of(TextData.FORMAT)
                    .with("examples of " + of.steps() + " characters"
                            + (holdOut.split == null ? "" : "; the end of the text is the test"));
            train = Optional.of(new Read(all, Schema.ofFeatures(TextData.FORMAT, List.of(), characters, 1), reading));
            return all + held.map(other -> "; test: " + other).orElse("");
        }

        private String readImages(String name, long seed) throws IOException {
            var of = net.net();
            built = Optional.of(of);
            int[] input = of.input();
            if (of.fields() > 0 || of.classes() == 0) {
                throw new DataException(
                        name
                                + ": are images, which have a class each and no keys; the net has fields of keys, or gives numbers");
            }
            var all = new ImageFiles(input, List.of()).read(name);
            var images = all;
            Optional<Images> held = Optional.empty();
            if (holdOut.split != null) {
                var parts = all.split(holdOut.split, seed);
                check(parts.train().size(), parts.test().size());
                images = parts.train();
                held = Optional.of(parts.test());
            } else if (holdOut.test != null) {
                held = Optional.of(new ImageFiles(input, all.classes()).read(holdOut.test));
            }
            var scaling = images.scaling();
            try {
                for (var other : held.stream().toList()) {
                    test = Optional.of(new ImageData(other, input, scaling, 0, false));
                }
                train = Optional.of(new Read(
                        new ImageData(images, input, scaling, net.padding, net.isMirrored),
                        Schema.ofFeatures("images", List.of(), images.classes(), of.inputSize()),
                        all.reading().with("each channel is brought to mean 0 and deviation 1: " + scaling)));
            } catch (IllegalArgumentException e) {
                throw new DataException(name + ": " + e.getMessage());
            }
            return images + held.map(other -> "; test: " + other).orElse("");
        }

        @Override
        public Reading reading() {
            return train.orElseThrow().reading();
        }

        @Override
        public String dataSum() {
            return train.orElseThrow().data().sum();
        }

        @Override
        public Map<String, String> sums(String data) throws IOException {
            return isOwn(data) ? Map.of(data, dataSum()) : Application.Task.super.sums(data);
        }

        @Override
        public Readers readers(String data) throws IOException {
            return isOwn(data) ? Readers.of(Path.of(data)) : Application.Task.super.readers(data);
        }

        /** Whether it is read here: images, or a text. */
        private boolean isOwn(String data) throws IOException {
            return ImageFiles.areImages(data) || net.isOfText();
        }

        @Override
        public Training<NetModel> prepare(Run run) throws IOException {
            var of = train.orElseThrow();
            var options = search.options(built.orElseThrow(), of.data().size(), given);
            NetLearning learning;
            try {
                learning = new NetLearning(options, net.start());
            } catch (IllegalArgumentException e) {
                throw new UsageException("--from-model: " + e.getMessage());
            }
            return learning.prepare(of.data(), of.schema(), run);
        }

        @Override
        public Map<String, Object> results(NetModel model) throws IOException {
            var results = new LinkedHashMap<String, Object>();
            results.put("train", model.score(train.orElseThrow().data()));
            if (test.isPresent()) {
                results.put("test", model.score(test.get()));
            }
            return results;
        }

        @Override
        public void print(PrintWriter out, NetModel model, Map<String, Object> results) {
            Shown.metrics(out, "train", results.get("train"));
            Shown.metrics(out, "test", results.getOrDefault("test", Map.of()));
        }
    }

    @Override
    public Saved open(Place model) throws IOException {
        var net = NetModel.load(model);
        var reading = new DataFlags();
        return new Saved() {
            @Override
            public List<Object> options() {
                return List.of(reading);
            }

            @Override
            public Optional<Schema> schema() {
                return Optional.of(net.schema());
            }

            private Loaded read(String data, boolean isLabelled) throws IOException {
                return reading.data().readLike(data, net.schema(), reading.options(), isLabelled);
            }

            private boolean isOfText() {
                return net.schema().format().equals(TextData.FORMAT);
            }

            private TextData text(String data) throws IOException {
                return TextData.of(data, TextData.read(data), net.net().steps(), net.classNames());
            }

            // if the model is of images
            private Optional<ImageData> images(String data) throws IOException {
                var scaling = net.scaling();
                if (scaling == null) {
                    return Optional.empty();
                }
                if (!ImageFiles.areImages(data)) {
                    throw new DataException(data + ": the model was trained on images, and this is none: an idx file,"
                            + " CIFAR's .bin files, or a folder with a folder of images for each class");
                }
                var images = new ImageFiles(net.net().input(), net.classNames()).read(data);
                try {
                    return Optional.of(new ImageData(images, net.net().input(), scaling, 0, false));
                } catch (IllegalArgumentException e) {
                    throw new DataException(data + ": " + e.getMessage());
                }
            }

            @Override
            public void export(Place file) throws IOException {
                NetOnnx.write(net, file);
            }

            @Override
            public void show(PrintWriter out, int top) {
                NetApplication.show(out, net);
            }

            @Override
            public void predict(String data, boolean probabilities, PrintWriter out) throws IOException {
                if (isOfText()) {
                    String begin = TextData.read(data);
                    out.println(begin + Continuation.of(net, begin, CONTINUED, 1));
                    out.flush();
                    return;
                }
                boolean isNumber = net.classNames().isEmpty();
                if (probabilities && !isNumber) {
                    out.println("class\t" + String.join("\t", net.classNames()));
                }
                NetModel.Taker taker = (example, best, of) -> {
                    if (isNumber) {
                        out.println(of[0]);
                        return;
                    }
                    out.print(net.classNames().get(best));
                    for (int c = 0; probabilities && c < of.length; c++) {
                        out.print(String.format(Locale.ROOT, "\t%.6f", of[c]));
                    }
                    out.println();
                };
                var images = images(data);
                if (images.isPresent()) {
                    net.predict(images.get(), taker);
                } else {
                    net.predict(read(data, false).examples(), taker);
                }
                out.flush();
            }

            @Override
            public Optional<Measured> measure(String data) throws IOException {
                if (isOfText()) {
                    var text = text(data);
                    return Optional.of(new Measured(
                            text.toString(),
                            Reading.of(TextData.FORMAT),
                            Map.of("examples", text.size()),
                            net.score(text)));
                }
                var images = images(data);
                if (images.isPresent()) {
                    var of = images.get().images();
                    return Optional.of(new Measured(
                            of.toString(),
                            of.reading(),
                            Map.of("examples", (long) of.size()),
                            net.score(images.get())));
                }
                var loaded = read(data, true);
                return Optional.of(Measured.of(loaded, net.score(loaded.examples())));
            }
        };
    }

    private static long rows(NetModel model, Net.Node node) {
        var count = new long[1];
        model.rows(node).forEachKey(key -> count[0]++);
        return count[0];
    }

    /** A line a layer: its name, what it reads, the shape that comes out, how many numbers it learns; then the net as JSON. */
    private static void show(PrintWriter out, NetModel model) {
        var net = model.net();
        out.printf(
                Locale.ROOT,
                "# %d layers, %,d numbers learned, input %s, %s%n",
                net.nodes().size(),
                net.parameters(),
                Arrays.toString(net.input()),
                net.classes() == 0
                        ? "gives a number"
                        : "classes " + Printable.of(model.classNames().toString()));
        for (var node : net.nodes()) {
            long learned = net.parameters(node).stream()
                    .mapToLong(Layer.Parameter::size)
                    .sum();
            String rows = node.layer() instanceof Embedding(int width, boolean _)
                    ? String.format(Locale.ROOT, " and %,d rows of %d", rows(model, node), width)
                    : "";
            out.printf(
                    Locale.ROOT,
                    "%-20s %-18s of %-20s %,12d%s%n",
                    Printable.of(node.name()),
                    Arrays.toString(net.output(node.name())),
                    node.inputs().stream().map(Printable::of).collect(Collectors.joining(", ")),
                    learned,
                    rows);
        }
        out.print(net.json());
    }
}
