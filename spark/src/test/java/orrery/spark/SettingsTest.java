package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All estimators fit and predict, to the same bits, under the settings that clusters have. */
@Timeout(240)
final class SettingsTest {
    private static final String KRYO = "org.apache.spark.serializer.KryoSerializer";

    @TempDir
    static Path home;

    private static final Map<String, List<String>> KNOWN = new LinkedHashMap<>();
    private static volatile Cluster cluster;

    static Stream<Map<String, String>> local() {
        return Stream.of( // several at a time, since each start takes long; every setting is in one of them
                Map.of(),
                Map.of(
                        "spark.serializer",
                        KRYO,
                        "spark.kryo.registrationRequired",
                        "true",
                        "spark.scheduler.mode",
                        "FAIR",
                        "spark.sql.ansi.enabled",
                        "true"),
                Map.of(
                        "spark.serializer",
                        KRYO,
                        "spark.kryo.unsafe",
                        "true",
                        "spark.kryo.referenceTracking",
                        "false",
                        "spark.speculation",
                        "true"),
                Map.of(
                        "spark.sql.ansi.enabled",
                        "false",
                        "spark.scheduler.mode",
                        "FIFO",
                        "spark.driver.maxResultSize",
                        "64k",
                        "spark.rpc.message.maxSize",
                        "1"),
                Map.of(
                        "spark.sql.adaptive.enabled",
                        "false",
                        "spark.sql.codegen.wholeStage",
                        "false",
                        "spark.sql.shuffle.partitions",
                        "1",
                        "spark.sql.session.timeZone",
                        "Asia/Tokyo"),
                Map.of("spark.sql.caseSensitive", "true", "spark.default.parallelism", "50"));
    }

    @ParameterizedTest
    @MethodSource("local")
    void estimatorsFitAndPredict(Map<String, String> settings) throws Exception {
        var builder = Frames.settings("local[2]");
        settings.forEach(builder::config);
        try (var spark = builder.getOrCreate()) {
            check(spark, "local");
        }
    }

    static Stream<Map<String, String>> onACluster() {
        return Stream.of(
                Map.of("spark.executor.userClassPathFirst", "true", "spark.driver.userClassPathFirst", "true"),
                Map.of(
                        "spark.speculation",
                        "true",
                        "spark.speculation.task.duration.threshold",
                        "1s",
                        "spark.speculation.minTaskRuntime",
                        "10ms",
                        "spark.speculation.interval",
                        "50ms"),
                Map.of(
                        "spark.dynamicAllocation.enabled",
                        "true",
                        "spark.scheduler.mode",
                        "FAIR",
                        "spark.serializer",
                        KRYO,
                        "spark.kryo.registrationRequired",
                        "true"));
    }

