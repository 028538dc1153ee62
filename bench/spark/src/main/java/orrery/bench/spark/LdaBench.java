package orrery.bench.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.ml.clustering.LDA;
import org.apache.spark.ml.linalg.Matrix;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.DocumentOptions;
import orrery.data.Examples;
import orrery.data.Schema;
import orrery.learn.topic.TopicModel;
import orrery.learn.topic.TopicOptions;
import orrery.spark.TopicEstimator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code orrery bench spark lda}. */
@Command(
        name = "lda",
        mixinStandardHelpOptions = true,
        description = "Topics of documents: how well they predict words held out, and CPU seconds, beside Spark's LDA.")
final class LdaBench implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "DATA", description = "Documents (default: jdk-words).")
    String data = "jdk-words";

    @Option(names = "--topics", paramLabel = "K", description = "Default: ${DEFAULT-VALUE}.")
    int topics = 100;

    @Option(names = "--passes", paramLabel = "N", description = "Of ours (default: ${DEFAULT-VALUE}).")
    int passes = 50;

    @Option(names = "--em", paramLabel = "N", description = "Iterations of EM (default: ${DEFAULT-VALUE}).")
    int em = 20;

    @Option(names = "--online", paramLabel = "N", description = "Batches of online VB (default: ${DEFAULT-VALUE}).")
    int online = 100;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 1;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** How an estimator did, by run. */
    private record Done(List<Double> cpu, List<Double> perplexity) {}

    /** Finds topics. */
    @FunctionalInterface
    private interface Fitting {
        TopicModel fit() throws Exception;
    }

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json);
                var spark = LocalSpark.session()) {
            var loaded = Data.withDefaults().documents(data, DocumentOptions.FOUND);
            var split = loaded.examples().split(0.1, 1);
            var frame = frame(spark, split.train()).cache();
            report.say(String.format(
                    Locale.ROOT, "%,d documents; held out: %s; %d topics", frame.count(), split.test(), topics));
            var options = new TopicOptions(topics, passes, 50.0 / topics, TopicOptions.DEFAULT.beta());
            Map<String, Fitting> all = new LinkedHashMap<>();
            all.put(
                    "TopicEstimator, " + passes + " passes",
                    () -> new TopicEstimator()
                            .setK(topics)
                            .setMaxIter(passes)
                            .setDocConcentration(options.alpha())
                            .setWorkers(2)
                            .fit(frame)
                            .model());
            all.put(
                    "Spark's EM, " + em + " iterations",
                    () -> of(
                            loaded.schema(),
                            options,
                            new LDA()
                                    .setK(topics)
                                    .setMaxIter(em)
                                    .setOptimizer("em")
                                    .setSeed(1)
                                    .fit(frame)
                                    .topicsMatrix()));
            all.put(
                    "Spark's online VB, " + online + " batches of 5 %",
                    () -> of(
                            loaded.schema(),
                            options,
                            new LDA()
                                    .setK(topics)
                                    .setMaxIter(online)
                                    .setOptimizer("online")
                                    .setSubsamplingRate(0.05)
                                    .setSeed(1)
                                    .fit(frame)
                                    .topicsMatrix()));
            Map<String, Done> done = new LinkedHashMap<>();
            for (int run = 0; run < runs; run++) {
                for (var entry : all.entrySet()) {
                    var model = new TopicModel[1];
                    double cpu = Cpu.seconds(() -> model[0] = entry.getValue().fit());
                    double perplexity = model[0].complete(split.test()).getOrDefault("perplexity", Double.NaN);
                    var of = done.computeIfAbsent(
                            entry.getKey(), name -> new Done(new ArrayList<>(), new ArrayList<>()));
                    of.cpu().add(cpu);
                    of.perplexity().add(perplexity);
                    report.row(
                            String.format(
                                    Locale.ROOT,
                                    "%-40s %8.2f CPU-s, perplexity %8.1f",
                                    entry.getKey(),
                                    cpu,
                                    perplexity),
                            "name",
                            entry.getKey(),
                            "cpuSeconds",
                            cpu,
                            "perplexity",
                            perplexity);
                }
            }
            report.figures(figures(done));
        }
        return 0;
    }

    private List<Figure> figures(Map<String, Done> done) {
        var figures = new ArrayList<Figure>();
        var names = List.copyOf(done.keySet());
        var ours = done.getOrDefault(names.getFirst(), new Done(List.of(), List.of()));
        for (var name : names.subList(1, names.size())) {
            var theirs = done.getOrDefault(name, ours);
            figures.add(Figure.less(
                    "CPU time",
                    "s",
                    Figure.median(ours.cpu()),
                    Figure.median(theirs.cpu()),
                    name,
                    runs,
                    "from the same cached frame, in one JVM with two cores"));
            figures.add(Figure.less(
                    "perplexity of words held out",
                    "",
                    Figure.median(ours.perplexity()),
                    Figure.median(theirs.perplexity()),
                    name,
                    runs,
                    "every second word of a document is given; by our inference from the topics of either"));
        }
        return figures;
    }

    private static Dataset<Row> frame(SparkSession spark, Examples documents) {
        var rows = new ArrayList<Row>();
        var cursor = documents.cursor();
        for (long d = 0; d < documents.size(); d++) {
            cursor.move(d);
            rows.add(RowFactory.create(Vectors.sparse(
                    documents.features(),
                    Arrays.copyOfRange(cursor.indices(), cursor.from(), cursor.to()),
                    doubles(cursor.values(), cursor.from(), cursor.to()))));
        }
        return spark.createDataFrame(rows, new StructType().add("features", SQLDataTypes.VectorType()));
    }

    private static double[] doubles(float[] values, int from, int to) {
        var doubles = new double[to - from];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = values[from + i];
        }
        return doubles;
    }

    /** Topics as we have them: how often each word is expected to have each. */
    private static TopicModel of(Schema schema, TopicOptions options, Matrix words) {
        var builder = new TopicModel.Builder(schema, words.numRows(), options);
        for (int w = 0; w < words.numRows(); w++) {
            for (int k = 0; k < words.numCols(); k++) {
                int count = (int) Math.round(words.apply(w, k));
                if (count > 0) {
                    builder.count(k, count);
                }
            }
            builder.endWord();
        }
        var alpha = new float[options.topics()];
        Arrays.fill(alpha, (float) options.prior());
        return builder.build(alpha);
    }
}
