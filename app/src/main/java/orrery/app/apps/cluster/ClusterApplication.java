package orrery.app.apps.cluster;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import orrery.app.apps.Application;
import orrery.app.flags.DataFlags;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.app.run.Shown;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.data.ReadOptions.Numbers;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.engine.stage.Run;
import orrery.engine.train.Trained;
import orrery.engine.train.Training;
import orrery.learn.Layout;
import orrery.learn.cluster.ClusterModel;
import orrery.learn.cluster.ClusterOptions;
import orrery.learn.cluster.KMeans;
import orrery.store.Place;
import orrery.store.Printable;

/** kmeans. */
public final class ClusterApplication implements Application {
    @Override
    public String name() {
        return "kmeans";
    }

    @Override
    public String summary() {
        return "groups examples around centroids by k-means";
    }

    @Override
    public String data() {
        return "examples (libsvm, CSV, TSV, Parquet); labels are not looked at";
    }

    @Override
    public List<String> examples() {
        return List.of("train kmeans mnist", "train kmeans places.csv --clusters 5 --raw-numbers");
    }

    @Override
    public String format() {
        return ClusterModel.FORMAT;
    }

    /** No label is needed; distances do not depend on where numbers are counted from. */
    private static ReadOptions options(DataFlags flags) {
        var options = flags.options().unlabelled();
        return options.numbers() == Numbers.RAW ? options.with(Numbers.CENTRED) : options;
    }

    @Override
    public Flags flags() {
        var reading = new DataFlags();
        var clusters = new ClusterFlags();
        var search = new ClusterFlags.Search();
        return new Flags() {
            @Override
            public List<FlagGroup> groups() {
                return List.of(
                        new FlagGroup(FlagGroup.DATA, reading),
                        new FlagGroup(FlagGroup.MODEL, clusters),
                        new FlagGroup(FlagGroup.OPTIMISER, search));
            }

            @Override
            public Application.Task<ClusterModel> task(Given given) {
                reading.options();
                return new Task(clusters.options(search, given), clusters.layout(), reading);
            }
        };
    }

    private static final class Task implements Application.Task<ClusterModel> {
        private final ClusterOptions options;
        private final KMeans learner;
        private final DataFlags reading;
        private Optional<Loaded> data = Optional.empty();

        Task(ClusterOptions options, Layout layout, DataFlags reading) {
            this.options = options;
            learner = new KMeans(options, layout);
            this.reading = reading;
        }

        @Override
        public String read(String name, long seed) throws IOException {
            data = Optional.of(reading.data().read(name, ClusterApplication.options(reading)));
            return data.get().examples().toString();
        }

        @Override
        public Reading reading() {
            return data.orElseThrow().reading();
        }

        @Override
        public String dataSum() {
            return data.orElseThrow().examples().sum();
        }

        @Override
        public Training<ClusterModel> prepare(Run run) throws IOException {
            return learner.prepare(data.orElseThrow(), run);
        }

        @Override
        public Map<String, Object> results(ClusterModel model) {
            var results = new LinkedHashMap<String, Object>();
            var sizes = new long[model.clusters()];
            results.put("train", model.score(data.orElseThrow().examples(), sizes));
            results.put("sizes", Arrays.stream(sizes).boxed().toList());
            return results;
        }

        @Override
        public List<String> warnings(Trained<ClusterModel> trained, Map<String, Object> results) {
            var warnings = new ArrayList<String>();
            long empty = results.get("sizes") instanceof List<?> sizes
                    ? sizes.stream().filter(size -> size.equals(0L)).count()
                    : 0;
            if (empty > 0) {
                warnings.add(empty + (empty == 1 ? " cluster is" : " clusters are")
                        + " empty: the data has fewer different examples, or too many clusters were asked for; try --clusters "
                        + Math.max(1, options.clusters() - empty) + " or more --starts");
            }
            return warnings;
        }

        @Override
        public void print(PrintWriter out, ClusterModel model, Map<String, Object> results) {
            Shown.metrics(out, "train", results.get("train"));
            out.println("sizes  " + results.get("sizes"));
        }
    }

    @Override
    public Saved open(Place model) throws IOException {
        var clusters = ClusterModel.load(model);
        var reading = new DataFlags();
        return new Saved() {
            @Override
            public List<Object> options() {
                return List.of(reading);
            }

            @Override
            public Optional<Schema> schema() {
                return Optional.of(clusters.schema());
            }

            private Loaded read(String data) throws IOException {
                return reading.data().readLike(data, clusters.schema(), ClusterApplication.options(reading), false);
            }

            @Override
            public void show(PrintWriter out, int top) {
                ClusterApplication.show(out, clusters, top);
            }

            @Override
            public void predict(String data, boolean probabilities, PrintWriter out) throws IOException {
                if (probabilities) {
                    throw new UsageException("clusters have no probabilities; leave --probabilities out");
                }
                clusters.assign(read(data).examples(), (i, cluster, distance) -> out.println(cluster));
                out.flush();
            }

            @Override
            public Optional<Measured> measure(String data) throws IOException {
                var loaded = read(data);
                return Optional.of(Measured.of(loaded, clusters.score(loaded.examples())));
            }
        };
    }

    /** The heaviest features of each centroid, in the numbers of the data. */
    private static void show(PrintWriter out, ClusterModel model, int top) {
        out.printf(Locale.ROOT, "# %d clusters, %,d features%n", model.clusters(), model.features());
        var centroid = new float[model.features()];
        for (int c = 0; c < model.clusters(); c++) {
            model.centres().row(c, centroid);
            out.println("cluster " + c + ": "
                    + IntStream.range(0, model.features())
                            .boxed()
                            .sorted(Comparator.comparingDouble(f -> -Math.abs(centroid[f])))
                            .limit(top)
                            .map(f -> Printable.of(model.schema().featureName(f)) + " "
                                    + Shown.number(model.schema().original(f, centroid[f])))
                            .collect(Collectors.joining(", ")));
        }
    }
}
