package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.clustering.KMeans;
import org.apache.spark.ml.evaluation.BinaryClassificationEvaluator;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
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
import orrery.learn.linear.LinearModel;

/** What users of Spark ML have stumbled over elsewhere: values, names and types are what Spark's are, or an error. */
@Timeout(120)
final class RightAnswersTest {
    private static SparkSession spark;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        spark = Frames.spark("local[2]");
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Dataset<Row> f(int rows) {
        return Frames.frame(spark, rows, 1);
    }

    private static LinearEstimator lr() {
        return LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setNumericCols("x", "n")
                .setWorkers(2);
    }

    private static LinearEstimator softmax() {
        return LinearEstimator.softmax().setLabelCol("late").setWorkers(2);
    }

    private static double auc(Dataset<Row> predicted) {
        return new BinaryClassificationEvaluator()
                .setLabelCol("late")
                .evaluate(predicted.withColumn("late", functions.col("late").cast("double")));
    }

    // Values

    @Test
    void textLabelsComeBackAsTheyWere() throws Exception {
        var frame = f(500).withColumn("late", functions.expr("if(late = 1, '007', '010')"));
        var estimator = lr();
        var model = estimator.fit(frame);
        var predicted = model.transform(frame);
        assertThat(predicted.schema().apply("prediction").dataType()).isEqualTo(DataTypes.StringType);
        assertThat(estimator.transformSchema(frame.schema()).apply("prediction").dataType())
                .isEqualTo(DataTypes.StringType);
        assertThat(predicted.select("prediction").distinct().collectAsList().stream()
                        .map(row -> row.getString(0)))
                .containsExactlyInAnyOrder("007", "010");
        var place = folder.resolve("texts").toString();
        model.save(place);
        assertThat(LinearFrameModel.load(place).transform(frame).collectAsList())
                .isEqualTo(predicted.collectAsList());
        var digits = f(300).withColumn("late", functions.col("late").cast("string"));
        var ofDigits = lr().fit(digits);
        ofDigits.save(folder.resolve("digits").toString());
        assertThat(LinearFrameModel.load(folder.resolve("digits").toString())
                        .transform(digits)
                        .schema()
                        .apply("prediction")
                        .dataType())
                .isEqualTo(DataTypes.StringType);
    }

    @ParameterizedTest
    @ValueSource(strings = {"int", "bigint", "float", "double", "decimal(4,2)", "tinyint", "boolean"})
    void numericLabelsComeBackAsDoubles(String type) {
        var frame = f(300).withColumn("late", functions.col("late").cast(type));
        var predicted = lr().fit(frame).transform(frame);
        assertThat(predicted.schema().apply("prediction").dataType()).isEqualTo(DataTypes.DoubleType);
        assertThat(predicted.select("prediction").distinct().collectAsList().stream()
                        .map(row -> row.getDouble(0)))
                .isSubsetOf(0.0, 1.0);
    }

    @Test
    void labelsThatAreMissingAreAnError() {
        for (var bad : List.of("double('NaN')", "double('Infinity')", "cast(null as double)")) {
            var frame = f(200).withColumn("late", functions.expr("if(n = 7, " + bad + ", double(late))"));
            assertThatThrownBy(() -> softmax().setNumericCols("x").fit(frame))
                    .hasMessageStartingWith("the label 'late' is ")
                    .hasMessageContaining(" of 200 rows; leave these rows out");
        }
        var wide = f(200).withColumn("late", functions.expr("late + 9007199254740993"));
        assertThatThrownBy(() -> lr().fit(wide)).hasMessageContaining("which no double holds");
    }

    @Test
    void weightsThatAreNoneAreAnError() {
        for (var bad : List.of("cast(null as double)", "double('NaN')", "-1.0", "double('Infinity')")) {
            var frame = f(200).withColumn("w", functions.expr("if(n = 7, " + bad + ", 1.0)"));
            assertThatThrownBy(() -> lr().setWeightCol("w").fit(frame))
                    .hasMessageStartingWith("the weight 'w' is ")
                    .hasMessageContaining(" of 200 rows; weights must be there");
        }
        assertThatThrownBy(() -> lr().setWeightCol("w").fit(f(200).withColumn("w", functions.lit(0))))
                .hasMessageContaining("is 0 in all rows");
    }

