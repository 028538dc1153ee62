package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Data;
import orrery.data.ListOptions;
import orrery.deep.layer.Activation;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Interactions;
import orrery.deep.layer.Join;
import orrery.deep.layer.Linear;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Window;
import orrery.deep.net.Loss;
import orrery.deep.net.Net;
import orrery.engine.stage.Run;
import orrery.learn.rank.PageRank;
import orrery.learn.rank.PageRankOptions;

/** Nets on data frames: what a query, a graph and a stream give. */
@Timeout(180)
final class NetsTest {
    private static final int SIDE = 8;
    private static final StructType SCHEMA = new StructType()
            .add("features", SQLDataTypes.VectorType())
            .add("label", DataTypes.DoubleType)
            .add("source", DataTypes.StringType);

    private static SparkSession spark;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        spark = Frames.spark();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    /** A bar across, a bar upright, or both, at a place of chance, in noise. */
    private static double[] picture(int kind, SplittableRandom random) {
        var pixels = new double[SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = 0.3 * random.nextDouble();
        }
        int line = 1 + random.nextInt(SIDE - 2);
        for (int i = 0; i < SIDE; i++) {
            if (kind != 1) {
                pixels[line * SIDE + i] = 0.8 + 0.2 * random.nextDouble();
            }
            if (kind != 0) {
                pixels[i * SIDE + line] = 0.8 + 0.2 * random.nextDouble();
            }
        }
        return pixels;
    }

    static Dataset<Row> pictures(SparkSession spark, int count, long seed) {
        var random = new SplittableRandom(seed);
        var rows = new ArrayList<Row>();
        for (int n = 0; n < count; n++) {
            rows.add(RowFactory.create(
                    Vectors.dense(picture(n % 3, random)), (double) (n % 3), n % 5 == 0 ? "test" : "train"));
        }
        return spark.createDataFrame(rows, SCHEMA);
    }

    private static Net net() {
        return Net.input(SIDE, SIDE, 1)
                .add("conv", new Convolution(8, new Window(3, 1, 1, 1), 1, true))
                .add("relu", new Activation(Activation.Kind.RELU))
                .add("pool", new Pooling(Pooling.Kind.MAX, new Window(2, 2, 0, 1), true))
                .add("end", new Linear(3, true))
                .net();
    }

    /** Two categorical columns and a number; the label depends on the pair of categories. */
    @Test
    void categoriesAreLearned() throws Exception {
        var random = new SplittableRandom(5);
        var rows = new ArrayList<Row>();
        for (int n = 0; n < 800; n++) {
            int a = random.nextInt(20);
            int b = random.nextInt(20);
            rows.add(RowFactory.create(random.nextDouble(), "a" + a, b, a % 2 == b % 2 ? "yes" : "no"));
        }
        var frame = spark.createDataFrame(
                rows,
                new StructType()
                        .add("x", DataTypes.DoubleType)
                        .add("a", DataTypes.StringType)
                        .add("b", DataTypes.IntegerType)
                        .add("label", DataTypes.StringType));
        var machine = Net.input(1)
                .fields(2)
                .add("weights", new Embedding(1, true))
                .add("rows", new Embedding(6, false))
                .add("pairs", new Interactions())
                .add("sum", new Join(Join.Kind.ADD), "weights", "pairs")
                .net();
        var estimator = new NetEstimator()
                .setNet(machine)
                .setNumericCols("x")
                .setCategoricalCols("a", "b")
                .setRule("adagrad")
                .setRate(0.1)
                .setBatchSize(16)
                .setPasses(12)
                .setWorkers(2);
        var model = estimator.fit(frame);
        assertThat(accuracy(model.transform(frame))).isGreaterThan(0.95);
        model.save(folder.resolve("categories").toString());
        var loaded = NetFrameModel.load(folder.resolve("categories").toString());
        assertThat(accuracy(loaded.transform(frame))).isGreaterThan(0.95);
        var wide = estimator.setNet("deepfm").setPasses(1).fit(frame); // as wide as the frame
        assertThat(wide.model().net().fields()).isEqualTo(2);
        assertThatThrownBy(() -> estimator
                        .setNet(Net.input(1)
                                .loss(Loss.SQUARES)
                                .add(new Linear(1, true))
                                .net())
                        .fit(frame))
                .hasMessageContaining("nets tell classes apart");
    }

