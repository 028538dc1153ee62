package orrery.app.apps.net;

import java.io.IOException;
import java.io.PrintWriter;
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
import orrery.app.run.Shown;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Linear;
import orrery.deep.net.Net;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetModel;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.store.Place;
import orrery.store.Printable;

/** net. */
public final class NetApplication implements Application {
    private static final Net ANY = Net.of(new int[] {1}, new Linear(2, true));

    @Override
    public String name() {
        return "net";
    }

    @Override
    public String summary() {
        return "trains a net to tell classes apart: layers by name, or your own as JSON";
    }

    @Override
    public String data() {
        return "examples with a class (libsvm, CSV, TSV, Parquet); features are the net's input, in its order";
    }

    @Override
    public List<String> examples() {
        return List.of(
                "train net mnist --test mnist-test", "train net flights.csv --net mine.json --split 0.1 --rule adam");
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
                search.options(ANY, given); // whose errors come before anything is read
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
        private Optional<Loaded> train = Optional.empty();
        private Optional<Examples> test = Optional.empty();

        Task(NetFlags net, NetFlags.Search search, Given given, DataFlags reading, HoldOutFlags holdOut) {
            this.net = net;
            this.search = search;
            this.given = given;
            this.reading = reading;
            this.holdOut = holdOut;
        }

        @Override
        public String read(String name, long seed) throws IOException {
            var all = reading.data().read(name, reading.options());
            train = Optional.of(all);
            if (holdOut.split != null) {
                var parts = all.examples().split(holdOut.split, seed);
                if (parts.test().size() == 0 || parts.train().size() == 0) {
                    throw new UsageException("--split " + holdOut.split + " of "
                            + all.examples().size() + " examples leaves none on one side");
                }
                train = Optional.of(new Loaded(parts.train(), all.schema(), all.reading()));
                test = Optional.of(parts.test());
            } else if (holdOut.test != null) {
                test = Optional.of(reading.data()
                        .readLike(holdOut.test, all.schema(), reading.options(), true)
                        .examples());
            }
            return train.get().examples()
                    + test.map(examples -> "; test: " + examples).orElse("");
        }

        @Override
        public Reading reading() {
            return train.orElseThrow().reading();
        }

        @Override
        public String dataSum() {
            return train.orElseThrow().examples().sum();
        }

        @Override
        public Training<NetModel> prepare(Run run) throws IOException {
            return new NetLearning(search.options(net.net(), given)).prepare(train.orElseThrow(), run);
        }

        @Override
        public Map<String, Object> results(NetModel model) throws IOException {
            var results = new LinkedHashMap<String, Object>();
            results.put("train", model.score(train.orElseThrow().examples()));
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

            @Override
            public void show(PrintWriter out, int top) {
                NetApplication.show(out, net);
            }

            @Override
            public void predict(String data, boolean probabilities, PrintWriter out) throws IOException {
                if (probabilities) {
                    out.println("class\t" + String.join("\t", net.classNames()));
                }
                net.predict(read(data, false).examples(), (example, best, of) -> {
                    out.print(net.classNames().get(best));
                    for (int c = 0; probabilities && c < of.length; c++) {
                        out.print(String.format(Locale.ROOT, "\t%.6f", of[c]));
                    }
                    out.println();
                });
                out.flush();
            }

            @Override
            public Optional<Measured> measure(String data) throws IOException {
                var loaded = read(data, true);
                return Optional.of(Measured.of(loaded, net.score(loaded.examples())));
            }
        };
    }

    /** A line a layer: its name, what it reads, the shape that comes out, how many numbers it learns; then the net as JSON. */
    private static void show(PrintWriter out, NetModel model) {
        var net = model.net();
        out.printf(
                Locale.ROOT,
                "# %d layers, %,d numbers learned, input %s, classes %s%n",
                net.nodes().size(),
                net.parameters(),
                Arrays.toString(net.input()),
                Printable.of(model.classNames().toString()));
        for (var node : net.nodes()) {
            out.printf(
                    Locale.ROOT,
                    "%-20s %-18s of %-20s %,12d%n",
                    Printable.of(node.name()),
                    Arrays.toString(net.output(node.name())),
                    node.inputs().stream().map(Printable::of).collect(Collectors.joining(", ")),
                    net.parameters(node).stream()
                            .mapToLong(Layer.Parameter::size)
                            .sum());
        }
        out.print(net.json());
    }
}
