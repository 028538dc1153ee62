package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.evaluation.BinaryClassificationEvaluator;
import org.apache.spark.ml.evaluation.RegressionEvaluator;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.ParamGridBuilder;
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
import orrery.data.Ratings;
import orrery.engine.stage.Run;
import orrery.learn.factor.FactorModel;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;

/** The estimators as stages of Spark ML. */
@Timeout(120)
final class PipelineTest {
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

    private static VectorAssembler assembler() {
        return new VectorAssembler().setInputCols(new String[] {"x", "n"}).setOutputCol("features");
    }

    @Test
    void aPipelineOfVectorsIsFittedSavedAndLoaded() throws Exception {
        var frame = Frames.frame(spark, 4000, 1);
        var estimator = new LinearEstimator()
                .setLabelCol("late")
                .setPasses(4)
                .setWorkers(2)
                .setRate(0.05)
                .setL2(1e-6);
        var pipeline = new Pipeline().setStages(new PipelineStage[] {assembler(), estimator});
        pipeline.write().overwrite().save(folder.resolve("pipeline").toString());
        var again = Pipeline.load(folder.resolve("pipeline").toString());
        var loaded = (LinearEstimator) again.getStages()[1];
        for (var param : estimator.params()) {
            assertThat(loaded.getOrDefault(loaded.getParam(param.name())))
                    .as(param.name())
                    .isEqualTo(estimator.getOrDefault(param));
        }
        var model = again.fit(frame);
        var predicted = model.transform(Frames.frame(spark, 2000, 2));
        double auc = new BinaryClassificationEvaluator().setLabelCol("late").evaluate(predicted);
        assertThat(auc).isGreaterThan(0.75);
        model.save(folder.resolve("model").toString());
        var back = PipelineModel.load(folder.resolve("model").toString());
        assertThat(back.transform(frame).collectAsList())
                .isEqualTo(model.transform(frame).collectAsList());
        assertThat(back.stages()[1].uid()).isEqualTo(estimator.uid());
    }

    @Test
    void crossValidationChoosesAParameter() {
        var estimator = LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setPasses(1)
                .setWorkers(2);
        var grid = new ParamGridBuilder()
                .addGrid(estimator.rate(), new double[] {1e-5, 0.1})
                .build();
        var best = new CrossValidator()
                .setEstimator(estimator)
                .setEvaluator(new BinaryClassificationEvaluator().setLabelCol("late"))
                .setEstimatorParamMaps(grid)
                .setNumFolds(2)
                .fit(Frames.frame(spark, 2000, 3));
        assertThat(best.avgMetrics()).hasSize(2);
        var chosen = (LinearEstimator) best.bestModel().parent();
        assertThat(chosen.getOrDefault(chosen.rate()))
                .isEqualTo(best.avgMetrics()[0] > best.avgMetrics()[1] ? 1e-5 : 0.1);
    }

    @Test
    void vectorsThatCannotBeLearnedFromAreTold() {
        var frame = Frames.frame(spark, 100, 4);
        var estimator = LinearEstimator.logisticRegression().setLabelCol("late").setWorkers(2);
        assertThatThrownBy(() -> estimator
                        .copy(org.apache.spark.ml.param.ParamMap.empty())
                        .setFeaturesCol("x")
                        .fit(frame))
                .hasMessageContaining("column 'x' is of type double; it must be a vector or an array of numbers");
        assertThatThrownBy(() -> estimator.fit(assembler().transform(frame).withColumn("late", functions.lit("yes"))))
                .hasMessageContaining("needs 2 classes");
        assertThatThrownBy(() -> estimator.fit(frame.withColumn("probability", functions.lit(1))))
                .hasMessageContaining("has a column 'probability' already");
    }

