package orrery.learn.cluster;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.examples.Partition;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Cut;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Verdict;
import orrery.learn.Recipe;
import orrery.table.Node;
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

    private static final String TABLE = "clusters";
    private static final String CANDIDATES = "candidates";
    private static final String POTENTIALS = "potentials";
    static final String INERTIA_OF_ALL = "total inertia";
    private static final int BETWEEN_CUTS = 5; // of Lloyd's iterations

    private final ClusterOptions options;
    private final Loaded data;
    private final Run run;
    private final Optional<List<Long>> sizes;
    private final Job job;

    /** @param sizes by worker, if the examples are the workers' own */
    ClusterRecipe(ClusterOptions options, Loaded data, Optional<List<Long>> sizes, Run run) {
        this.options = options;
        this.data = data;
        this.run = run;
        this.sizes = sizes;
        int features = data.examples().features();
        var table = TableSpec.dense(TABLE, options.clusters(), Math.max(1, features) + EXTRA);
        var tables = List.of(
                TableSpec.dense(CANDIDATES, Seeds.candidates(options.clusters(), features), Seeds.width(features)),
                TableSpec.dense(POTENTIALS, run.workers(), 1),
                options.isLloyd() ? table : table.with(run.consistency()));
        var own = sizes.orElseGet(() -> inEqualParts(data.examples().size(), run.workers()));
        job = new Job("kmeans", tables, List.of(seeding(own), options.isLloyd() ? lloyd(own) : miniBatches()));
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
                        worker.session().table(POTENTIALS)));
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
        int batch = options.batch();
        var partition = sizes.isPresent()
                ? Partition.of(sizes.get(), batch, run.seed(), 0)
                : Partition.of(data.examples().size(), batch, run.seed(), 0);
        return new Stage(
                "mini-batch",
                partition.clocksPerPass(run.workers()) * options.iterations(),
                partition.clocksPerPass(run.workers()),
                worker -> new MiniBatchStep(
                        data.examples(),
                        partition,
                        session -> seeds(session),
                        options.clusters(),
                        worker,
                        worker.session().table(TABLE)));
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
        return model(outcome.node());
    }

    @Override
    public Map<String, String> identity() {
        return Map.of(
                "options",
                options.toString(),
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
        return new ClusterModel(data.schema(), options.clusters(), features, centroids, counts, Map.of());
    }
}
