package orrery.learn.golden;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Graph;
import orrery.data.Loaded;
import orrery.data.Ratings;
import orrery.data.Schema;
import orrery.engine.Job;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.cluster.ClusterOptions;
import orrery.learn.cluster.KMeans;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;
import orrery.learn.linear.DualOptions;
import orrery.learn.linear.LeastSquares;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LinearSvm;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.SoftmaxRegression;
import orrery.learn.linear.SvrgOptions;
import orrery.learn.rank.PageRank;
import orrery.learn.rank.PageRankOptions;
import orrery.learn.topic.TopicModeling;
import orrery.learn.topic.TopicOptions;
import orrery.table.Node;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/**
 * A training whose result is known bit by bit.
 *
 * @param app which of {@link #APPS}
 * @param consistency of its tables. Under one that promises no bits ({@link #isExact}) a single worker trains, whose tables
 *     may nevertheless lie on two members: then the bits do not depend on which worker is faster
 * @param seed of the data and of the training
 */
record Golden(String app, String consistency, long seed) {
    static final List<Long> SEEDS = List.of(1L, 2L);
    static final int WORKERS = 2;

    private static final List<String> ALL = List.of("bsp", "local:4", "ssp:2", "essp:1", "asp");

    /** Applications, each followed by the consistencies that it has. */
    private static final List<List<String>> APPS = List.of(
            with("lr", ALL, "sparse-ssp:1:2"),
            with("lr-patience", List.of("bsp")),
            with("lr-svrg", List.of("bsp", "ssp:2", "asp")),
            with("lr-dual", List.of("bsp")),
            with("svm", ALL, "sparse-ssp:1:2"),
            with("svm-dual", List.of("bsp")),
            with("least-squares", ALL, "sparse-ssp:1:2"),
            with("least-squares-dual", List.of("bsp")),
            with("softmax", ALL),
            with("softmax-ftrl", List.of("bsp", "ssp:2")),
            with("mf", ALL, "rotating"),
            with("mf-sgd", List.of("bsp", "ssp:2", "rotating")),
            with("mf-adarevision", List.of("bsp", "ssp:2")),
            with("kmeans", List.of("bsp", "asp")),
            with("kmeans-batch", ALL),
            with("lda", List.of("rotating")),
            with("lda-priors", List.of("rotating:5")),
            with("pagerank", List.of("bsp", "essp:1")),
            with("pagerank-tolerance", List.of("bsp")));

    private static List<String> with(String app, List<String> consistencies, String... more) {
        var all = new ArrayList<>(List.of(app));
        all.addAll(consistencies);
        all.addAll(List.of(more));
        return all;
    }

    static List<Golden> all() {
        var all = new ArrayList<Golden>();
        for (long seed : SEEDS) {
            for (var app : APPS) {
                app.subList(1, app.size())
                        .forEach(consistency -> all.add(new Golden(app.getFirst(), consistency, seed)));
            }
        }
        return all;
    }

    /** Whether the result's bits do not depend on which worker is faster. */
    boolean isExact() {
        var parsed = Consistency.parse(consistency);
        return parsed.staged() || parsed.rotates() || app.equals("kmeans") || app.startsWith("pagerank");
    }