    /** Tasks of two cores have two workers each: two tasks are all that four slots hold, and enough for four workers. */
    @Test
    void membersMayHaveSeveralWorkers() throws Exception {
        var wide = SparkSession.builder().config(spark.sparkContext().getConf().clone());
        spark.stop();
        try (var of2 = wide.config("spark.task.cpus", "2").getOrCreate()) {
            var frame = Frames.frame(of2, 3000, 5);
            var estimator = LinearEstimator.logisticRegression()
                    .setLabelCol("late")
                    .setNumericCols("x", "n")
                    .setPasses(3);
            assertThatThrownBy(() -> estimator.setWorkers(3).fit(frame))
                    .hasMessageContaining("each task has 2 (spark.task.cpus), so they must be a multiple");
            var model = estimator.setWorkers(4).setLabelCol("late").fit(frame);
            assertThat(Frames.accuracy(model.transform(frame))).isGreaterThan(0.65);
        }
        start();
    }

    private static final StructType RATINGS = new StructType()
            .add("user", DataTypes.IntegerType)
            .add("item", DataTypes.StringType)
            .add("rating", DataTypes.FloatType);

    private static List<Row> ratings(int count, long seed) {
        var random = new SplittableRandom(seed);
        var rows = new ArrayList<Row>();
        for (int i = 0; i < count; i++) {
            int user = random.nextInt(60);
            int item = (int) (90 * Math.pow(random.nextDouble(), 2));
            float rating = (float) (3 + Math.sin(user) * Math.cos(item) + 0.1 * (item % 5));
            rows.add(RowFactory.create(1000 - user, "film " + item, rating));
        }
        return rows;
    }

    private static FactorEstimator factors() {
        return new FactorEstimator().setRank(4).setPasses(20).setWorkers(3).setRegParam(0.01);
    }

