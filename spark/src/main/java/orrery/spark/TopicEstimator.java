package orrery.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;
import orrery.data.DocumentOptions;
import orrery.data.TextWords;
import orrery.learn.topic.TopicModel;
import orrery.learn.topic.TopicModeling;
import orrery.learn.topic.TopicOptions;
import orrery.learn.topic.TopicSampler;
import orrery.store.Json;
import scala.Tuple2;

/**
 * Finds topics in documents of data frames by latent Dirichlet allocation; see {@link TopicModeling}. Documents are a column of
 * vectors, whose entries say how often each word occurs, as {@code CountVectorizer} makes them; or, by {@link #setTextCol}, of texts, or
 * of arrays of words. Counts by word go from member to member, so they are as the last word left them; under {@code ssp:N}, {@code
 * essp:N} and {@code asp} all share one table.
 */
public final class TopicEstimator extends FrameEstimator<TopicEstimator, TopicFrameModel> {
    private static final long serialVersionUID = 1;
    private static final int MOST_WORDS = 1 << 28; // of texts; more would not fit the driver

    private final Param<String> featuresCol;
    private final Param<String> textCol;
    private final IntParam k;
    private final IntParam maxIter;
    private final DoubleParam docConcentration;
    private final DoubleParam topicConcentration;
    private final Param<String> sampler;
    private final StringArrayParam vocabulary;
    private final Param<String> stopWords;
    private final BooleanParam bigrams;
    private final IntParam minDF;
    private final DoubleParam maxDF;
    private final Param<String> topicDistributionCol;
    private final Param<String> handleInvalid;

    /** 100 topics, 100 passes, of the column {@code features}, if nothing is said. */
    public TopicEstimator() {
        this(Identifiable$.MODULE$.randomUID("orrery-topics"));
    }

    /** The same with an identifier, as Spark makes it when it loads a pipeline. */
    public TopicEstimator(String uid) {
        super(uid);
        featuresCol = new Param<>(uid, "featuresCol", "the column of vectors: by word, how often a document has it");
        textCol = new Param<>(uid, "textCol", "the column of texts, or of arrays of words; empty for vectors");
        k = new IntParam(uid, "k", "how many topics");
        maxIter = new IntParam(uid, "maxIter", "passes over all words");
        docConcentration = new DoubleParam(
                uid, "docConcentration", "prior count of each topic in a document (alpha); 0 to find the likeliest");
        topicConcentration = new DoubleParam(uid, "topicConcentration", "prior count of each word in a topic (beta)");
        sampler = new Param<>(uid, "sampler", "how topics are drawn: exact, rotation, light or warp");
        vocabulary =
                new StringArrayParam(this, "vocabulary", "what the entries of vectors are called; empty for numbers");
        stopWords = new Param<>(uid, "stopWords", "of texts: none, english, or a file of words that are left out");
        bigrams =
                new BooleanParam(uid, "bigrams", "of texts: whether two words that follow each other are a word, too");
        minDF = new IntParam(
                uid,
                "minDF",
                "of texts: words in fewer documents are left out; 0 for 5 if there are 500 documents, else 1");
        maxDF = new DoubleParam(uid, "maxDF", "of texts: words in a larger part of all documents are left out");
        topicDistributionCol =
                new Param<>(uid, "topicDistributionCol", "the column of documents' topics, vectors; empty for none");
        handleInvalid = new Param<>(
                uid, "handleInvalid", "documents that are null: error, skip (left out), keep (they have no words)");
        setDefaults();
    }

    /** Reads an estimator that was saved. */
    public static MLReader<TopicEstimator> read() {
        return new DefaultParamsReader<>();
    }

    @Override
    void setOwnDefaults() {
        setDefault(featuresCol, "features");
        setDefault(textCol, "");
        setDefault(k, TopicOptions.DEFAULT.topics());
        setDefault(maxIter, TopicOptions.DEFAULT.iterations());
        setDefault(docConcentration, TopicOptions.DEFAULT.alpha());
        setDefault(topicConcentration, TopicOptions.DEFAULT.beta());
        setDefault(sampler, TopicOptions.DEFAULT.sampler().toString());
        setDefault(vocabulary, new String[0]);
        setDefault(stopWords, "english");
        setDefault(bigrams, false);
        setDefault(minDF, 0);
        setDefault(maxDF, DocumentOptions.MOST_OF_TEXTS);
        setDefault(topicDistributionCol, "topicDistribution");
        setDefault(handleInvalid, "error");
    }

    public Param<String> featuresCol() {
        return featuresCol;
    }

    public Param<String> textCol() {
        return textCol;
    }

    public IntParam k() {
        return k;
    }

    public IntParam maxIter() {
        return maxIter;
    }

    public DoubleParam docConcentration() {
        return docConcentration;
    }

    public DoubleParam topicConcentration() {
        return topicConcentration;
    }

    public Param<String> sampler() {
        return sampler;
    }

    public StringArrayParam vocabulary() {
        return vocabulary;
    }

    public Param<String> stopWords() {
        return stopWords;
    }

    public BooleanParam bigrams() {
        return bigrams;
    }

