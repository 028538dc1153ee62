package orrery.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import orrery.data.TextWords;
import orrery.learn.topic.Inference;
import orrery.learn.topic.TopicModel;

/**
 * Topics for data frames of documents. Adds {@code topicDistribution}, a vector of each topic's part of the document, by the name that
 * a parameter gives it. Words that the model does not know are left out; a document without any has the topics that documents have
 * before anything is known of them.
 */
public final class TopicFrameModel extends FrameModel<TopicFrameModel, TopicModel> {
    private static final long serialVersionUID = 1;

    private final Param<String> featuresCol;
    private final Param<String> textCol;
    private final Param<String> stopWords;
    private final BooleanParam bigrams;
    private final Param<String> topicDistributionCol;
    private final Param<String> handleInvalid;

    TopicFrameModel(String uid, TopicModel model) {
        super(uid, model);
        featuresCol = new Param<>(uid, "featuresCol", "the column of vectors: by word, how often a document has it");
        textCol = new Param<>(uid, "textCol", "the column of texts, or of arrays of words; empty for vectors");
        stopWords = new Param<>(uid, "stopWords", "of texts: none, english, or a file of words that are left out");
        bigrams =
                new BooleanParam(uid, "bigrams", "of texts: whether two words that follow each other are a word, too");
        topicDistributionCol = new Param<>(uid, "topicDistributionCol", "the column of documents' topics, vectors");
        handleInvalid = new Param<>(
                uid, "handleInvalid", "documents that are null: error, skip (left out), keep (they have no words)");
        setDefault(featuresCol, "features");
        setDefault(textCol, "");
        setDefault(stopWords, "english");
        setDefault(bigrams, model.schema().words().stream().anyMatch(word -> word.indexOf('_') > 0));
        setDefault(topicDistributionCol, "topicDistribution");
        setDefault(handleInvalid, "error");
    }

    /** Reads models: those that were saved, and files of topics of any documents. */
    public static MLReader<TopicFrameModel> read() {
        return reader(TopicModel::load, TopicFrameModel::new);
    }

    /** Loads what {@code save} has saved, or a file of Orrery's. */
    public static TopicFrameModel load(String place) {
        return read().load(place);
    }

    public Param<String> featuresCol() {
        return featuresCol;
    }

    public Param<String> textCol() {
        return textCol;
    }

    public Param<String> stopWords() {
        return stopWords;
    }

    public BooleanParam bigrams() {
        return bigrams;
    }

    public Param<String> topicDistributionCol() {
        return topicDistributionCol;
    }

    public Param<String> handleInvalid() {
        return handleInvalid;
    }

    public TopicFrameModel setFeaturesCol(String column) {
        set(featuresCol, column);
        return this;
    }

    /** A column of texts, or of arrays of words; of a model whose words have names. */
    public TopicFrameModel setTextCol(String column) {
        set(textCol, column);
        return this;
    }

    public TopicFrameModel setTopicDistributionCol(String column) {
        set(topicDistributionCol, column);
        return this;
    }

    /** What becomes of documents that are null: {@code error}, {@code skip} (left out) or {@code keep} (they have no words). */
    public TopicFrameModel setHandleInvalid(String how) {
        Invalid.parse(how);
        set(handleInvalid, how);
        return this;
    }

    /** How many words the vocabulary has. */
    public int vocabSize() {
        return model().words();
    }

    /** The words by their numbers; of a model of vectors without names, these. */
    public String[] vocabulary() {
        return IntStream.range(0, model().words()).mapToObj(model()::word).toArray(String[]::new);
    }

    /** The prior count of each topic in a document. */
    public Vector estimatedDocConcentration() {
        float[] alpha = model().alpha();
        return Vectors.dense(
                IntStream.range(0, alpha.length).mapToDouble(i -> alpha[i]).toArray());
    }

    /**
     * The topics, each with its most frequent words.
     *
     * @return {@code topic}, its number; {@code size}, how many words have it; {@code coherence}, -1 to 1; {@code termIndices},
     *     {@code terms} and {@code termWeights}, the words' numbers, names and probabilities, the most frequent first
     */
    public Dataset<Row> describeTopics(int maxTermsPerTopic) {
        var model = model();
        var rows = new ArrayList<Row>();
        var top = model.top(maxTermsPerTopic);
        for (int topic = 0; topic < model.topics(); topic++) {
            var entries = top.get(topic);
            rows.add(RowFactory.create(
                    topic,
                    (long) model.totals()[topic],
                    (double) model.coherence()[topic],
                    entries.stream().map(TopicModel.Entry::word).toList(),
                    entries.stream().map(TopicModel.Entry::text).toList(),
                    entries.stream().map(TopicModel.Entry::probability).toList()));
        }
        return SparkSession.active()
                .createDataFrame(
                        rows,
                        new StructType()
                                .add("topic", DataTypes.IntegerType)
                                .add("size", DataTypes.LongType)
                                .add("coherence", DataTypes.DoubleType)
                                .add("termIndices", DataTypes.createArrayType(DataTypes.IntegerType))
                                .add("terms", DataTypes.createArrayType(DataTypes.StringType))
                                .add("termWeights", DataTypes.createArrayType(DataTypes.DoubleType)));
    }

    /** The same with ten words of each. */
    public Dataset<Row> describeTopics() {
        return describeTopics(10);
    }

