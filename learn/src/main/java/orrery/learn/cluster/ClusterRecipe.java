package orrery.learn.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.examples.Partition;
import orrery.engine.keep.Identity;
import orrery.engine.launch.Threads;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Course;
import orrery.engine.stage.Cut;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Verdict;
import orrery.engine.stage.Worker;
import orrery.engine.train.ModelParts;
import orrery.engine.train.ModelRows;
import orrery.engine.train.Recipe;
import orrery.learn.Layout;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.Node;
import orrery.table.hold.StoredRows;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;

/** A clustering, by Lloyd's iterations or by mini-batches. */
final class ClusterRecipe implements Recipe<ClusterModel> {
    /** Columns of a row after the features. */
    static final int EXTRA = 2;

    static final int COUNT = 0;
    static final int INERTIA = 1;
    /** What gives a worker the first centroids (clusters, features). */
    @FunctionalInterface
    interface Beginning {
        float[] of(Session session);
    }

    static final String TABLE = "clusters";
    private static final String SIZES = "sizes";
    private static final String FILE = "model.safetensors"; // in the folder of results
    private static final long MANY_CELLS = 1 << 26; // 256 MiB
    private static final String CANDIDATES = "candidates";
    private static final String POTENTIALS = "potentials";
    static final String INERTIA_OF_ALL = "total inertia";
    private static final int BETWEEN_CUTS = 5; // of Lloyd's iterations

    private final ClusterOptions options;
    private final Loaded data;
    private final Run run;
    private final Optional<List<Long>> sizes;
    private final boolean isKeyed; // processes hold their own rows only, and write them in parts
    private final Job job;

    /** @param sizes by worker, if the examples are the workers' own */
    ClusterRecipe(ClusterOptions options, Loaded data, Optional<List<Long>> sizes, Layout layout, Run run) {
        this.options = options;
        this.data = data;
        this.run = run;
        this.sizes = sizes;
        var own = sizes.orElseGet(() -> inEqualParts(data.examples().size(), run.workers()));
        isKeyed = isKeyed(layout, options, data.examples().features(), run);
        job = isKeyed ? byKey(own) : sideBySide(own);
    }

    /** Whether clusters are by key: as asked, or among processes if there are many cells. */
    static boolean isKeyed(Layout layout, ClusterOptions options, int features, Run run) {
        return switch (layout) {
            case KEYED -> features > 0;
            case DENSE -> false;
            case AUTO -> !(run.launcher() instanceof Threads) && (long) options.clusters() * features > MANY_CELLS;
            case SPARSE -> throw new IllegalArgumentException("clusters have numbers: the layout is dense or keyed");
        };
    }

    private Job sideBySide(List<Long> own) {
        int features = data.examples().features();
        var table = TableSpec.dense(TABLE, options.clusters(), Math.max(1, features) + EXTRA);
        var tables = List.of(
                TableSpec.dense(CANDIDATES, Seeds.candidates(options.clusters(), features), Seeds.width(features)),
                TableSpec.dense(POTENTIALS, run.workers(), 1),
                options.isLloyd() ? table : table.with(run.consistency()));
        return new Job("kmeans", tables, List.of(seeding(own), options.isLloyd() ? lloyd(own) : miniBatches()));
    }

    private Job byKey(List<Long> own) {
        int width = data.examples().features() + 1;
        var slices = Slices.of(options.clusters(), width);
        var table = TableSpec.dense(TABLE, options.clusters(), width).byKey();
        var tables = List.of(
                options.isLloyd() ? table : table.with(run.consistency()),
                TableSpec.dense(SIZES, options.clusters() + 1L, 1));
        var seeding = new Stage(
                "seed",
                slices.count(),
                slices.count(),
                worker -> new KeyedSeedStep(
                        data.examples(),
                        first(own, worker.index()),
                        first(own, worker.index() + 1),
                        first(own, own.size()),
                        slices,
                        options.isLloyd() ? 1 : 0,
                        run.seed(),
                        worker.session().table(TABLE)));
        int clocks = KeyedLloydStep.clocks(slices);
        var stage = options.isLloyd()
                ? new Stage(
                                "lloyd",
                                (long) options.iterations() * clocks,
                                (long) Math.min(BETWEEN_CUTS, options.iterations()) * clocks,
                                worker -> new KeyedLloydStep(
                                        data.examples(),
                                        first(own, worker.index()),
                                        first(own, worker.index() + 1),
                                        options,
                                        slices,
                                        worker,
                                        worker.session().table(TABLE),
                                        worker.session().table(SIZES)),
                                ClusterRecipe::decide)
                        .stoppedEvery(clocks)
                : miniBatches((partition, worker) -> new KeyedMiniBatchStep(
                        data.examples(),
                        partition,
                        slices,
                        worker,
                        worker.session().table(TABLE),
                        worker.session().table(SIZES)));
        return new Job(
                "kmeans",
                tables,
                Course.of(List.of(seeding, stage)),
                run.results().map(Written::new));
    }