    /** Trains. Returns a sum of all tables and of where the last stage ended. */
    String run(Run settings) throws Exception {
        var training = training(settings(settings));
        var outcome = isExact()
                ? training.run().outcome()
                : byOne(training).run(training.settings().identifiedBy(training.identity()));
        var crc = new CRC32C();
        for (var spec : training.job().tables()) {
            for (int bits : bits(outcome.node(), spec)) {
                for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                    crc.update(bits >>> shift);
                }
            }
        }
        var last = outcome.cuts().getLast();
        return String.format(
                Locale.ROOT, "%08x %s:%d", crc.getValue(), last.stage().replace(' ', '-'), last.clock());
    }

    private static int[] bits(Node node, TableSpec spec) {
        var table = node.table(spec.name());
        if (spec.type() == TableSpec.Type.FLOAT) {
            float[] values = node.values(table);
            var bits = new int[values.length];
            Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
            return bits;
        }
        var keys = new long[Math.toIntExact(spec.rows())];
        Arrays.setAll(keys, i -> i);
        var counts = new int[keys.length * spec.width()];
        node.gather(table, keys, counts);
        return counts;
    }

    /** Does a member's part. */
    void join(Run settings) throws Exception {
        var training = training(settings(settings));
        if (isExact()) {
            training.join();
        } else {
            byOne(training).run(training.settings().identifiedBy(training.identity()));
        }
    }

    private Run settings(Run run) {
        return run.with(Consistency.parse(consistency)).withSeed(seed);
    }

    private Job byOne(Training<?> training) {
        var stages = training.job().stages().stream()
                .map(stage -> stage.with(Parallelism.anywhere(1)))
                .toList();
        return new Job(app, training.job().tables(), stages);
    }

    private Training<?> training(Run run) throws DataException {
        return switch (app) {
            case "lr" -> linear(new LogisticRegression(options()), run);
            case "lr-patience" -> {
                var data = examples(80, 2); // few: it learns them by heart, and stops
                yield new LogisticRegression(options().withPasses(100).withPatience(2))
                        .prepare(data, Optional.of(examples(200, 2).examples()), run);
            }
            case "lr-svrg" ->
                new LogisticRegression(options())
                        .prepare(
                                examples(1000, 2),
                                Optional.empty(),
                                SvrgOptions.defaults().withEpochs(3),
                                run);
            case "svm" -> linear(new LinearSvm(options(), false), run);
            case "least-squares" -> linear(new LeastSquares(options()), run);
            case "softmax" -> new SoftmaxRegression(options()).prepare(examples(1000, 3), Optional.empty(), run);
            case "softmax-ftrl" ->
                new SoftmaxRegression(options().with(new UpdateRule.Ftrl(0.1f, 1, 0.001f, 0.001f)))
                        .prepare(examples(1000, 3), Optional.empty(), run);
            case "lr-dual" -> dual(new LogisticRegression(options()), 2, run);
            case "svm-dual" -> dual(new LinearSvm(options(), false), 3, run);
            case "least-squares-dual" -> dual(new LeastSquares(options()), 2, run);
            case "mf" -> factors(FactorOptions.Method.ROW_ADAGRAD, run);
            case "mf-sgd" -> factors(FactorOptions.Method.SGD, run);
            case "mf-adarevision" -> factors(FactorOptions.Method.ADA_REVISION, run);
            case "kmeans" -> new KMeans(new ClusterOptions(6, 40, 1e-9, 0, 2)).prepare(examples(1000, 2), run);
            case "kmeans-batch" -> new KMeans(new ClusterOptions(6, 4, 0, 50, 2)).prepare(examples(1000, 2), run);
            case "lda" -> new TopicModeling(new TopicOptions(7, 6, 0.2, 0.05)).prepare(counts(), run);
            case "lda-priors" -> new TopicModeling(new TopicOptions(9, 12, 0, 0.05)).prepare(counts(), run);
            case "pagerank" -> new PageRank(new PageRankOptions(0.85, 0, 25, List.of())).prepare(graph(), run);
            case "pagerank-tolerance" ->
                new PageRank(new PageRankOptions(0.85, 1e-4, 200, List.of("n1"))).prepare(graph(), run);
            default -> throw new IllegalArgumentException("no application '" + app + "'");
        };
    }

    private static LinearOptions options() {
        return LinearOptions.defaults().withPasses(4).withBatch(20);
    }

    private Training<?> linear(LinearLearner learner, Run run) throws DataException {
        return learner.prepare(examples(1000, 2), Optional.empty(), run);
    }

    private Training<?> dual(LinearLearner learner, int classes, Run run) throws DataException {
        return learner.prepare(
                examples(1000, classes),
                Optional.empty(),
                DualOptions.defaults().withPasses(12),
                run);
    }

    /** Documents of some words, the first of which are the most frequent. */
    private Loaded counts() {
        var random = new SplittableRandom(seed);
        var packer = new Examples.Packer();
        for (int d = 0; d < 150; d++) {
            for (int word = d % 3; word < 90; word += 1 + random.nextInt(4 + d % 5 + word / 8)) {
                packer.feature(word, 1 + random.nextInt(3));
            }
            packer.example(0, 1);
        }
        return new Loaded(packer.pack(90), Schema.ofFeatures("libsvm", List.of(), List.of(), 90));
    }

    private Training<?> factors(FactorOptions.Method method, Run run) {
        var options = new FactorOptions(6, 4, 0.05f, 0.9f, 0.01f, method);
        return new MatrixFactorization(options).prepare(ratings(), Optional.empty(), run);
    }

    // Data; arithmetic that is the same on every machine only

    /** Sparse examples of 60 features. */
    private Loaded examples(int count, int classes) {
        var random = new SplittableRandom(seed * 31 + classes * 7L + count);
        var packer = new Examples.Packer();
        for (int i = 0; i < count; i++) {
            double margin = 0;
            for (int f = random.nextInt(6); f < 60; f += 1 + random.nextInt(12)) {
                float value = (float) random.nextDouble(-1, 1);
                packer.feature(f, value);
                margin += f % 2 == 0 ? value : -value;
            }
            margin += random.nextDouble(-0.2, 0.2);
            packer.example(classes == 2 ? (margin > 0 ? 1 : 0) : margin > 0.5 ? 2 : margin > -0.5 ? 1 : 0, 1);
        }
        var names = classes == 2 ? List.of("no", "yes") : List.of("less", "even", "more");
        boolean isForNumbers = app.startsWith("least-squares");
        var schema = Schema.ofFeatures("made", List.of(), isForNumbers ? List.of() : names, 60);
        return new Loaded(packer.pack(60), schema);
    }

    private Ratings ratings() {
        var random = new SplittableRandom(seed);
        int count = 4000;
        var users = new int[count];
        var items = new int[count];
        var values = new float[count];
        for (int n = 0; n < count; n++) {
            users[n] = random.nextInt(80);
            double u = random.nextDouble();
            items[n] = (int) (60 * u * u);
            values[n] = 1 + (users[n] * 7 + items[n] * 3) % 5;
        }
        return new Ratings(List.of(), List.of(), 80, 60, users, items, values);
    }

    private Graph graph() {
        var random = new SplittableRandom(seed);
        int edges = 3000;
        var from = new int[edges];
        var to = new int[edges];
        var names = new ArrayList<String>();
        for (int v = 0; v < 400; v++) {
            names.add("n" + v);
        }
        for (int e = 0; e < edges; e++) {
            double u = random.nextDouble();
            from[e] = random.nextInt(350);
            to[e] = (int) (400 * u * u);
        }
        return Graph.of(names, 400, from, to, edges);
    }

    @Override
    public String toString() {
        return app + " " + consistency + " seed " + seed;
    }
}
