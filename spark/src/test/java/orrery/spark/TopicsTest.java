package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.CountVectorizer;
import org.apache.spark.ml.feature.Tokenizer;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.learn.topic.TopicModel;
import orrery.store.Place;

/** Topics of documents in data frames. */
@Timeout(120)
final class TopicsTest {
    private static final String[][] GROUPS = {
        {"orbit", "planet", "comet", "moon", "star", "galaxy"},
        {"flour", "butter", "sugar", "oven", "dough", "yeast"},
        {"goal", "keeper", "league", "striker", "penalty", "referee"},
    };

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

    /** Documents of one group each, in the order of their numbers. */
    private static List<Row> texts(int count, long seed) {
        var random = new SplittableRandom(seed);
        var rows = new ArrayList<Row>();
        for (int d = 0; d < count; d++) {
            var words = new StringBuilder("The ");
            for (int n = 0; n < 12; n++) {
                var group = GROUPS[d % GROUPS.length];
                words.append(group[random.nextInt(group.length)]).append(n % 3 == 0 ? ", and " : " ");
            }
            rows.add(RowFactory.create(d, words.toString()));
        }
        return rows;
    }

    private static Dataset<Row> frame(int count, long seed) {
        return frame(spark, count, seed);
    }

    static Dataset<Row> frame(SparkSession spark, int count, long seed) {
        return spark.createDataFrame(
                texts(count, seed),
                new StructType().add("id", DataTypes.IntegerType).add("text", DataTypes.StringType));
    }

    static TopicEstimator estimator(int workers) {
        return new TopicEstimator()
                .setTextCol("text")
                .setK(3)
                .setMaxIter(40)
                .setWorkers(workers)
                .setSlotLimit(Duration.ofSeconds(20));
    }

    private static int largest(Vector mixture) {
        return mixture.argmax();
    }

    /** Whether documents of a group have the same largest topic, and those of different groups different ones. */
    private static void assertFindsGroups(Dataset<Row> predicted) {
        var rows = predicted.select("id", "topicDistribution").collectAsList();
        var of = new int[GROUPS.length];
        Arrays.fill(of, -1);
        for (var row : rows) {
            Vector mixture = row.getAs(1);
            assertThat(Arrays.stream(mixture.toArray()).sum()).isCloseTo(1, within(1e-6));
            int group = row.getInt(0) % GROUPS.length;
            of[group] = of[group] < 0 ? largest(mixture) : of[group];
            assertThat(largest(mixture)).isEqualTo(of[group]);
        }
        assertThat(Arrays.stream(of).distinct().count()).isEqualTo(GROUPS.length);
    }

    @Test
    void findsTheTopicsOfTexts() {
        var model = estimator(3).fit(frame(300, 1));
        assertFindsGroups(model.transform(frame(60, 2)));
        assertThat(model.vocabulary())
                .containsExactlyInAnyOrder(
                        Arrays.stream(GROUPS).flatMap(Arrays::stream).toArray(String[]::new));
        for (var topic : model.describeTopics(6).collectAsList()) {
            var terms = topic.<String>getList(4);
            assertThat(Arrays.stream(GROUPS).map(List::of)).anyMatch(group -> group.containsAll(terms));
            // coherence of ten words, of which six are of the group and the others are strays, if there are any
            assertThat(topic.getDouble(2)).isBetween(-1.0, 1.0);
        }
        assertThat(model.complete(frame(60, 3)).get("perplexity")).isBetween(5.0, 9.0); // six words are as probable
        assertThat(model.summary().objectiveHistory()).hasSizeGreaterThan(2);
    }

    /** Where all share the counts, what is found depends on who comes first; no word is lost, and much is learned. */
    @ParameterizedTest
    @ValueSource(strings = {"ssp:2", "essp:2", "asp"})
    void findsTopicsOnSharedCounts(String consistency) {
        var model = estimator(3).setConsistency(consistency).fit(frame(300, 1));
        assertThat(Arrays.stream(model.model().totals()).sum()).isEqualTo(300 * 12);
        assertThat(model.complete(frame(60, 3)).get("perplexity")).isBetween(5.0, 14.0); // of 18 words
    }

    /** Every word is counted once, and a second fit gives the same model. */
    @Test
    void countsAreExactAndRepeat() {
        var frame = frame(200, 4);
        var topics = estimator(3).setMinDF(1).setMaxIter(6);
        var model = topics.fit(frame).model();
        assertThat(Arrays.stream(model.totals()).sum()).isEqualTo(200 * 12);
        var again = topics.fit(frame).model();
        assertThat(again.topicOf()).isEqualTo(model.topicOf());
        assertThat(again.countOf()).isEqualTo(model.countOf());
        assertThat(again.coherence()).isEqualTo(model.coherence());
    }

