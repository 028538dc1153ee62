package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.clustering.KMeans;
import org.apache.spark.ml.evaluation.BinaryClassificationEvaluator;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.recommendation.ALS;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our estimators and Spark ML's own on the same generated frames, of all types, with missing values, strange names and uneven
 * parts: both refuse a frame or neither does; schemas are the same; metrics, by Spark's evaluators, are as good; predictions
 * are sound. {@code -Dorrery.frames=300} for as many seeds.
 *
 * <p>Left out, since there ours differ on purpose: labels of one class, which ours refuse, and infinite numbers, which Spark's
 * assembler lets through.
 */
@Timeout(120)
final class GeneratedFramesTest {
    private static final int SEEDS = Integer.getInteger("orrery.frames", 24);
    private static final double WORSE = 0.03; // in accuracy, F1, recall and area, at most
    private static final double MORE_LOSS = 0.05; // theirs is the optimum, ours near it
    private static final String[] TYPES = {"double", "float", "int", "bigint", "smallint", "decimal(12,3)", "boolean"};
    private static final String[] NAMES = {"x", "Salary", "a b", "größe", "year", "n_2", "select", "x-y", "Q%"};
    private static final String[] LABELS = {"double", "int", "bigint", "float", "decimal(3,0)"};

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = Frames.settings("local[2]").config("spark.log.level", "OFF").getOrCreate();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    static int[] seeds() {
        return java.util.stream.IntStream.rangeClosed(1, SEEDS).toArray();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void ours(int seed) {
        var random = new SplittableRandom(seed);
        switch (seed % 6) {
            case 4 -> clusters(random);
            case 5 -> factors(random);
            default -> classifier(random);
        }
    }

    // Classification

    /** A generated frame, and how it is to be used. */
    private record Given(
            Dataset<Row> frame,
            String[] features,
            int classes,
            boolean asVectors,
            String handleInvalid,
            boolean weighted) {}

    private static Given given(SplittableRandom random) {
        int rows = 200 + random.nextInt(800);
        int count = 1 + random.nextInt(4);
        int classes = random.nextInt(3) < 2 ? 2 : 3 + random.nextInt(3);
        int gap = random.nextInt(4) == 0 ? 1 : 0; // labels that begin with 1, or leave one out
        var scales = new double[count];
        var origins = new double[count];
        var weights = new double[count];
        for (int f = 0; f < count; f++) {
            scales[f] = Math.pow(10, random.nextInt(4));
            origins[f] = random.nextBoolean() ? 0 : scales[f] * random.nextInt(20);
            weights[f] = random.nextGaussian();
        }
        double missing = random.nextInt(3) == 0 ? 0.02 : 0;
        double lacking = random.nextInt(12) == 0 ? 0.01 : 0; // labels
        boolean weighted = random.nextInt(3) == 0;
        int ofWeights = weighted && random.nextInt(5) == 0 ? 1 + random.nextInt(2) : 0; // wrong ones
        var data = new ArrayList<Row>();
        var seen = new boolean[classes];
        for (int i = 0; i < rows; i++) {
            double margin = 0;
            var row = new @Nullable Object[count + 2];
            for (int f = 0; f < count; f++) {
                double z = random.nextGaussian();
                margin += weights[f] * z;
                row[f] = random.nextDouble() < missing
                        ? (random.nextBoolean() ? null : (Object) Double.NaN)
                        : (Object) (origins[f] + scales[f] * z);
            }
            double u = 1 / (1 + Math.exp(-margin)) * 0.8 + 0.2 * random.nextDouble();
            int label = i < classes ? i : Math.min(classes - 1, (int) (u * classes));
            seen[label] = true;
            row[count] = random.nextDouble() < lacking ? null : (Object) (double) (label == 0 ? label : label + gap);
            row[count + 1] = ofWeights == 1 && i == 7
                    ? null
                    : ofWeights == 2 && i == 7 ? -1.0 : (Object) (0.5 + random.nextInt(3));
            data.add(RowFactory.create(row));
        }
        var schema = new StructType();
        for (int f = 0; f < count; f++) {
            schema = schema.add("f" + f, DataTypes.DoubleType);
        }
        var plain = spark.createDataFrame(
                data, schema.add("label", DataTypes.DoubleType).add("w", DataTypes.DoubleType));
        var names = Arrays.copyOf(shuffled(NAMES, random), count);
        var columns = new ArrayList<Column>();
        for (int f = 0; f < count; f++) {
            var type = TYPES[random.nextInt(TYPES.length)];
            var value = functions.col("f" + f);
            boolean isWide = Math.abs(origins[f]) + 6 * scales[f] > 30_000;
            type = type.equals("smallint") && isWide ? "int" : type;
            var sound = functions
                    .when(
                            functions.isnan(value),
                            type.equals("double") || type.equals("float")
                                    ? functions.lit(Double.NaN)
                                    : functions.lit(null))
                    .otherwise(type.equals("boolean") ? value.gt(origins[f]).cast("double") : value);
            columns.add(sound.cast(type).as(names[f]));
        }
        columns.add(functions
                .col("label")
                .cast(LABELS[random.nextInt(LABELS.length)])
                .as("label"));
        columns.add(functions.col("w"));
        columns.add(functions.lit("unused").as("Unused"));
        if (random.nextInt(3) == 0) {
            columns.add(functions.lit(1).as("Unused")); // a second one
        }
        var frame = plain.select(columns.toArray(Column[]::new));
        frame = switch (random.nextInt(4)) {
            case 0 -> frame.coalesce(1);
            case 1 -> frame.repartition(1 + random.nextInt(6));
            case 2 -> frame.repartition(5, functions.col("label")); // skewed, and some parts empty
            default -> frame;
        };
        var handling = List.of("error", "skip", "error", "keep").get(random.nextInt(4));
        return new Given(
                frame, names, classes, random.nextBoolean(), handling.equals("keep") ? "skip" : handling, weighted);
    }

    private static String[] shuffled(String[] all, SplittableRandom random) {
        var names = all.clone();
        for (int i = names.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            var name = names[i];
            names[i] = names[j];
            names[j] = name;
        }
        return names;
    }

    /** What a fit and its predictions came to; an error where there is no frame. */
    private record Came(
            @Nullable Dataset<Row> predicted, @Nullable Throwable error) {}

    private static Came came(org.apache.spark.ml.Estimator<?> estimator, Dataset<Row> frame) {
        try {
            var predicted = ((Transformer) estimator.fit(frame)).transform(frame);
            return new Came(predicted.cache(), predicted.count() < 0 ? new IllegalStateException() : null);
        } catch (Exception e) { // Spark throws checked ones, too
            return new Came(null, e);
        }
    }

    private static void classifier(SplittableRandom random) {
        var given = given(random);
        var assembler = new VectorAssembler()
                .setInputCols(given.features)
                .setOutputCol("features")
                .setHandleInvalid(given.handleInvalid);
        var names = random.nextBoolean()
                ? new String[] {"rawPrediction", "probability", "prediction"}
                : new String[] {"margins", "P", "class"};
        var spark = new LogisticRegression()
                .setRawPredictionCol(names[0])
                .setProbabilityCol(names[1])
                .setPredictionCol(names[2]);
        var ours = (given.classes == 2 && !isWide(given)
                        ? LinearEstimator.logisticRegression()
                        : LinearEstimator.softmax())
                .setRawPredictionCol(names[0])
                .setProbabilityCol(names[1])
                .setPredictionCol(names[2])
                .setHandleInvalid(given.handleInvalid)
                .setWorkers(1 + random.nextInt(2));
        if (given.weighted) {
            spark.setWeightCol("w");
            ours.setWeightCol("w");
        }
        var due = came(new Pipeline().setStages(new PipelineStage[] {assembler, spark}), given.frame);
        Came is;
        if (given.asVectors) {
            is = came(new Pipeline().setStages(new PipelineStage[] {assembler, ours}), given.frame);
        } else {
            is = came(ours.setNumericCols(given.features), given.frame);
        }
        if (due.predicted == null || is.predicted == null) {
            assertThat(is.error == null)
                    .as("ours: %s; Spark's: %s", is.error, due.error)
                    .isEqualTo(due.error == null);
            return;
        }
        assertThat(types(is.predicted))
                .isEqualTo(types(given.asVectors ? due.predicted : due.predicted.drop("features")));
        assertThat(is.predicted.count()).isEqualTo(due.predicted.count());
        var evaluator = new MulticlassClassificationEvaluator()
                .setPredictionCol(names[2])
                .setProbabilityCol(names[1]);
        for (var metric : List.of("accuracy", "f1", "weightedRecall")) {
            evaluator.setMetricName(metric);
            assertThat(evaluator.evaluate(is.predicted))
                    .as(metric)
                    .isGreaterThan(evaluator.evaluate(due.predicted) - WORSE);
        }
        evaluator.setMetricName("logLoss");
        assertThat(evaluator.evaluate(is.predicted))
                .as("logLoss")
                .isLessThan(evaluator.evaluate(due.predicted) + MORE_LOSS);
        if (given.classes == 2 && !isWide(given)) {
            var area = new BinaryClassificationEvaluator().setRawPredictionCol(names[0]);
            assertThat(area.evaluate(is.predicted)).as("area").isGreaterThan(area.evaluate(due.predicted) - WORSE);
        }
        for (var row : is.predicted.select(names[1], names[2]).collectAsList()) {
            var p = row.<Vector>getAs(0);
            assertThat(Arrays.stream(p.toArray()).sum()).isCloseTo(1, within(1e-9));
            assertThat(p.argmax()).isEqualTo((int) row.getDouble(1));
        }
    }

    /** Whether labels are others than 0 and 1, of which Spark makes more classes. */
    private static boolean isWide(Given given) {
        return given.frame.filter("label > 1").count() > 0;
    }

    private static List<String> types(Dataset<Row> frame) {
        return Arrays.stream(frame.schema().fields())
                .map(field -> field.name() + " " + field.dataType().catalogString())
                .toList();
    }

    // Clusters

    private static void clusters(SplittableRandom random) {
        int k = 2 + random.nextInt(3);
        double origin = random.nextBoolean() ? 0 : Math.pow(10, 2 + random.nextInt(5));
        var data = new ArrayList<Row>();
        for (int i = 0; i < 400; i++) {
            int c = i % k;
            data.add(RowFactory.create(
                    origin + 10 * c + random.nextGaussian(),
                    origin + 10 * (c * c % 3) + random.nextGaussian(),
                    1.0 + i % 2));
        }
        var type = List.of("double", "float", "decimal(14,4)").get(origin > 1e4 ? 0 : random.nextInt(3));
        var plain = spark.createDataFrame(
                        data,
                        new StructType()
                                .add("a", DataTypes.DoubleType)
                                .add("b", DataTypes.DoubleType)
                                .add("w", DataTypes.DoubleType))
                .withColumn("a", functions.col("a").cast(type))
                .repartition(1 + random.nextInt(5));
        boolean asArrays = random.nextInt(3) == 0; // of a type without nulls, the only one that Spark's own takes
        var frame = asArrays
                ? plain.withColumn(
                        "features", functions.expr("array(coalesce(double(a), 0D), coalesce(double(b), 0D))"))
                : new VectorAssembler()
                        .setInputCols(new String[] {"a", "b"})
                        .setOutputCol("features")
                        .transform(plain);
        var theirs = new KMeans().setK(k).setSeed(1).setInitSteps(5);
        var ours =
                new ClusterEstimator().setK(k).setWorkers(1 + random.nextInt(2)).setDistanceCol("");
        if (random.nextBoolean()) {
            theirs.setWeightCol("w");
            ours.setWeightCol("w");
        }
        var due = theirs.fit(frame);
        var is = ours.fit(frame);
        assertThat(types(is.transform(frame))).isEqualTo(types(due.transform(frame)));
        assertThat(cost(is.transform(frame), is.clusterCenters()))
                .isLessThanOrEqualTo(1.02 * cost(due.transform(frame), due.clusterCenters()));
    }

    private static double cost(Dataset<Row> predicted, Vector[] centers) {
        double cost = 0;
        for (var row : predicted.select("a", "b", "prediction").collectAsList()) {
            var center = centers[row.getInt(2)];
            cost += Math.pow(((Number) row.get(0)).doubleValue() - center.apply(0), 2)
                    + Math.pow(((Number) row.get(1)).doubleValue() - center.apply(1), 2);
        }
        return cost;
    }

    // Ratings

    private static void factors(SplittableRandom random) {
        int users = 20 + random.nextInt(40);
        int items = 15 + random.nextInt(30);
        var data = new ArrayList<Row>();
        for (int i = 0; i < 3000; i++) {
            int user = random.nextInt(users);
            int item = random.nextInt(items);
            data.add(RowFactory.create(user, item, 3 + Math.sin(user) * Math.cos(item) + 0.1 * random.nextGaussian()));
        }
        var types = new String[] {"int", "bigint", "double", "smallint"};
        var frame = spark.createDataFrame(
                        data,
                        new StructType()
                                .add("user", DataTypes.IntegerType)
                                .add("item", DataTypes.IntegerType)
                                .add("rating", DataTypes.DoubleType))
                .withColumn("user", functions.col("user").cast(types[random.nextInt(4)]))
                .withColumn("item", functions.col("item").cast(types[random.nextInt(4)]))
                .withColumn("rating", functions.col("rating").cast(random.nextBoolean() ? "float" : "double"))
                .repartition(1 + random.nextInt(5));
        boolean isLacking = random.nextInt(4) == 0;
        var given = isLacking ? frame.withColumn("user", functions.expr("if(item = 3, null, user)")) : frame;
        var due = came(new ALS().setRank(4).setSeed(1).setMaxIter(8).setRegParam(0.05), given);
        var is = came(new FactorEstimator().setRank(4).setPasses(20).setWorkers(1 + random.nextInt(2)), given);
        if (due.predicted == null || is.predicted == null) {
            assertThat(is.error == null)
                    .as("ours: %s; Spark's: %s", is.error, due.error)
                    .isEqualTo(due.error == null);
            return;
        }
        assertThat(types(is.predicted.select("prediction"))).isEqualTo(types(due.predicted.select("prediction")));
        assertThat(types(is.predicted.drop("prediction"))).isEqualTo(types(given)); // Spark's ALS makes ids ints
        assertThat(rmse(is.predicted)).isLessThan(rmse(due.predicted) + 0.05);
    }

    private static double rmse(Dataset<Row> predicted) {
        return predicted
                .agg(functions.sqrt(functions.avg(functions.expr("(rating - prediction) * (rating - prediction)"))))
                .first()
                .getDouble(0);
    }
}