    @Override
    public Map<String, String> decided() {
        return isKeyed
                ? Map.of("layout", "keyed: each process holds its own clusters, which begin with examples evenly drawn")
                : Map.of();
    }

    private Stage seeding(List<Long> own) {
        return new Stage(
                        "seed",
                        Seeds.CLOCKS,
                        Seeds.CLOCKS,
                        worker -> new SeedStep(
                                data.examples(),
                                first(own, worker.index()),
                                first(own, worker.index() + 1),
                                first(own, own.size()),
                                options,
                                run.seed(),
                                worker,
                                worker.session().table(CANDIDATES),
                                worker.session().table(POTENTIALS)))
                .stoppedEvery(Seeds.CLOCKS);
    }

    private Stage lloyd(List<Long> own) {
        return new Stage(
                "lloyd",
                options.iterations(),
                Math.min(BETWEEN_CUTS, options.iterations()),
                worker -> new LloydStep(
                        data.examples(),
                        first(own, worker.index()),
                        first(own, worker.index() + 1),
                        options,
                        session -> seeds(session),
                        worker,
                        worker.session().table(TABLE)),
                ClusterRecipe::decide);
    }

    private Stage miniBatches() {
        return miniBatches((partition, worker) -> new MiniBatchStep(
                data.examples(),
                partition,
                session -> seeds(session),
                options.clusters(),
                worker,
                worker.session().table(TABLE)));
    }

    private Stage miniBatches(BiFunction<Partition, Worker, Step> step) {
        int batch = options.batch();
        var partition = sizes.isPresent()
                ? Partition.of(sizes.get(), batch, run.seed(), 0)
                : Partition.of(data.examples().size(), batch, run.seed(), 0);
        return new Stage(
                "mini-batch",
                partition.clocksPerPass(run.workers()) * options.iterations(),
                partition.clocksPerPass(run.workers()),
                worker -> step.apply(partition, worker));
    }

    /** Where centroids begin (clusters, features): each worker finds the same. */
    private float[] seeds(Session session) {
        var candidates = session.table(CANDIDATES);
        int features = data.examples().features();
        var keys = new long[Seeds.candidates(options.clusters(), features)];
        Arrays.setAll(keys, n -> n);
        var rows = new float[Math.multiplyExact(keys.length, Seeds.width(features))];
        session.gather(candidates, keys, rows);
        return Seeds.choose(rows, features, options.clusters(), options.starts(), run.seed());
    }

    private static List<Long> inEqualParts(long size, int workers) {
        return LongStream.range(0, workers)
                .map(w -> size * (w + 1) / workers - size * w / workers)
                .boxed()
                .toList();
    }

    /** The first example of a worker. */
    private static long first(List<Long> sizes, int worker) {
        return sizes.subList(0, worker).stream().mapToLong(Long::longValue).sum();
    }