    /** A weight of 2 is a row that is there twice. */
    @Test
    void weightsOfClustersCount() {
        var rows = new ArrayList<Row>();
        for (int i = 0; i < 60; i++) {
            rows.add(RowFactory.create(i % 3 * 10.0 + i * 0.01, i % 2 + 1));
        }
        var frame = spark.createDataFrame(
                rows, new StructType().add("x", DataTypes.DoubleType).add("w", DataTypes.IntegerType));
        var twice = frame.withColumn("w", functions.explode(functions.expr("sequence(1, w)")));
        var estimator = new ClusterEstimator().setK(3).setNumericCols("x").setWorkers(2);
        var weighted = estimator
                .copy(org.apache.spark.ml.param.ParamMap.empty())
                .setWeightCol("w")
                .fit(frame);
        assertThat(centers(weighted, twice)).isEqualTo(centers(estimator.fit(twice), twice));
    }

    private static List<String> centers(ClusterFrameModel model, Dataset<Row> frame) {
        return model
                .transform(frame)
                .groupBy("prediction")
                .agg(functions.avg("x"), functions.avg("distance"))
                .collectAsList()
                .stream()
                .map(row -> String.format("%.3f", row.getDouble(1)))
                .sorted()
                .toList();
    }

    /** A float of seconds since 1970 is right to two minutes only. */
    @Test
    void secondsSince1970KeepTheirDigits() {
        var frame = f(4000).withColumn("t", functions.expr("1700000000L + cast(round(x * 10) as bigint)"))
                .drop("x");
        var centred = f(4000).withColumn("t", functions.expr("round(x * 10)")).drop("x");
        double due = auc(lr().setNumericCols("t", "n").fit(centred).transform(centred));
        assertThat(auc(lr().setNumericCols("t", "n").fit(frame).transform(frame)))
                .isCloseTo(due, within(0.002));
        var vectors = vectors(frame, "t", "n");
        assertThat(auc(vectorsOf(vectors).transform(vectors))).isCloseTo(due, within(0.002));
    }

    private static Dataset<Row> vectors(Dataset<Row> frame, String... columns) {
        return new VectorAssembler()
                .setInputCols(columns)
                .setOutputCol("features")
                .transform(frame);
    }

    private static LinearFrameModel vectorsOf(Dataset<Row> frame) {
        return LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setWorkers(2)
                .fit(frame);
    }

    @Test
    void categoriesAreTheSameWhateverTheirType() {
        var frame = f(3000).withColumn("code", functions.expr("10000000 + hash(colour) % 3"));
        var estimator = LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setCategoricalCols("code")
                .setWorkers(2);
        var model = estimator.fit(frame);
        var due = model.transform(frame).select("rawPrediction").collectAsList();
        for (var type : List.of("bigint", "double", "decimal(12,3)", "string")) {
            var other = frame.withColumn("code", functions.col("code").cast(type));
            assertThat(model.transform(other).select("rawPrediction").collectAsList())
                    .as(type)
                    .isEqualTo(due);
            assertThat(weights(estimator.fit(other).model()).stream().sorted().toList())
                    .as(type)
                    .isEqualTo(weights(model.model()).stream().sorted().toList());
        }
    }

    private static List<Float> weights(LinearModel model) {
        var weights = new ArrayList<Float>();
        for (int f = 0; f < model.features(); f++) {
            if (model.weight(f, 0) != 0) {
                weights.add((float) Math.round(model.weight(f, 0) * 100) / 100);
            }
        }
        return weights;
    }

    @Test
    void vectorsBesideColumnsAreAnError() {
        var frame = vectors(f(100), "x", "n");
        assertThatThrownBy(() -> lr().setFeaturesCol("features").fit(frame))
                .hasMessageContaining("features are the vectors 'features' or the columns [x, n], not both");
    }