    /**
     * How well the topics predict words of other documents; see {@link TopicModel#complete}.
     *
     * @return {@code perplexity}, {@code logLikelihood} by word, and {@code words}, how many were predicted
     */
    public Map<String, Double> complete(Dataset<?> documents) {
        var frame = documents.toDF();
        var input = input(frame.schema());
        var words = words();
        var invalid = Invalid.parse(getOrDefault(handleInvalid));
        Sent<TopicModel> model = sent(frame.sparkSession());
        try (var cut = Sent.of(context(frame.sparkSession()), words)) {
            var sums = Explained.explaining(() -> frame.select(new Column[] {input.of(frame)})
                    .javaRDD()
                    .mapPartitions(part -> {
                        var known = cut.value();
                        var packing = known.new Packing();
                        while (part.hasNext()) {
                            @Nullable Object value = part.next().get(0);
                            if (value != null || invalid != Invalid.SKIP) {
                                check(value, known, invalid, input.name());
                                packing.add(value);
                            }
                        }
                        var of = model.value().complete(packing.packed());
                        double predicted = of.getOrDefault("words", 0.0);
                        double sum = predicted == 0 ? 0 : predicted * of.getOrDefault("logLikelihood", 0.0);
                        return List.of(new double[] {sum, predicted}).iterator();
                    })
                    .collect());
            double sum = sums.stream().mapToDouble(part -> part[0]).sum();
            double predicted = sums.stream().mapToDouble(part -> part[1]).sum();
            var scores = new LinkedHashMap<String, Double>();
            scores.put("perplexity", Math.exp(-sum / predicted));
            scores.put("logLikelihood", sum / predicted);
            scores.put("words", predicted);
            return scores;
        }
    }

    @Override
    TopicFrameModel again() {
        return new TopicFrameModel(uid(), model());
    }

    static Outputs outputs(String topics) {
        return new Outputs().with(topics, SQLDataTypes.VectorType());
    }

    private boolean areTexts() {
        return !getOrDefault(textCol).isEmpty();
    }

    private Input input(StructType frame) {
        var input = areTexts()
                ? Input.ofModel(frame, getOrDefault(textCol), Input.As.TEXT)
                : Input.ofModel(frame, getOrDefault(featuresCol), Input.As.VECTOR);
        if (areTexts() && model().schema().words().isEmpty()) {
            throw new IllegalArgumentException("the model knows words by their numbers, and '" + input.name()
                    + "' has texts; fit with setTextCol, or with setVocabulary, or give vectors");
        }
        if (input.entries() >= 0 && input.entries() != model().words()) {
            throw new IllegalArgumentException("the vectors '" + input.name() + "' have " + input.entries()
                    + " entries, the model was trained on " + model().words());
        }
        return input;
    }

    private DocumentWords words() {
        var names = model().schema().words();
        if (!areTexts()) {
            return DocumentWords.ofVectors(names, model().words());
        }
        boolean areTwo = (boolean) getOrDefault(bigrams);
        try { // words that are left out are unknown anyway: only between which two words one stood matters
            return DocumentWords.ofTexts(TextWords.without(areTwo ? getOrDefault(stopWords) : "none", areTwo), names);
        } catch (IOException e) {
            throw new UncheckedIOException("the stop words: " + e.getMessage(), e);
        }
    }

    @Override
    public StructType transformSchema(StructType frame) {
        input(frame);
        return outputs(getOrDefault(topicDistributionCol)).addedTo(frame);
    }

    @Override
    Dataset<Row> predict(Dataset<Row> given) {
        var input = input(given.schema());
        var invalid = Invalid.parse(getOrDefault(handleInvalid));
        var frame = invalid == Invalid.SKIP ? given.filter(input.of(given).isNotNull()) : given;
        if (getOrDefault(topicDistributionCol).isEmpty()) {
            return frame;
        }
        var mixture = new Mixture(
                sent(frame.sparkSession()), Sent.of(context(frame.sparkSession()), words()), invalid, input.name());
        return frame.withColumn(
                getOrDefault(topicDistributionCol),
                functions.udf(mixture, SQLDataTypes.VectorType()).apply(input.of(frame)));
    }

    /** Refuses what is no document. */
    private static void check(@Nullable Object value, DocumentWords words, Invalid invalid, String name) {
        if (value == null) {
            if (invalid == Invalid.ERROR) {
                throw new IllegalArgumentException("'" + name
                        + "' is null in a row; setHandleInvalid(\"skip\") leaves such rows out, \"keep\" takes them for"
                        + " documents without words");
            }
            return;
        }
        words.check(value, name);
    }

    /** The topics of a document. */
    private static final class Mixture implements UDF1<Object, Vector> {
        private static final long serialVersionUID = 1;
        private final Sent<TopicModel> model;
        private final Sent<DocumentWords> words;
        private final Invalid invalid;
        private final String name;

        @SuppressWarnings("ThreadLocalUsage") // of one task: an instance is made for each
        private transient volatile @Nullable ThreadLocal<Inference> mine;

        Mixture(Sent<TopicModel> model, Sent<DocumentWords> words, Invalid invalid, String name) {
            this.model = model;
            this.words = words;
            this.invalid = invalid;
            this.name = name;
        }

        @Override
        public Vector call(@Nullable Object value) {
            var known = words.value();
            check(value, known, invalid, name);
            var inference = inference().document();
            known.of(value, (word, count) -> inference.word(word, (long) count));
            return Vectors.dense(inference.mixture().clone());
        }

        private Inference inference() {
            var known = mine;
            if (known == null) {
                known = ThreadLocal.withInitial(() -> model.value().inference());
                mine = known;
            }
            return known.get();
        }
    }
}