    @ParameterizedTest
    @MethodSource("onACluster")
    void estimatorsFitAndPredictOnACluster(Map<String, String> settings) throws Exception {
        if (cluster == null) {
            cluster = new Cluster(home, 2);
        }
        var builder = cluster.settings(settings.containsKey("spark.dynamicAllocation.enabled"))
                .config("spark.jars", System.getProperty("orrery.shaded"));
        settings.forEach(builder::config);
        try (var spark = builder.getOrCreate()) {
            check(spark, "cluster");
        }
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** The same predictions under all settings. */
    private static void check(SparkSession spark, String where) {
        var frame = Frames.frame(spark, 3000, 1).coalesce(1); // parts deal rows out, and their number is a setting
        boolean isSampled = spark.sparkContext().getConf().contains("spark.driver.maxResultSize");
        var linear = LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setNumericCols("x", "n")
                .setCategoricalCols("colour")
                .setWorkers(2);
        same(where + " linear", strings(linear.fit(frame).transform(frame), "prediction"));
        var vectors = new VectorAssembler()
                .setInputCols(new String[] {"x", "n"})
                .setOutputCol("features")
                .transform(frame);
        var ahead = LinearEstimator.softmax()
                .setLabelCol("colour")
                .setReadAhead(true)
                .setWorkers(2);
        same(where + " softmax", strings(ahead.fit(vectors).transform(vectors), "probability"));
        var clusters = new ClusterEstimator().setK(3).setWorkers(2).fit(vectors).transform(vectors);
        if (!isSampled) { // where results must be small, centroids begin with fewer rows
            same(where + " clusters", strings(clusters, "distance"));
        }
        var ratings = spark.range(3000)
                .selectExpr("concat('u', id % 40) as user", "id % 30 as item", "float(id * 7 % 5) as rating")
                .coalesce(1);
        var factors =
                new FactorEstimator().setRank(4).setPasses(3).setWorkers(2).fit(ratings);
        same(where + " factors", strings(factors.transform(ratings.orderBy("user", "item")), "prediction"));
        assertThat(factors.recommendForAllUsers(2).count()).isEqualTo(40);
    }

    private static List<String> strings(org.apache.spark.sql.Dataset<org.apache.spark.sql.Row> frame, String column) {
        return frame.select(column).limit(300).collectAsList().stream()
                .map(row -> String.valueOf(row.get(0)))
                .toList();
    }

    private static void same(String what, List<String> predictions) {
        var known = KNOWN.putIfAbsent(what, predictions);
        if (known != null) {
            assertThat(predictions).as(what).isEqualTo(known);
        }
    }

    /** A second copy of a member's task, which Spark starts when a task takes long, does nothing until it is killed. */
    @Test
    void aSpeculativeCopyOfAMemberDoesNothing() throws Exception {
        var copies = new AtomicInteger();
        try (var two = new Cluster(
                        home.resolve("two"), List.of("127.0.0.1", "localhost")); // no copy is made on the same one
                var spark = two.settings(false)
                        .config("spark.jars", System.getProperty("orrery.shaded"))
                        .config("spark.speculation", "true")
                        .config("spark.speculation.task.duration.threshold", "1s")
                        .config("spark.speculation.minTaskRuntime", "10ms")
                        .getOrCreate()) {
            spark.sparkContext().addSparkListener(new SparkListener() {
                @Override
                public void onTaskStart(SparkListenerTaskStart task) {
                    copies.addAndGet(task.taskInfo().speculative() ? 1 : 0);
                }
            });
            var frame = Frames.frame(spark, 20_000, 1).coalesce(1);
            var estimator = LinearEstimator.logisticRegression()
                    .setLabelCol("late")
                    .setNumericCols("x", "n")
                    .setWorkers(1)
                    .setBatchSize(1)
                    .setPasses(30);
            var model = estimator.fit(frame).model();
            assertThat(copies.get()).isPositive();
            assertThat(model.features()).isEqualTo(2);
        }
    }

    /** What the executors' class path is wrong in is named: Netty, the class, the jar. */
    @Test
    void aClassPathConflictIsNamed() throws Exception {
        if (cluster == null) {
            cluster = new Cluster(home, 2);
        }
        var source = Files.createDirectories(home.resolve("conflict/io/netty/handler/ssl"));
        var java = Files.writeString(
                source.resolve("SslContextBuilder.java"),
                "package io.netty.handler.ssl; public final class SslContextBuilder {}",
                StandardCharsets.UTF_8);
        int status = javax.tools.ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "--release", "21", java.toString());
        assertThat(status).isZero();
        var jar = home.resolve("old-netty.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry("io/netty/handler/ssl/SslContextBuilder.class"));
            out.write(Files.readAllBytes(source.resolve("SslContextBuilder.class")));
            out.closeEntry();
        }
        try (var spark = cluster.settings(false)
                .config("spark.jars", System.getProperty("orrery.shaded"))
                .config("spark.executor.extraClassPath", jar.toString())
                .getOrCreate()) {
            var frame = Frames.frame(spark, 1000, 1);
            assertThatThrownBy(() -> LinearEstimator.logisticRegression()
                            .setLabelCol("late")
                            .setNumericCols("x")
                            .setWorkers(2)
                            .fit(frame))
                    .hasMessageContaining("NoSuchMethodError")
                    .hasMessageContaining("io.netty.handler.ssl.SslContextBuilder")
                    .hasMessageContaining("the executor's class path has a class of another version")
                    .hasMessageContaining("old-netty.jar")
                    .hasMessageNotContaining("members were lost");
        }
    }
}