    @Test
    void framesThatChangeAreAnError() {
        var chance = functions
                .udf((UDF1<Integer, Boolean>) n -> System.nanoTime() / 7 % 3 != 0, DataTypes.BooleanType)
                .asNondeterministic();
        var ratings = spark.range(20_000)
                .selectExpr("cast(id % 70 as int) as user", "cast(id % 31 as int) as item", "float(id % 5) as rating")
                .filter(chance.apply(functions.col("user")));
        assertThatThrownBy(() -> new FactorEstimator()
                        .setRank(2)
                        .setPasses(2)
                        .setWorkers(2)
                        .fit(ratings))
                .hasMessageContaining("not the same each time it is made; cache it");
        var range = spark.range(5000).selectExpr("double(id % 7) as x", "int(id % 9) as n", "int(id % 2) as late");
        var changing = range.withColumn(
                "x", functions.when(chance.apply(functions.col("n")), 1.5).otherwise(functions.col("x")));
        assertThatThrownBy(() -> lr().setRepartition(false).setWorkers(1).fit(changing))
                .hasMessageContaining("other ones now: the frame is not the same each time it is made; cache it");
        var rows = range.filter(chance.apply(functions.col("n")));
        assertThatThrownBy(() -> lr().setRepartition(false).fit(rows))
                .hasMessageContaining("not the same each time it is made; cache it");
    }

    // Spark ML's contract

    @Test
    void numericClassesAreInTheOrderOfNumbers() {
        var rows = new ArrayList<Row>();
        for (int i = 0; i < 1200; i++) {
            var one = new double[12];
            one[i % 12] = 1;
            rows.add(RowFactory.create((double) (i % 12), Vectors.dense(one)));
        }
        var frame = spark.createDataFrame(rows, labelled());
        var predicted = softmax().setPasses(50).setRate(20).fit(frame).transform(frame);
        assertThat(logLoss(predicted)).isLessThan(1e-3);
    }

    private static double logLoss(Dataset<Row> predicted) {
        return new MulticlassClassificationEvaluator()
                .setLabelCol("late")
                .setMetricName("logLoss")
                .evaluate(predicted);
    }

    private static StructType labelled() {
        return new StructType()
                .add("late", DataTypes.DoubleType)
                .add("features", org.apache.spark.ml.linalg.SQLDataTypes.VectorType());
    }