    static NetEstimator estimator(int workers) {
        return new NetEstimator()
                .setNet(net())
                .setPasses(8)
                .setBatchSize(16)
                .setRate(0.05)
                .setWorkers(workers)
                .setSlotLimit(Duration.ofSeconds(20));
    }

    private static double accuracy(Dataset<Row> predicted) {
        return predicted.filter("prediction = label").count() / (double) predicted.count();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bsp", "ssp:2", "essp:2", "asp", "local:5"})
    void learnsTheResultOfAQuery(String consistency) {
        pictures(spark, 1200, 1).createOrReplaceTempView("pictures");
        var query = spark.sql("SELECT features, label FROM pictures WHERE source = 'train'");
        var model = estimator(2).setConsistency(consistency).fit(query);
        var test = spark.sql("SELECT * FROM pictures WHERE source = 'test'");
        var predicted = model.transform(test);
        assertThat(accuracy(predicted)).isGreaterThan(0.95);
        var row = predicted.select("rawPrediction", "probability", "prediction").head();
        assertThat(((Vector) row.getAs(1)).toArray()).hasSize(3);
        assertThat(((Vector) row.getAs(0)).argmax()).isEqualTo((int) row.getDouble(2));
    }

    @Test
    void theSameBitsEachTime() {
        var frame = pictures(spark, 600, 2);
        var first = estimator(2).fit(frame).model();
        var second = estimator(2).fit(frame).model();
        assertThat(first.parameters()).isDeepEqualTo(second.parameters());
    }

    @Test
    void pipelinesAndFiles() throws Exception {
        var frame = pictures(spark, 600, 3);
        var pipeline = new Pipeline().setStages(new PipelineStage[] {estimator(1)});
        pipeline.write().overwrite().save(folder.resolve("pipeline").toString());
        var fitted = Pipeline.load(folder.resolve("pipeline").toString()).fit(frame);
        fitted.write().overwrite().save(folder.resolve("fitted").toString());
        var loaded = PipelineModel.load(folder.resolve("fitted").toString());
        var due = fitted.transform(frame).select("rawPrediction").collectAsList();
        assertThat(loaded.transform(frame).select("rawPrediction").collectAsList())
                .isEqualTo(due);
        var model = (NetFrameModel) fitted.stages()[0];
        model.saveFile(folder.resolve("net.safetensors").toString());
        assertThat(NetFrameModel.load(folder.resolve("net.safetensors").toString())
                        .transform(frame)
                        .select("rawPrediction")
                        .collectAsList())
                .isEqualTo(due);
    }

    @Test
    void layersAreFeatures() {
        var frame = pictures(spark, 600, 4);
        var model = estimator(1).fit(frame);
        var features = model.setOutputLayer("pool").setOutputCol("seen").transform(frame);
        assertThat(((Vector) features.select("seen").head().getAs(0)).size()).isEqualTo(SIDE * SIDE / 4 * 8);
        var linear = LinearEstimator.softmax()
                .setFeaturesCol("seen")
                .setWorkers(1)
                .fit(features.drop("prediction", "probability", "rawPrediction", "features"));
        assertThat(accuracy(linear.transform(features.drop("prediction", "probability", "rawPrediction", "features"))))
                .isGreaterThan(0.95);
        assertThatThrownBy(() -> model.setOutputLayer("pol")).hasMessageContaining("there is no layer 'pol'");
    }

    @Test
    void picturesInColumns() throws Exception {
        var random = new SplittableRandom(5);
        var rows = new ArrayList<Row>();
        for (int n = 0; n < 300; n++) {
            var image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
            var pixels = picture(n % 3, random);
            for (int i = 0; i < pixels.length; i++) {
                int grey = (int) (255 * pixels[i]);
                image.setRGB(i % SIDE, i / SIDE, grey << 16 | grey << 8 | grey);
            }
            var bytes = new ByteArrayOutputStream();
            ImageIO.write(image, "png", bytes);
            rows.add(RowFactory.create(bytes.toByteArray(), new String[] {"across", "upright", "both"}[n % 3]));
        }
        var frame = spark.createDataFrame(
                        rows,
                        new StructType().add("content", DataTypes.BinaryType).add("label", DataTypes.StringType))
                .withColumn("features", ImageColumns.vectors(functions.col("content"), SIDE, SIDE, 1));
        assertThat(accuracy(estimator(2).setPasses(16).fit(frame).transform(frame)))
                .isGreaterThan(0.95);
        var broken = spark.createDataFrame(
                        List.of(RowFactory.create(new byte[] {1, 2, 3}, "across")),
                        frame.drop("features").schema())
                .withColumn("features", ImageColumns.vectors(functions.col("content"), SIDE, SIDE, 1));
        assertThatThrownBy(() -> estimator(1).fit(broken)).hasStackTraceContaining("it is no JPEG or PNG");
    }

    /** Rank and number of links say which pages many others link to. */
    @Test
    void learnsWhatAGraphComputationFound() throws Exception {
        var random = new SplittableRandom(6);
        int pages = 400;
        var edges = new StringBuilder();
        var links = new int[pages];
        for (int n = 0; n < 6000; n++) {
            int from = random.nextInt(pages);
            int to = random.nextInt(3) > 0 ? 4 * random.nextInt(pages / 4) : random.nextInt(pages);
            edges.append(from).append(' ').append(to).append('\n');
            links[from]++;
        }
        var file = folder.resolve("links.txt");
        java.nio.file.Files.writeString(file, edges);
        var graph = Data.withDefaults()
                .graph(file.toString(), ListOptions.defaults())
                .value();
        var ranks = new PageRank(PageRankOptions.DEFAULT)
                .prepare(graph, Run.local(2))
                .run()
                .model();
        var rows = new ArrayList<Row>();
        for (var entry : ranks.top(pages)) {
            int page = Integer.parseInt(entry.name());
            rows.add(RowFactory.create(page, entry.rank() * pages, (double) links[page]));
        }
        spark.createDataFrame(
                        rows,
                        new StructType()
                                .add("page", DataTypes.IntegerType)
                                .add("rank", DataTypes.DoubleType)
                                .add("links", DataTypes.DoubleType))
                .createOrReplaceTempView("ranks");
        var frame = spark.sql("SELECT array(rank, links / 20) AS features, page % 4 = 0 AS label FROM ranks");
        var model = estimator(2)
                .setNet(Net.of(
                        new int[] {2}, new Linear(16, true), new Activation(Activation.Kind.TANH), new Linear(2, true)))
                .setPasses(60)
                .fit(frame);
        assertThat(model.transform(frame)
                        .filter("prediction = cast(label AS double)")
                        .count())
                .isGreaterThan(pages * 9 / 10);
    }

    /** Batch by batch: each begins with what the one before has learned. */
    @Test
    void learnsFromAStream() throws Exception {
        var source = folder.resolve("stream");
        for (int part = 0; part < 4; part++) {
            pictures(spark, 300, 10 + part).coalesce(1).write().mode("append").parquet(source.toString());
        }
        var last = new AtomicReference<NetFrameModel>();
        var batches = new ArrayList<Long>();
        spark.readStream()
                .schema(SCHEMA)
                .option("maxFilesPerTrigger", 1)
                .parquet(source.toString())
                .writeStream()
                .option("checkpointLocation", folder.resolve("checkpoint").toString())
                .trigger(org.apache.spark.sql.streaming.Trigger.AvailableNow())
                .foreachBatch((org.apache.spark.api.java.function.VoidFunction2<Dataset<Row>, Long>) (batch, id) -> {
                    last.set(estimator(2)
                            .setPasses(3)
                            .setSchedule("constant")
                            .setStart(last.get())
                            .fit(batch));
                    batches.add(id);
                })
                .start()
                .awaitTermination();
        assertThat(batches).hasSize(4);
        var test = pictures(spark, 300, 20);
        var alone = estimator(2).setPasses(3).setSchedule("constant").fit(pictures(spark, 300, 10));
        assertThat(accuracy(last.get().transform(test)))
                .isGreaterThan(0.95)
                .isGreaterThanOrEqualTo(accuracy(alone.transform(test)));
    }

    @Test
    void saysWhatDoesNotFit() {
        var frame = pictures(spark, 60, 7);
        assertThatThrownBy(() -> estimator(1)
                        .setNet(Net.of(new int[] {10}, new Linear(3, true)))
                        .fit(frame))
                .hasStackTraceContaining("the data has 64 features, and the net takes [10]");
        assertThatThrownBy(() -> estimator(1)
                        .setNet(Net.of(new int[] {64}, new Linear(2, true)))
                        .fit(frame))
                .hasStackTraceContaining("the net has outputs for 2 classes, and the labels are more");
        assertThatThrownBy(() -> new NetEstimator().setNet("lenot")).hasMessageContaining("there is no net 'lenot'");
        assertThatThrownBy(() -> new NetEstimator().setSchedule("steps")).hasMessageContaining("step:PASSES:FACTOR");
    }
}