    /** Ends Lloyd's iterations when the last cut's has not got better: then the workers have stopped. */
    private static Verdict decide(Cut cut) {
        double before = cut.history().isEmpty()
                ? Double.NaN
                : cut.history().getLast().metrics().getOrDefault(INERTIA_OF_ALL, Double.NaN);
        return cut.metric(INERTIA_OF_ALL, Double.NaN) == before ? Verdict.FINISH : Verdict.GO_ON;
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public ClusterModel model(Outcome outcome) {
        if (!isKeyed) {
            return model(outcome.node());
        }
        if (run.results().isPresent()) {
            try {
                return ClusterModel.load(run.results().get().resolve(FILE));
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }
        var node = outcome.node();
        var values = node.values(node.table(TABLE));
        int features = data.examples().features();
        int width = values.length / options.clusters();
        var centroids = new float[Math.multiplyExact(options.clusters(), features)];
        for (int c = 0; c < options.clusters(); c++) {
            divide(values, c * width, width);
            System.arraycopy(values, c * width, centroids, c * features, features);
        }
        return keyed(new ModelRows.Dense(centroids, features), sizes(node));
    }

    /** How many examples each cluster has, or has drawn. */
    private float[] sizes(Node node) {
        return Arrays.copyOf(node.values(node.table(SIZES)), options.clusters());
    }

    /** Makes a row of Lloyd's, which is a sum, a centroid. */
    private void divide(float[] values, int at, int width) {
        float weight = options.isLloyd() ? values[at + width - 1] : 1;
        for (int f = 0; f < width - 1; f++) {
            values[at + f] /= weight;
        }
    }

    private ClusterModel keyed(ModelRows centroids, float[] counts) {
        return new ClusterModel(
                data.schema(), options.clusters(), data.examples().features(), centroids, counts, Map.of());
    }

    /** Centroids that those who own them have written to files, and the model that these are of. */
    private final class Written implements Conclusion {
        private final Place folder;

        Written(Place folder) {
            this.folder = folder;
        }

        @Override
        public Map<String, Storage.Written> write(Node node, int position, int count) throws IOException {
            int width = data.examples().features() + 1;
            String name = ModelParts.part(FILE, position, count);
            return Map.of(
                    name,
                    StoredRows.write(
                            node.table(TABLE),
                            ModelParts.prefix(TABLE),
                            width - 1,
                            (key, values, at) -> divide(values, at, width),
                            folder.folder(),
                            name));
        }

        @Override
        public void conclude(Node node, Map<String, Storage.Written> files) throws IOException {
            var parts = ModelParts.written(folder, FILE, files);
            var centroids = new ModelRows.InParts(
                    parts, TABLE, options.clusters(), data.examples().features());
            keyed(centroids, sizes(node)).save(folder.resolve(FILE));
            ModelParts.deleteOthers(folder.folder(), FILE, files.keySet());
        }
    }

    @Override
    public Map<String, String> identity() {
        return Map.of(
                "options",
                options + (isKeyed ? ", keyed" : ""),
                Identity.DATA,
                sizes.map(parts -> "in parts of " + parts + " examples")
                        .orElseGet(() -> data.examples().sum()));
    }

    /** What is no example any more in a cluster of that total weight, but the rounding of floats. */
    static float rounding(double weights) {
        return (float) Math.min(0.5, 1e-7 * weights);
    }

    private ClusterModel model(Node node) {
        var values = node.values(node.table(TABLE));
        int features = data.examples().features();
        int width = values.length / options.clusters();
        var centroids = new float[options.clusters() * features];
        var counts = new float[options.clusters()];
        double weights = 0;
        boolean hasEmpty = false;
        for (int c = 0; c < counts.length; c++) {
            counts[c] = values[c * width + width - EXTRA + COUNT];
            weights += counts[c];
        }
        for (float count : counts) {
            hasEmpty |= !(count > rounding(weights));
        }
        float[] seeds = !options.isLloyd() || hasEmpty
                ? Seeds.choose(
                        node.values(node.table(CANDIDATES)), features, options.clusters(), options.starts(), run.seed())
                : new float[centroids.length];
        for (int c = 0; c < counts.length; c++) {
            for (int f = 0; f < features; f++) {
                float value = values[c * width + f];
                float seed = seeds[c * features + f];
                centroids[c * features + f] =
                        !options.isLloyd() ? seed + value : counts[c] > rounding(weights) ? value / counts[c] : seed;
            }
        }
        return new ClusterModel(
                data.schema(),
                options.clusters(),
                features,
                new ModelRows.Dense(centroids, features),
                counts,
                Map.of());
    }
}