    public IntParam minDF() {
        return minDF;
    }

    public DoubleParam maxDF() {
        return maxDF;
    }

    public Param<String> topicDistributionCol() {
        return topicDistributionCol;
    }

    public Param<String> handleInvalid() {
        return handleInvalid;
    }

    /** A column of vectors, or arrays of numbers: by word, how often a document has it. */
    public TopicEstimator setFeaturesCol(String column) {
        return with(featuresCol, column);
    }

    /** A column of texts, or of arrays of words that were cut apart, in place of vectors. */
    public TopicEstimator setTextCol(String column) {
        return with(textCol, column);
    }

    public TopicEstimator setK(int topics) {
        return with(k, topics);
    }

    /** Passes over all words. */
    public TopicEstimator setMaxIter(int passes) {
        return with(maxIter, passes);
    }

    /** Prior count of each topic in a document; 0, as if nothing is said, to find the likeliest, which differ from topic to topic. */
    public TopicEstimator setDocConcentration(double alpha) {
        return with(docConcentration, alpha);
    }

    /** Prior count of each word in a topic. */
    public TopicEstimator setTopicConcentration(double beta) {
        return with(topicConcentration, beta);
    }

    /** {@code exact}, {@code rotation}, {@code light} or {@code warp}. */
    public TopicEstimator setSampler(String name) {
        return with(sampler, TopicSampler.parse(name).toString());
    }

    /** What the entries of vectors are called, such as {@code CountVectorizerModel.vocabulary()}. */
    public TopicEstimator setVocabulary(String... words) {
        return with(vocabulary, words.clone());
    }

    /** Words of texts that are left out: {@code none}, {@code english}, or a file with a word on each line. */
    public TopicEstimator setStopWords(String what) {
        return with(stopWords, what);
    }

    /** Whether two words that follow each other in a text are a word, too. */
    public TopicEstimator setBigrams(boolean are) {
        return with(bigrams, are);
    }

    /** Words that are in fewer texts are left out. */
    public TopicEstimator setMinDF(int documents) {
        return with(minDF, documents);
    }

    /** Words that are in a larger part of all texts are left out. */
    public TopicEstimator setMaxDF(double part) {
        return with(maxDF, part);
    }

    public TopicEstimator setTopicDistributionCol(String column) {
        return with(topicDistributionCol, column);
    }

    /** What becomes of documents that are null: {@code error}, {@code skip} (left out) or {@code keep} (they have no words). */
    public TopicEstimator setHandleInvalid(String how) {
        Invalid.parse(how);
        return with(handleInvalid, how);
    }

    private TopicOptions options() {
        return new TopicOptions(number(k), number(maxIter), (double) getOrDefault(docConcentration), (double)
                        getOrDefault(topicConcentration))
                .with(TopicSampler.parse(getOrDefault(sampler)));
    }

    private boolean areTexts() {
        return !getOrDefault(textCol).isEmpty();
    }

    /** The column of documents, found in a frame. */
    private Input input(StructType frame) {
        if (!areTexts()) {
            return Input.of(frame, getOrDefault(featuresCol), Input.As.VECTOR);
        }
        var input = Input.of(frame, getOrDefault(textCol), Input.As.TEXT);
        if (getOrDefault(vocabulary).length > 0) {
            throw new IllegalArgumentException(
                    "texts have their own words; setVocabulary names the entries of vectors, so leave one of the two out");
        }
        if (input.type() instanceof ArrayType && (boolean) getOrDefault(bigrams)) {
            throw new IllegalArgumentException(
                    "'" + input.name()
                            + "' has words that were cut apart: bigrams are made of texts; use Spark's NGram, or a column of texts");
        }
        return input;
    }

    @Override
    public StructType transformSchema(StructType frame) {
        options();
        Invalid.parse(getOrDefault(handleInvalid));
        double most = (double) getOrDefault(maxDF);
        if (number(minDF) < 0 || !(most > 0 && most <= 1)) {
            throw new IllegalArgumentException(
                    "minDF is a number of documents, and maxDF a part of all, above 0 and at most 1; got "
                            + number(minDF) + " and " + most);
        }
        input(frame);
        return TopicFrameModel.outputs(getOrDefault(topicDistributionCol)).addedTo(frame);
    }

