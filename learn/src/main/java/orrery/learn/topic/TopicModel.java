package orrery.learn.topic;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import orrery.data.Cache;
import orrery.data.Corpus;
import orrery.data.Examples;
import orrery.data.Schema;
import orrery.engine.train.Model;
import orrery.engine.train.ModelFile;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Safetensors.Tensor;
import orrery.table.cells.CountRows;

/**
 * Topics: how often each word has which topic.
 *
 * @param schema what features mean, which are words; other data is read by it
 * @param topics how many
 * @param alpha prior count of each topic in a document, by topic
 * @param beta prior count of each word in a topic
 * @param starts by word, where its entries begin; then their number
 * @param topicOf by entry, ascending within a word
 * @param countOf by entry
 * @param totals by topic: the words that have it
 * @param coherence by topic: how much its ten most frequent words occur together in the documents that it was found in, -1 to 1
 *     (normalised pointwise mutual information); not a number where that is not known
 * @param provenance where it comes from
 */
public record TopicModel(
        Schema schema,
        int topics,
        float[] alpha,
        double beta,
        int[] starts,
        int[] topicOf,
        int[] countOf,
        int[] totals,
        float[] coherence,
        Map<String, String> provenance)
        implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-topics-1";

    private static final int COHERENT_WORDS = 10;
    private static final int MOST_MEASURED =
            20_000; // topics whose coherence is measured: of more, most are too small for it

    /** How many words the vocabulary has. */
    public int words() {
        return starts.length - 1;
    }

    /** A word. */
    public String word(int number) {
        return schema.featureName(number);
    }

    /** The probability of a word in a topic. */
    public double probability(int word, int topic) {
        int at = Arrays.binarySearch(topicOf, starts[word], starts[word + 1], topic);
        return ((at < 0 ? 0 : countOf[at]) + beta) / (totals[topic] + words() * beta);
    }

    /** The topics of a document, and what they say of its words. Confined to one thread. */
    public Inference inference() {
        return new Inference(this);
    }

    /** A word of a topic, and how many of the topic's words it is. */
    public record Entry(int word, String text, int count, double probability) {}

    /** The most frequent words of each topic. */
    public List<List<Entry>> top(int most) {
        return top(IntStream.range(0, topics).boxed().toList(), most);
    }

    /** The most frequent words of some topics. */
    public List<List<Entry>> top(List<Integer> of, int most) {
        var asked = new int[topics];
        Arrays.fill(asked, -1);
        for (int i = 0; i < of.size(); i++) {
            asked[of.get(i)] = i;
        }
        var best = new int[of.size()][most]; // words, the least frequent of those kept last
        var counts = new int[of.size()][most];
        for (int w = 0; w < words(); w++) {
            for (int i = starts[w]; i < starts[w + 1]; i++) {
                int k = asked[topicOf[i]];
                int at = k < 0 ? 0 : most;
                while (at > 0 && counts[k][at - 1] < countOf[i]) {
                    at--;
                }
                if (k >= 0 && at < most) {
                    System.arraycopy(best[k], at, best[k], at + 1, most - at - 1);
                    System.arraycopy(counts[k], at, counts[k], at + 1, most - at - 1);
                    best[k][at] = w;
                    counts[k][at] = countOf[i];
                }
            }
        }
        return IntStream.range(0, of.size())
                .mapToObj(k -> IntStream.range(0, most)
                        .filter(i -> counts[k][i] > 0)
                        .mapToObj(i -> new Entry(
                                best[k][i],
                                word(best[k][i]),
                                counts[k][i],
                                (counts[k][i] + beta) / (totals[of.get(k)] + words() * beta)))
                        .toList())
                .toList();
    }

    /** Topics by their sizes, the largest first. */
    public List<Integer> bySize() {
        return IntStream.range(0, topics)
                .boxed()
                .sorted(Comparator.comparingInt((Integer k) -> -totals[k]).thenComparing(k -> k))
                .toList();
    }

    /**
     * How well the topics predict words that they have not seen: of each document every second word is given, and the others are
     * predicted (document completion; Wallach et al., "Evaluation Methods for Topic Models", ICML 2009).
     *
     * @return {@code perplexity}: the inverse of the geometric mean of the probabilities of the words to be predicted; {@code
     *     logLikelihood}, the mean of their logarithms; {@code words}, how many they are
     */
    public Map<String, Double> complete(Examples documents) {
        var inference = inference();
        double sum = 0;
        long predicted = 0;
        var cursor = documents.cursor();
        for (long d = 0; d < documents.size(); d++) {
            cursor.move(d);
            var document = inference.document();
            long position = 0;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                long count = (long) cursor.values()[k];
                long odd = (position + count) / 2 - position / 2; // of every two words one is given
                if (cursor.indices()[k] < words()) {
                    document.word(cursor.indices()[k], count - odd, odd);
                }
                position += count;
            }
            sum += document.logLikelihood();
            predicted += document.predicted();
        }
        var scores = new LinkedHashMap<String, Double>();
        scores.put("perplexity", Math.exp(-sum / predicted));
        scores.put("logLikelihood", sum / predicted);
        scores.put("words", (double) predicted);
        return scores;
    }

    /** The same, with the coherence of its topics in documents. */
    public TopicModel measuredOn(Corpus documents) {
        return measured(counting().in(documents));
    }

    /** What counts, in some documents, how often words occur together whose topics' coherence is to be measured. */
    public Coherence counting() {
        return new Coherence(
                topics > MOST_MEASURED
                        ? List.of()
                        : top(COHERENT_WORDS).stream()
                                .map(entries ->
                                        entries.stream().mapToInt(Entry::word).toArray())
                                .toList());
    }

    /** The same, with the coherence of its topics as {@link #counting} has found it. */
    public TopicModel measured(Coherence found) {
        return topics > MOST_MEASURED
                ? this
                : new TopicModel(
                        schema, topics, alpha, beta, starts, topicOf, countOf, totals, found.means(), provenance);
    }

    @Override
    public Map<String, String> provenance() {
        return provenance;
    }

    @Override
    public TopicModel from(Map<String, String> source) {
        return new TopicModel(schema, topics, alpha, beta, starts, topicOf, countOf, totals, coherence, source);
    }

    @Override
    public void save(Place file) throws IOException {
        var about = new LinkedHashMap<String, String>();
        about.put("topics", String.valueOf(topics));
        about.put("beta", String.valueOf(beta));
        about.put("schema", Json.line(schema.toMap()));
        ModelFile.write(
                file,
                FORMAT,
                about,
                provenance,
                List.of(
                        Tensor.floats("alpha", alpha),
                        Tensor.ints("counts.starts", starts),
                        Tensor.ints("counts.topics", topicOf),
                        Tensor.ints("counts.values", countOf),
                        Tensor.ints("totals", totals),
                        Tensor.floats("coherence", coherence),
                        Tensor.bytes("words", Cache.joinWords(schema.words()))));
    }

    /** Loads what was saved. */
    public static TopicModel load(Place file) throws IOException {
        try (var opened = ModelFile.open(file, FORMAT, "a topic model")) {
            var schema = Schema.fromMap(
                    Json.object(opened.metadata().getOrDefault("schema", ""), file + ", schema"),
                    Cache.splitWords(opened.bytes("words")),
                    file.toString());
            int topics = ModelFile.count(opened, "topics", file);
            double beta;
            try {
                beta = Double.parseDouble(opened.metadata().getOrDefault("beta", ""));
            } catch (NumberFormatException e) {
                throw new IOException(file + ": does not say its beta", e);
            }
            var model = new TopicModel(
                    schema,
                    topics,
                    ModelFile.finite(opened, "alpha"),
                    beta,
                    opened.ints("counts.starts"),
                    opened.ints("counts.topics"),
                    opened.ints("counts.values"),
                    opened.ints("totals"),
                    opened.floats("coherence"),
                    ModelFile.provenance(opened));
            model.check(file);
            return model;
        }
    }

    private void check(Place file) throws IOException {
        boolean isSound = alpha.length == topics
                && coherence.length == topics
                && totals.length == topics
                && starts.length > 0
                && starts[0] == 0
                && starts[words()] == topicOf.length
                && topicOf.length == countOf.length
                && beta > 0;
        var sums = new long[topics];
        for (int w = 0; isSound && w < words(); w++) {
            isSound = starts[w] <= starts[w + 1];
            for (int i = starts[w]; isSound && i < starts[w + 1]; i++) {
                isSound = topicOf[i] >= 0 && topicOf[i] < topics && countOf[i] > 0;
                if (isSound) {
                    sums[topicOf[i]] += countOf[i];
                }
            }
        }
        for (int k = 0; isSound && k < topics; k++) {
            isSound = sums[k] == totals[k];
        }
        if (!isSound) {
            throw new IOException(file + ": is damaged: its counts do not fit together");
        }
    }

    /** Makes a model, word by word: for counts that come from elsewhere. Confined to one thread. */
    public static final class Builder {
        private final Schema schema;
        private final TopicOptions options;
        private final int[] starts;
        private final int[] totals;
        private int[] topicOf = new int[1 << 10];
        private int[] countOf = new int[1 << 10];
        private int entries;
        private int word;

        /** @param words how many there are; what they have comes word after word */
        public Builder(Schema schema, int words, TopicOptions options) {
            this.schema = schema;
            this.options = options;
            starts = new int[words + 1];
            totals = new int[options.topics()];
        }

        /** Words come in any order. */
        Builder(Schema schema, int[] starts, TopicOptions options) {
            this.schema = schema;
            this.options = options;
            this.starts = starts;
            totals = new int[options.topics()];
            topicOf = new int[starts[starts.length - 1]];
            countOf = new int[topicOf.length];
        }

        /** Says what a word has, which must be as much as was said of it. */
        void word(int word, CountRows rows, int row) {
            entries = starts[word];
            this.word = word;
            var sorted = new long[rows.nonZeros(row)];
            var at = new int[1];
            rows.forEach(row, (topic, count) -> sorted[at[0]++] = ((long) topic << Integer.SIZE) | count);
            Arrays.sort(sorted);
            for (long entry : sorted) {
                topicOf[entries] = (int) (entry >>> Integer.SIZE);
                countOf[entries] = (int) entry;
                totals[topicOf[entries]] += countOf[entries];
                entries++;
            }
        }

        /** Says how often the word under way has a topic; topics come in any order, each once. */
        public void count(int topic, int count) {
            if (entries == topicOf.length) {
                int more = Math.addExact(entries, Math.max(1, entries >> 1));
                topicOf = Arrays.copyOf(topicOf, more);
                countOf = Arrays.copyOf(countOf, more);
            }
            int at = entries++;
            while (at > starts[word] && topicOf[at - 1] > topic) { // ascending within a word
                topicOf[at] = topicOf[at - 1];
                countOf[at] = countOf[at - 1];
                at--;
            }
            topicOf[at] = topic;
            countOf[at] = count;
            totals[topic] += count;
        }

        /** The next word begins. */
        public void endWord() {
            starts[++word] = entries;
        }

        /**
         * The model of all words.
         *
         * @param alpha by topic
         */
        public TopicModel build(float[] alpha) {
            var unknown = new float[options.topics()];
            Arrays.fill(unknown, Float.NaN);
            return new TopicModel(
                    schema,
                    options.topics(),
                    alpha,
                    options.beta(),
                    starts,
                    topicOf.length == starts[starts.length - 1] ? topicOf : Arrays.copyOf(topicOf, entries),
                    countOf.length == starts[starts.length - 1] ? countOf : Arrays.copyOf(countOf, entries),
                    totals,
                    unknown,
                    Map.of());
        }
    }
}