    /** Spark's own tokenizer and count vectors, within a pipeline that is saved; and words that were cut apart. */
    @Test
    void findsTheTopicsOfVectors() throws Exception {
        var frame = frame(300, 5);
        var pipeline = new Pipeline().setStages(new PipelineStage[] {
            new Tokenizer().setInputCol("text").setOutputCol("words"),
            new CountVectorizer().setInputCol("words").setOutputCol("features"),
            estimator(2).setTextCol("").setK(4)
        });
        var model = pipeline.fit(frame);
        var place = folder.resolve("pipeline").toUri().toString();
        model.write().save(place);
        var other = frame(40, 6);
        assertThat(PipelineModel.load(place)
                        .transform(other)
                        .select("topicDistribution")
                        .collectAsList())
                .isEqualTo(model.transform(other).select("topicDistribution").collectAsList());
        var words = new Tokenizer().setInputCol("text").setOutputCol("words").transform(frame);
        var ofWords = estimator(2).setTextCol("words").setMaxDF(0.4).fit(words);
        assertThat(ofWords.vocabulary()).contains("orbit").doesNotContain("the");
    }

    /** A model's file is one that every Orrery reads, and one of Orrery's is a model. */
    @Test
    void modelsAreFiles() throws Exception {
        var model = estimator(2).fit(frame(200, 7));
        var file = folder.resolve("topics.safetensors").toUri().toString();
        model.saveFile(file);
        assertThat(TopicModel.load(new Place(file)).countOf())
                .isEqualTo(model.model().countOf());
        var loaded = TopicFrameModel.load(file).setTextCol("text");
        var other = frame(30, 8);
        assertThat(loaded.transform(other).collectAsList())
                .isEqualTo(model.transform(other).collectAsList());
    }

    @Test
    void twoWordsMayBeOne() {
        var model = estimator(2).setBigrams(true).setMinDF(3).fit(frame(300, 9));
        assertThat(model.vocabulary()).anyMatch(word -> word.contains("_"));
        assertFindsGroups(model.transform(frame(60, 10)));
    }

    private static Dataset<Row> vectors(@Nullable Vector... vectors) {
        return spark.createDataFrame(
                Arrays.stream(vectors).map(v -> RowFactory.create(v)).toList(),
                new StructType().add("features", SQLDataTypes.VectorType()));
    }

    @Test
    void saysWhatIsNoDocument() {
        var topics = new TopicEstimator().setK(2).setMaxIter(2).setWorkers(2);
        assertThatThrownBy(() -> topics.fit(vectors(Vectors.dense(1, 0.5), Vectors.dense(1, 2))))
                .hasMessageContaining("no counts in 1 of 2 rows")
                .hasMessageContaining("0.5 of word 1")
                .hasMessageContaining("CountVectorizer");
        assertThatThrownBy(() -> topics.fit(vectors(Vectors.dense(1, 2), null)))
                .hasMessageContaining("null in 1 of 2 rows")
                .hasMessageContaining("setHandleInvalid");
        assertThatThrownBy(() -> topics.fit(vectors(Vectors.dense(1, 2), Vectors.dense(1, 2, 3))))
                .hasMessageContaining("not all vectors");
        assertThatThrownBy(() -> topics.fit(vectors(Vectors.dense(0, 0), Vectors.dense(0, 0))))
                .hasMessageContaining("no words");
        assertThatThrownBy(() -> topics.copy(new org.apache.spark.ml.param.ParamMap())
                        .setVocabulary("one")
                        .fit(vectors(Vectors.dense(1, 2))))
                .hasMessageContaining("the vocabulary has 1 words, and vectors have 2 entries");
        assertThatThrownBy(() -> estimator(2).setTextCol("id").fit(frame(10, 1)))
                .hasMessageContaining("cast it");
        assertThatThrownBy(() -> estimator(2).setMinDF(100).fit(frame(10, 1)))
                .hasMessageContaining("is in 100 documents or more");
        assertThatThrownBy(() -> new TopicEstimator().setSampler("gibbs")).hasMessageContaining("exact, rotation");
        var model = topics.fit(vectors(Vectors.dense(1, 2), Vectors.dense(3, 4)));
        assertThatThrownBy(
                        () -> model.transform(vectors(Vectors.dense(1, 2, 3))).collectAsList())
                .hasStackTraceContaining("has 3 entries in a row, the model was trained on 2");
        assertThatThrownBy(() -> model.setTextCol("text").transform(frame(3, 1)))
                .hasMessageContaining("words by their numbers");
        var skipping = new TopicEstimator().setK(2).setMaxIter(2).setWorkers(2).setHandleInvalid("skip");
        var skipped = skipping.fit(vectors(Vectors.dense(1, 2), null, Vectors.dense(3, 4)));
        assertThat(Arrays.stream(skipped.model().totals()).sum()).isEqualTo(10);
        assertThat(skipped.transform(vectors(Vectors.dense(1, 2), null)).count())
                .isEqualTo(1);
    }
}