    private static double rmse(Dataset<Row> predicted) {
        return new RegressionEvaluator()
                .setMetricName("rmse")
                .setLabelCol("rating")
                .setPredictionCol("prediction")
                .evaluate(predicted.withColumn("rating", functions.col("rating").cast("double")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adarevision"})
    void ratingsAreFactorised(String method) throws Exception {
        var rows = ratings(4000, 1);
        var frame = spark.createDataFrame(rows, RATINGS).repartition(3);
        var estimator = factors().setMethod(method).setRate(method.equals("sgd") ? 0.05 : 0.2);
        var model = estimator.fit(frame);
        assertThat(rmse(model.transform(frame))).isLessThan(0.15);
        var file = folder.resolve("mf-" + method);
        model.save(file.toString());
        var loaded = FactorFrameModel.load(file.toString());
        assertThat(loaded.transform(frame).collectAsList())
                .isEqualTo(model.transform(frame).collectAsList());
        var plain = FactorModel.load(file.resolve("model.safetensors"));
        assertThat(plain.userNames()).hasSize(60).contains("1000", "941");
        var strange = spark.createDataFrame(List.of(RowFactory.create(7, "film 3", 0f)), RATINGS);
        assertThat(loaded.transform(strange).first().<Float>getAs("prediction")).isBetween(2f, 4f);
    }

    /** In one JVM, with the same users for each worker, the same bits. */
    @Test
    void factorsAreThoseOfOneJvm() throws Exception {
        var rows = ratings(3000, 2);
        var fitted = factors()
                .fit(spark.createDataFrame(rows, RATINGS).repartition(5))
                .model();
        rows.sort(Comparator.comparing((Row row) -> row.getInt(0))
                .thenComparing(row -> row.getString(1))
                .thenComparing(row -> row.getFloat(2)));
        var users = rows.stream().map(row -> row.getInt(0)).distinct().sorted().toList();
        var items =
                rows.stream().map(row -> row.getString(1)).distinct().sorted().toList();
        var values = new float[rows.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = rows.get(i).getFloat(2);
        }
        var all = new Ratings(
                List.of(),
                items,
                users.size(),
                items.size(),
                rows.stream().mapToInt(row -> users.indexOf(row.getInt(0))).toArray(),
                rows.stream().mapToInt(row -> items.indexOf(row.getString(1))).toArray(),
                values);
        var options = new FactorOptions(4, 20, 0.12f, 0.75f, 0.01f, FactorOptions.Method.ROW_ADAGRAD);
        var due = new MatrixFactorization(options)
                .prepare(all, Optional.empty(), Run.local(3))
                .run()
                .model();
        assertThat(fitted.items()).containsExactly(due.items());
        assertThat(fitted.users()).containsExactly(due.users());
    }

    /** Names that have blanks and signs in them are names like any. */
    @Test
    void modelsAreKeptInFoldersOfAnyName() throws Exception {
        var frame = Frames.frame(spark, 500, 6);
        var model = LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setWorkers(2)
                .setCheckpointDir(folder.resolve("my kept%20 #1").toString())
                .fit(frame);
        var place = folder.resolve("my models%20 #1").toString();
        model.save(place);
        assertThat(LinearFrameModel.load(place).transform(frame).collectAsList())
                .isEqualTo(model.transform(frame).collectAsList());
        assertThat(folder.resolve("my models%20 #1/model.safetensors")).exists();
        var kept = folder.resolve("my kept%20 #1");
        assertThat(kept).isNotEmptyDirectory();
        assertThat(kept.toFile().list()).hasSize(1);
        var again = LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setWorkers(2)
                .setCheckpointDir(kept.toString());
        again.fit(frame); // a fit of its own, in a folder of its own
        assertThat(kept.toFile().list()).hasSize(2);
        assertThatThrownBy(() -> again.setCheckpointDir(folder.resolve("none").toString())
                        .setResume(true)
                        .fit(frame))
                .hasMessageContaining("no checkpoint to go on from");
    }

    @Test
    void ratingsThatAreNoneAreTold() {
        var frame = spark.createDataFrame(ratings(50, 3), RATINGS);
        assertThatThrownBy(() -> factors().setUserCol("users").fit(frame))
                .hasMessageContaining("no column 'users'")
                .hasMessageContaining("'user'");
        assertThatThrownBy(() -> factors().setUserCol("rating").fit(frame)).hasMessageContaining("no whole number");
        assertThatThrownBy(() -> factors().setMethod("als").fit(frame))
                .hasMessageContaining("must be row-adagrad, sgd or adarevision");
        assertThatThrownBy(() -> factors().fit(frame.withColumn("rating", functions.lit(Double.NaN))))
                .hasMessageContaining("must be a number, got NaN");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100})
    void clustersAreFound(int batch) throws Exception {
        var random = new SplittableRandom(1);
        var centres = new double[][] {{0, 0}, {10, 0}, {0, 10}};
        var rows = new ArrayList<Row>();
        for (int i = 0; i < 3000; i++) {
            var centre = centres[i % 3];
            rows.add(RowFactory.create(centre[0] + random.nextGaussian(), centre[1] + random.nextGaussian(), i % 3));
        }
        var schema = new StructType()
                .add("a", DataTypes.DoubleType)
                .add("b", DataTypes.DoubleType)
                .add("centre", DataTypes.IntegerType);
        var frame = new VectorAssembler()
                .setInputCols(new String[] {"a", "b"})
                .setOutputCol("features")
                .transform(spark.createDataFrame(rows, schema));
        var model = new ClusterEstimator()
                .setK(3)
                .setMaxIter(10)
                .setBatchSize(batch)
                .setWorkers(2)
                .fit(frame);
        var centroids = model.model().centroids();
        for (var centre : centres) {
            boolean isFound = false;
            for (int c = 0; c < 3; c++) {
                isFound |= Math.hypot(centroids[2 * c] - centre[0], centroids[2 * c + 1] - centre[1]) < 0.5;
            }
            assertThat(isFound)
                    .as("%s in %s", Arrays.toString(centre), Arrays.toString(centroids))
                    .isTrue();
        }
        var predicted = model.transform(frame);
        assertThat(predicted.select("centre", "prediction").distinct().count()).isLessThan(30);
        double mean = predicted.agg(functions.avg("distance")).first().getDouble(0);
        assertThat(mean).isCloseTo(1.25, within(0.1)); // of two normal deviates: sqrt(pi / 2)
        model.save(folder.resolve("clusters").toString());
        assertThat(ClusterFrameModel.load(folder.resolve("clusters").toString())
                        .model()
                        .centroids())
                .containsExactly(centroids);
    }
}