    /** Evaluators look up entry k of the probabilities for the label k, so classes that are not there have a place, too. */
    @Test
    void vectorsHaveAPlaceForEachWholeLabel() {
        var rows = new ArrayList<Row>();
        for (int i = 0; i < 400; i++) {
            int k = i % 2 == 0 ? 2 : 5;
            rows.add(RowFactory.create((double) k, Vectors.dense(k == 2 ? 1 : 0, k == 5 ? 1 : 0)));
        }
        var frame = spark.createDataFrame(rows, labelled());
        var model = softmax().setPasses(30).setRate(10).fit(frame);
        var predicted = model.transform(frame);
        var row = predicted.first();
        assertThat(row.<Vector>getAs("probability").size()).isEqualTo(6);
        assertThat(row.<Vector>getAs("probability").apply(3)).isZero();
        assertThat(row.<Vector>getAs("rawPrediction").apply(3)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(logLoss(predicted)).isLessThan(0.01);
        assertThat(predicted.filter("prediction = late").count()).isEqualTo(400);
    }

    @Test
    void metadataOfIndexersCount() {
        var frame = vectors(
                new StringIndexer()
                        .setInputCol("colour")
                        .setOutputCol("label")
                        .fit(f(400))
                        .transform(f(400)),
                "x",
                "n");
        var some = frame.filter("label < 2");
        var model = LinearEstimator.softmax().setWorkers(2).fit(some);
        assertThat(model.transform(some).first().<Vector>getAs("probability").size())
                .isEqualTo(4);
    }

    @Test
    void columnsOfTheInputAreStillThose() {
        var frame = f(300);
        var predicted = lr().fit(frame).transform(frame);
        assertThat(predicted.select(frame.col("x")).count()).isEqualTo(300);
        assertThat(predicted.filter(frame.col("late").equalTo(1)).count())
                .isEqualTo(frame.filter("late = 1").count());
        var clusters = new ClusterEstimator()
                .setK(2)
                .setNumericCols("x")
                .setWorkers(2)
                .fit(frame)
                .transform(frame);
        assertThat(clusters.select(frame.col("x"), clusters.col("prediction")).count())
                .isEqualTo(300);
    }

    @Test
    void columnsThatAreThereTwiceDoNotMatterUnlessTheyAreUsed() {
        var frame = f(300);
        var twice = frame.select(frame.col("*"), frame.col("colour"));
        var predicted = lr().fit(twice).transform(twice);
        assertThat(predicted.columns()).hasSize(8);
        assertThat(predicted.count()).isEqualTo(300);
        var both = frame.select(frame.col("*"), frame.col("x"));
        assertThatThrownBy(() -> lr().fit(both)).hasMessageContaining("has 2 columns 'x'");
    }

    @Test
    void predictionsHaveTheNamesThatAreGiven() throws Exception {
        var frame = f(300);
        var first = lr();
        var second = lr().setPredictionCol("p2").setProbabilityCol("prob2").setRawPredictionCol("");
        var model =
                new Pipeline().setStages(new PipelineStage[] {first, second}).fit(frame);
        var predicted = model.transform(frame);
        assertThat(predicted.columns())
                .containsExactly(
                        "x", "n", "colour", "late", "rawPrediction", "probability", "prediction", "prob2", "p2");
        assertThat(predicted.filter("prediction = p2").count()).isEqualTo(300);
        var again = lr().fit(frame).setPredictionCol("p3").setProbabilityCol("").setRawPredictionCol("");
        assertThat(again.transform(predicted).columns()).endsWith("p2", "p3");
        assertThatThrownBy(() -> first.fit(frame).transform(predicted))
                .hasMessageContaining("has a column 'rawPrediction' already; choose another name");
        again.save(folder.resolve("named").toString());
        assertThat(LinearFrameModel.load(folder.resolve("named").toString())
                        .transform(frame)
                        .columns())
                .endsWith("late", "p3");
    }

    @Test
    void namesAreFoundAsSparkFindsThem() {
        var frame = f(300);
        var model = lr().setLabelCol("LATE").setNumericCols("X", "N").fit(frame);
        assertThat(model.transform(frame.withColumnRenamed("x", "x")).count()).isEqualTo(300);
        var nested = frame.withColumn("of", functions.struct("x", "n"))
                .withColumn("a.b", functions.col("x"))
                .drop("x", "n");
        assertThat(lr().setNumericCols("of.x", "of.n", "a.b")
                        .fit(nested)
                        .transform(nested)
                        .count())
                .isEqualTo(300);
        spark.conf().set("spark.sql.caseSensitive", true);
        try {
            assertThatThrownBy(() -> lr().setLabelCol("LATE").fit(frame))
                    .hasMessageContaining("no column 'LATE'; did you mean 'late'?");
        } finally {
            spark.conf().unset("spark.sql.caseSensitive");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"columns", "vectors", "arrays"})
    void invalidNumbersAreHandledAsIsSaid(String form) {
        var frame = f(2000).withColumn(
                        "x", functions.expr("case when n = 3 then double('NaN') when n = 5 then null else x end"));
        var given = switch (form) {
            case "vectors" ->
                new VectorAssembler()
                        .setInputCols(new String[] {"x", "n"})
                        .setOutputCol("features")
                        .setHandleInvalid("keep")
                        .transform(frame);
            case "arrays" -> frame.withColumn("features", functions.expr("array(x, double(n))"));
            default -> frame;
        };
        var estimator = LinearEstimator.logisticRegression().setLabelCol("late").setWorkers(2);
        if (form.equals("columns")) {
            estimator.setNumericCols("x", "n");
        }
        assertThatThrownBy(() -> estimator.fit(given))
                .hasMessageContaining("NaN in ")
                .hasMessageContaining("of 2,000 rows; setHandleInvalid(\"skip\")");
        long sound = frame.filter("n <> 3 and n <> 5").count();
        var skipping = estimator.setHandleInvalid("skip").fit(given);
        assertThat(skipping.summary().rows()).isEqualTo(sound);
        assertThat(skipping.transform(given).count()).isEqualTo(sound);
        assertThat(skipping.setHandleInvalid("keep").transform(given).count()).isEqualTo(2000);
        assertThatThrownBy(() ->
                        skipping.setHandleInvalid("error").transform(given).collectAsList())
                .hasStackTraceContaining("in a row; setHandleInvalid(\"skip\")");
        var keeping = estimator.setHandleInvalid("keep").fit(given);
        assertThat(keeping.transform(given).count()).isEqualTo(2000);
        double mean = frame.filter("n <> 3 and n <> 5")
                .agg(functions.avg("x"))
                .first()
                .getDouble(0);
        var imputed = given.filter("n = 3").limit(1);
        var meant = f(2000).filter("n = 3").limit(1).withColumn("x", functions.lit(mean));
        var ofMean = form.equals("columns") ? meant : vectors(meant, "x", "n");
        assertThat(keeping.transform(imputed)
                        .first()
                        .<Vector>getAs("rawPrediction")
                        .apply(1))
                .isCloseTo(
                        keeping.transform(ofMean)
                                .first()
                                .<Vector>getAs("rawPrediction")
                                .apply(1),
                        within(1e-3));
        assertThatThrownBy(() -> estimator
                        .setHandleInvalid("keep")
                        .fit(given.filter("n <> 3 and n <> 5")
                                .withColumn("features", functions.expr("array(double('Infinity'), double(n))"))
                                .withColumn("x", functions.expr("double('Infinity')"))))
                .hasMessageContaining("infinite in ");
    }

    /** A column that the estimator does not know is no reason to fail; a null category is a category. */
    @Test
    void nullCategoriesAreACategory() {
        var frame = f(2000).withColumn("colour", functions.expr("if(colour = 'red', null, colour)"));
        var model = lr().setCategoricalCols("colour").fit(frame);
        assertThat(auc(model.transform(frame)))
                .isCloseTo(auc(lr().setCategoricalCols("colour").fit(f(2000)).transform(f(2000))), within(0.01));
    }

    @Test
    void schemasAreWhatTransformGives() {
        var frame = vectors(f(300), "x", "n");
        var estimators = List.<FrameEstimator<?, ?>>of(
                LinearEstimator.logisticRegression().setLabelCol("late").setWorkers(2),
                LinearEstimator.supportVectorMachine()
                        .setLabelCol("colour")
                        .setNumericCols("x")
                        .setWorkers(2),
                new ClusterEstimator().setK(2).setWorkers(2),
                new FactorEstimator()
                        .setUserCol("n")
                        .setItemCol("colour")
                        .setRatingCol("x")
                        .setRank(2)
                        .setWorkers(2));
        for (var estimator : estimators) {
            var of = frame.filter("colour in ('red', 'blue')");
            var model = estimator.fit(of);
            var is = model.transform(of).schema();
            assertThat(model.transformSchema(of.schema())).isEqualTo(is);
            assertThat(types(estimator.transformSchema(of.schema()))).isEqualTo(types(is));
        }
    }

    private static List<String> types(StructType schema) {
        return Arrays.stream(schema.fields())
                .map(field -> field.name() + " " + field.dataType().catalogString())
                .toList();
    }

    /** Of a salary and a year, which differ by orders of magnitude. */
    @Test
    void vectorsAreStandardised() {
        var random = new SplittableRandom(3);
        var rows = new ArrayList<Row>();
        for (int i = 0; i < 3000; i++) {
            double salary = 60_000 + 20_000 * random.nextGaussian();
            double year = 1990 + random.nextInt(35);
            double margin = (salary - 60_000) / 10_000 + (year - 2007) / 8;
            int late = random.nextDouble() < 1 / (1 + Math.exp(-margin)) ? 1 : 0;
            rows.add(RowFactory.create((double) late, Vectors.dense(salary, year)));
        }
        var frame = spark.createDataFrame(rows, labelled());
        var due = new org.apache.spark.ml.classification.LogisticRegression()
                .setLabelCol("late")
                .fit(frame);
        var ours = vectorsOf(frame).transform(frame);
        var theirs = due.transform(frame);
        assertThat(auc(ours)).isCloseTo(auc(theirs), within(0.003));
        assertThat(Frames.accuracy(ours)).isCloseTo(Frames.accuracy(theirs), within(0.01));
        assertThat(logLoss(ours)).isCloseTo(logLoss(theirs), within(0.01));
        var raw = LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setStandardization(false)
                .setWorkers(2);
        assertThat(raw.getOrDefault(raw.standardization())).isEqualTo(false);
    }

    @Test
    void summariesHaveTheLossOfEachPass() {
        var frame = f(2000);
        var summary = lr().setPasses(7).fit(frame).summary();
        assertThat(summary.objectiveHistory()).hasSize(7);
        assertThat(summary.objectiveHistory()[6]).isLessThan(summary.objectiveHistory()[0]);
        assertThat(summary.rows()).isEqualTo(2000);
        assertThat(summary.read()).contains("\"rows\":2000").contains("late");
        var clusters =
                new ClusterEstimator().setK(2).setNumericCols("x").setWorkers(2).fit(frame);
        assertThat(DoubleStream.of(clusters.summary().objectiveHistory()))
                .isNotEmpty()
                .doesNotContain(Double.NaN);
        var ratings = spark.range(600).selectExpr("id % 20 as user", "id % 7 as item", "float(id % 5) as rating");
        var factors =
                new FactorEstimator().setRank(2).setPasses(3).setWorkers(2).fit(ratings);
        assertThat(factors.summary().objectiveHistory()).hasSize(3).doesNotContain(Double.NaN);
        assertThat(factors.copy(org.apache.spark.ml.param.ParamMap.empty()).hasSummary())
                .isTrue();
        assertThat(factors.model().provenance().get("read")).contains("ratings");
    }

    // Numbers

    @Test
    void clustersFarFromTheOriginAreFound() {
        var random = new SplittableRandom(5);
        var rows = new ArrayList<Row>();
        for (int i = 0; i < 400; i++) {
            double off = i < 200 ? 0 : 3;
            rows.add(RowFactory.create(
                    0.0,
                    Vectors.dense(
                            4_500_000 + off + 0.7 * random.nextGaussian(),
                            5_600_000 + off + 0.7 * random.nextGaussian(),
                            1990 + off + 0.7 * random.nextGaussian())));
        }
        var frame = spark.createDataFrame(rows, labelled());
        var theirs = new KMeans().setK(2).setSeed(1).fit(frame);
        var ours = new ClusterEstimator().setK(2).setWorkers(2).fit(frame);
        var found = ours.transform(frame);
        double cost = found.agg(functions.sum(functions.expr("distance * distance")))
                .first()
                .getDouble(0);
        assertThat(cost).isCloseTo(theirs.summary().trainingCost(), within(0.001 * cost));
        assertThat(found.groupBy("prediction").count().collectAsList().stream().map(row -> row.getLong(1)))
                .allSatisfy(count -> assertThat(count).isBetween(190L, 210L));
        assertThat(ours.clusterCenters()[0].apply(0)).isCloseTo(4_500_001.5, within(3.0));
    }

    // Recommendations

    @Test
    void recommendationsAreThoseWithTheHighestPredictions() throws Exception {
        var ratings = spark.range(900)
                .selectExpr(
                        "cast(id % 30 as int) as user",
                        "concat('film ', id % 13) as item", "float((id * 7) % 5) as rating");
        var model = new FactorEstimator().setRank(3).setPasses(5).setWorkers(2).fit(ratings);
        var best = model.recommendForAllUsers(3);
        assertThat(best.schema().apply("user").dataType()).isEqualTo(DataTypes.IntegerType);
        assertThat(best.schema().simpleString())
                .isEqualTo("struct<user:int,recommendations:array<struct<item:string,rating:float>>>");
        assertThat(best.count()).isEqualTo(30);
        var all = model.transform(spark.range(13).selectExpr("7 as user", "concat('film ', id) as item"))
                .orderBy(functions.desc("prediction"))
                .collectAsList();
        var of7 = best.filter("user = 7").first().<Row>getList(1);
        for (int k = 0; k < 3; k++) {
            assertThat(of7.get(k).getFloat(1)).isEqualTo(all.get(k).<Float>getAs("prediction"));
        }
        var subset = model.recommendForUserSubset(spark.range(5, 8).selectExpr("id as user"), 2);
        assertThat(subset.count()).isEqualTo(3);
        assertThat(model.recommendForAllItems(4).count()).isEqualTo(13);
        assertThat(model.userFactors().count()).isEqualTo(30);
        assertThat(model.itemFactors().schema().simpleString())
                .isEqualTo("struct<id:string,features:array<float>,bias:float>");
        model.save(folder.resolve("mf").toString());
        assertThat(FactorFrameModel.load(folder.resolve("mf").toString())
                        .recommendForAllUsers(3)
                        .collectAsList())
                .isEqualTo(best.collectAsList());
    }

    @Test
    void strangersArePredictedAsIsSaid() {
        var ratings = spark.range(300).selectExpr("id % 30 as user", "id % 13 as item", "float(id % 5) as rating");
        var model = new FactorEstimator().setRank(2).setPasses(2).setWorkers(2).fit(ratings);
        var asked = spark.range(2).selectExpr("if(id = 0, 3, 999) as user", "4 as item");
        assertThat(model.transform(asked).filter("prediction between 0 and 5").count())
                .isEqualTo(2);
        assertThat(model.setColdStartStrategy("nan")
                        .transform(asked)
                        .filter("isnan(prediction)")
                        .count())
                .isEqualTo(1);
        assertThat(model.setColdStartStrategy("drop").transform(asked).count()).isEqualTo(1);
        var wide = asked.selectExpr("double(user) as user", "decimal(item) as item");
        assertThat(model.transform(wide).count()).isEqualTo(1);
        var nobody = asked.withColumn("user", functions.expr("cast(null as bigint)"));
        assertThatThrownBy(() -> model.transform(nobody).collectAsList())
                .hasStackTraceContaining("the user is null in a row");
    }

    @Test
    void ratingsThatAreNoneAreReportedByTheDriver() {
        var ratings = spark.range(300).selectExpr("id % 30 as user", "id % 13 as item", "float(id % 5) as rating");
        var estimator = new FactorEstimator().setRank(2).setPasses(2).setWorkers(2);
        assertThatThrownBy(() -> estimator.fit(ratings.withColumn("user", functions.expr("if(user = 2, null, user)"))))
                .hasMessage("the user is null in a row; leave such rows out (10 rows are like this one)");
        assertThatThrownBy(() -> estimator.fit(ratings.withColumn("item", functions.expr("item + 0.5"))))
                .hasMessageContaining("is no whole number");
        assertThatThrownBy(() -> estimator.fit(ratings.withColumn("item", functions.lit("a\nb"))))
                .hasMessageContaining("the item 'a\\nb' has several lines");
        assertThatThrownBy(() -> estimator.fit(ratings.filter("user < 0"))).hasMessage("the data frame has no rows");
    }

    // Errors

    @Test
    void emptyFramesHaveNoRows() {
        assertThatThrownBy(() -> lr().fit(f(100).filter("x is null"))).hasMessage("the data frame has no rows");
        assertThatThrownBy(() -> lr().setRepartition(false).fit(f(100).limit(0)))
                .hasMessage("the data frame has no rows");
        assertThatThrownBy(() -> lr().setRepartition(false).setWorkers(2).fit(f(100).coalesce(1)))
                .hasMessageContaining("has 1 partitions, too few for 2 members");
    }

    @Test
    void typesAreCheckedByTheDriverBeforeARowIsRead() {
        var model = lr().fit(f(200));
        var texts = f(200).withColumn("x", functions.lit("far"));
        assertThatThrownBy(() -> model.transform(texts))
                .hasMessage("column 'x' is of type string; the model takes a number there: cast it");
        assertThatThrownBy(() -> model.transform(f(10).drop("n")))
                .hasMessageContaining("the data frame has no column 'n'");
        assertThatThrownBy(() -> lr().fit(texts))
                .hasMessageContaining("column 'x' is of type string; it must be a number or a boolean; cast it, or name"
                        + " it in categoricalCols");
        assertThatThrownBy(
                        () -> lr().setCategoricalCols("at").fit(f(10).withColumn("at", functions.current_timestamp())))
                .hasMessageContaining("column 'at' is of type timestamp");
        var narrow = vectors(f(200), "x");
        assertThatThrownBy(() -> vectorsOf(vectors(f(200), "x", "n")).transform(narrow))
                .hasMessage("the vectors 'features' have 1 entries, the model was trained on 2");
        var old = org.apache.spark.mllib.util.MLUtils.convertVectorColumnsFromML(narrow, "features");
        assertThatThrownBy(() -> vectorsOf(old))
                .hasMessageContaining("of type org.apache.spark.mllib.linalg.VectorUDT; it must be a vector");
        var decimals = f(200).withColumn("x", functions.col("x").cast("decimal(10,4)"));
        assertThat(lr().fit(decimals).transform(f(200)).count()).isEqualTo(200);
    }
    /** Advice names parameters and settings of Spark, not options of a command line. */
    @Test
    void adviceIsForSpark() {
        var vector = Vectors.sparse(Integer.MAX_VALUE - 1, new int[] {3}, new double[] {1});
        var frame = spark.createDataFrame(
                List.of(RowFactory.create(0.0, vector), RowFactory.create(1.0, vector)), labelled());
        assertThatThrownBy(() -> LinearEstimator.logisticRegression()
                        .setLabelCol("late")
                        .setWorkers(1)
                        .fit(frame))
                .hasMessageContaining("give each process more memory (spark.driver.memory and spark.executor.memory)")
                .hasMessageNotContaining("ORRERY_JAVA_OPTS");
        assertThatThrownBy(() -> lr().setCheckpointDir(folder.resolve("none").toString())
                        .setResume(true)
                        .fit(f(50)))
                .hasMessageContaining("fit without setResume(true)");
    }

    /** The code of Namibia is NA, and is no missing value. */
    @Test
    void textsThatLookLikeMissingValuesAreCategories() {
        var frame = f(2000).withColumn(
                        "colour",
                        functions.expr("case colour when 'red' then 'NA' when 'blue' then null else colour end"));
        var model = lr().setNumericCols("x").setCategoricalCols("colour").fit(frame);
        var raws = model.transform(frame.withColumn("x", functions.lit(5.0)))
                .select("rawPrediction")
                .distinct();
        assertThat(raws.count()).isEqualTo(4);
    }

    /** Weights count in proportion to their mean, as those of Spark's own estimators do. */
    @Test
    void theUnitOfWeightsDoesNotMatter() {
        var frame = f(1000).withColumn("w", functions.lit(1.0));
        var estimator = lr().setWeightCol("w").setRule("sgd").setL2(0.01);
        var due = estimator
                .fit(frame)
                .transform(frame)
                .select("probability")
                .first()
                .<Vector>getAs(0)
                .apply(1);
        var heavy = estimator.fit(frame.withColumn("w", functions.lit(1e4)));
        assertThat(heavy.transform(frame)
                        .select("probability")
                        .first()
                        .<Vector>getAs(0)
                        .apply(1))
                .isCloseTo(due, within(0.02)); // rows are dealt out in another way
    }

    /** Entry by entry: what is missing of one says nothing of another. */
    @Test
    void meansOfVectorsAreOfTheEntriesThatAreThere() {
        var rows = new ArrayList<Row>();
        for (int i = 0; i < 1000; i++) {
            double half = i % 2 == 0 ? Double.NaN : i / 2 % 2; // 0 or 1 where it is there
            double year = i % 5 < 3 ? 2020 : 0;
            rows.add(RowFactory.create((double) (i / 7 % 2), Vectors.dense(half, year)));
        }
        var frame = spark.createDataFrame(rows, labelled());
        var model = LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setHandleInvalid("keep")
                .setWorkers(2)
                .fit(frame);
        var ofMissing =
                spark.createDataFrame(List.of(RowFactory.create(0.0, Vectors.dense(Double.NaN, 2020))), labelled());
        var ofMean = spark.createDataFrame(List.of(RowFactory.create(0.0, Vectors.dense(0.5, 2020))), labelled());
        assertThat(model.transform(ofMissing)
                        .first()
                        .<Vector>getAs("rawPrediction")
                        .apply(1))
                .isCloseTo(
                        model.transform(ofMean)
                                .first()
                                .<Vector>getAs("rawPrediction")
                                .apply(1),
                        within(1e-6));
        var sound = frame.filter(functions.not(functions.isnan(org.apache
                .spark
                .ml
                .functions
                .vector_to_array(frame.col("features"), "float64")
                .getItem(0))));
        var ofSound = LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setWorkers(2)
                .fit(sound);
        assertThat(ofSound.setHandleInvalid("keep")
                        .transform(ofMissing)
                        .first()
                        .<Vector>getAs("rawPrediction")
                        .apply(1))
                .isCloseTo(
                        ofSound.transform(ofMean)
                                .first()
                                .<Vector>getAs("rawPrediction")
                                .apply(1),
                        within(1e-6));
    }

    @Test
    void labelsOfFloatsAreThoseOfEvaluators() {
        var frame = f(500).withColumn("late", functions.expr("float(late + 0.1)"));
        var predicted = lr().fit(frame).transform(frame);
        assertThat(predicted.filter("prediction = double(late)").count()).isGreaterThan(300);
    }

    @Test
    void anEmptyNameAddsNothing() {
        var ratings = spark.range(300).selectExpr("id % 30 as user", "id % 13 as item", "float(id % 5) as rating");
        var model = new FactorEstimator()
                .setRank(2)
                .setPasses(2)
                .setWorkers(2)
                .setPredictionCol("")
                .fit(ratings);
        assertThat(model.transform(ratings).columns()).containsExactly("user", "item", "rating");
        var strange = ratings.withColumn("user", functions.expr("user + 20"));
        assertThat(model.setColdStartStrategy("drop").transform(strange).count())
                .isBetween(1L, 299L);
    }
}