    @Override
    TopicFrameModel train(Dataset<Row> frame, int members) throws IOException {
        var context = context(frame);
        var options = options();
        var input = input(frame.schema());
        var invalid = Invalid.parse(getOrDefault(handleInvalid));
        var all = frame.select(new Column[] {input.of(frame)}).toDF("document");
        var chosen = invalid == Invalid.SKIP ? all.filter("document is not null") : all;
        // dealt out the same to the last bit each time, as examples are
        var rows = chosen.repartition(members)
                .sortWithinPartitions(functions.xxhash64(chosen.col("document")))
                .javaRDD();
        var words = areTexts() ? ofTexts(rows, input) : DocumentWords.ofVectors(List.of(), 0);
        var rowsOf = new ArrayList<Long>();
        var contents = new ArrayList<Long>();
        var survey = survey(rows, words, rowsOf, contents);
        survey.check(input, invalid);
        if (!areTexts()) {
            words = ofVectors(survey.tokens().length);
        }
        var read = read(input, survey, words);
        System.getLogger(getClass().getName()).log(System.Logger.Level.INFO, () -> uid() + " reads " + read);
        try (var folder = folder(frame, members, survey.content());
                var sent = Sent.of(
                        context,
                        new TopicMember.Documents(
                                words, List.copyOf(rowsOf), List.copyOf(contents), survey.tokens()))) {
            var settings = settings(context, members, folder);
            var member = new TopicMember(options, sent, settings);
            var trained = run(context, rows, member, settings, folder, member::training);
            var learned = coherent(rows, sent, trained.model()).from(provenance(context, read));
            var model = new TopicFrameModel(uid(), learned);
            model.keep(summary(trained, survey.rows(), read));
            return copyValues(model, extractParamMap());
        }
    }

    private static WordSurvey survey(JavaRDD<Row> rows, DocumentWords words, List<Long> sizes, List<Long> contents) {
        try (var sent = Sent.of(JavaSparkContext.fromSparkContext(rows.context()), words)) {
            var parts = Explained.explaining(() -> rows.mapPartitions(
                            part -> List.of(WordSurvey.part(sent.value(), part)).iterator())
                    .collect());
            return WordSurvey.sum(parts, words.size(), sizes, contents);
        }
    }

    private DocumentWords ofVectors(int entries) throws DataException {
        var names = List.of(getOrDefault(vocabulary));
        if (!names.isEmpty() && names.size() != entries) {
            throw new DataException("the vocabulary has " + names.size() + " words, and vectors have " + entries
                    + " entries; give the one that they were made by");
        }
        return DocumentWords.ofVectors(names, entries);
    }

    /** The words of texts that are in enough of them, and not in too many; those that are in most come first. */
    private DocumentWords ofTexts(JavaRDD<Row> rows, Input input) throws IOException {
        var cut = TextWords.without(getOrDefault(stopWords), (boolean) getOrDefault(bigrams));
        long documents = Explained.explaining(rows::count);
        int usual = documents >= 100L * DocumentOptions.LEAST_OF_TEXTS ? DocumentOptions.LEAST_OF_TEXTS : 1;
        int least = number(minDF) > 0 ? number(minDF) : usual;
        double most = (double) getOrDefault(maxDF) * documents;
        var found = Explained.explaining(() -> rows.mapPartitionsToPair(part -> documentsOf(cut, part))
                .reduceByKey(Integer::sum)
                .filter(word -> word._2() >= least && word._2() <= most)
                .collect());
        if (found.isEmpty() && documents > 0) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "no word of '%s' is in %d documents or more and in no more than %.4g of all %,d; try setMinDF(1) and"
                            + " setMaxDF(1)",
                    input.name(),
                    least,
                    (double) getOrDefault(maxDF),
                    documents));
        }
        if (found.size() > MOST_WORDS) {
            throw new DataException("the texts have " + found.size() + " words; leave out rare ones by setMinDF");
        }
        return DocumentWords.ofTexts(
                cut,
                found.stream()
                        .sorted(Comparator.comparingInt((Tuple2<String, Integer> word) -> -word._2())
                                .thenComparing(Tuple2::_1))
                        .map(Tuple2::_1)
                        .toList());
    }

    /** By word of a part: how many documents have it. */
    private static Iterator<Tuple2<String, Integer>> documentsOf(TextWords cut, Iterator<Row> part) {
        var counts = new HashMap<String, Integer>();
        var ofDocument = new HashSet<String>();
        while (part.hasNext()) {
            @Nullable Object value = part.next().get(0);
            if (value != null) {
                ofDocument.clear();
                DocumentWords.cut(value, cut, ofDocument::add);
                ofDocument.forEach(word -> counts.merge(word, 1, Integer::sum));
            }
        }
        return counts.entrySet().stream()
                .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
                .iterator();
    }

    /** The model with the coherence of its topics, counted where the documents are. */
    private static TopicModel coherent(JavaRDD<Row> rows, Sent<TopicMember.Documents> sent, TopicModel model) {
        byte[] asked = Bytes.of(model.counting());
        var found = model.counting();
        Explained.explaining(() -> rows.mapPartitions(part -> {
                            var packing = sent.value().words().new Packing();
                            part.forEachRemaining(row -> packing.add(row.get(0)));
                            var counting = Bytes.<orrery.learn.topic.Coherence>value(asked);
                            return List.of(Bytes.of(counting.in(packing.pack(0))))
                                    .iterator();
                        })
                        .collect())
                .forEach(part -> found.plus(Bytes.value(part)));
        return model.measured(found);
    }

    private String read(Input input, WordSurvey survey, DocumentWords words) {
        var map = new java.util.TreeMap<String, Object>(Map.of(
                "format", "data frame", "documents", survey.rows(), "words", words.size(), "column", input.toString()));
        if (areTexts()) {
            map.put("stop words", getOrDefault(stopWords));
        }
        return Json.line(map);
    }
}
