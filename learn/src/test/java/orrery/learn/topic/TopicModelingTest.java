package orrery.learn.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Corpus;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.learn.InNodes;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.cells.CountRows;
import orrery.table.spec.Consistency;

/** Topics are those that words come from, counts are those of words, and a run is the same wherever it runs. */
@Timeout(120)
final class TopicModelingTest {
    private static final int TOPICS = 5;
    private static final int WORDS = 60;

    @TempDir
    Path folder = Path.of("");

    /** Documents of two of five topics each; a topic has 12 words of its own. */
    private static Loaded data(int count, long seed) {
        var random = new SplittableRandom(seed);
        var packer = new Examples.Packer();
        for (int d = 0; d < count; d++) {
            var counts = new int[WORDS];
            int length = random.nextInt(3) == 0 ? 3 : 20 + random.nextInt(60);
            for (int n = 0; n < length; n++) {
                int topic = (d + (random.nextInt(3) == 0 ? 1 : 0)) % TOPICS;
                counts[12 * topic + Math.min(random.nextInt(12), random.nextInt(12))]++;
            }
            for (int w = 0; w < WORDS; w++) {
                if (counts[w] > 0) {
                    packer.feature(w, counts[w]);
                }
            }
            packer.example(0, 1);
        }
        return new Loaded(
                packer.pack(WORDS), Schema.ofFeatures("libsvm", List.of(), List.of(), WORDS), Reading.of("made"));
    }

    private static TopicOptions options(int iterations) {
        return new TopicOptions(TOPICS, iterations, 0.1, 0.01);
    }

    private static TopicModel train(Loaded data, int iterations, Run run) throws Exception {
        return new TopicModeling(options(iterations)).prepare(data, run).run().model();
    }

    private static List<List<Integer>> bits(TopicModel model) {
        return List.of(
                Arrays.stream(model.starts()).boxed().toList(),
                Arrays.stream(model.topicOf()).boxed().toList(),
                Arrays.stream(model.countOf()).boxed().toList());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void topicsAreFound(int workers) throws Exception {
        var cuts = new ArrayList<RunEvent.CutReached>();
        var data = data(300, 1);
        var options = new TopicOptions(2 * TOPICS, 40, 0.1, 0.01); // with fewer, two may stay in one
        var run = Run.local(workers).listening(event -> {
            if (event instanceof RunEvent.CutReached cut) {
                cuts.add(cut);
            }
        });
        var model = new TopicModeling(options).prepare(data, run).run().model();
        long tokens = Arrays.stream(WordBlocks.count(Corpus.of(data))).sum();
        assertThat(Arrays.stream(model.totals()).asLongStream().sum()).isEqualTo(tokens);
        var found = new TreeSet<Integer>(); // groups of words that a topic is of
        for (var topic : model.top(4)) {
            if (topic.stream().map(entry -> entry.word() / 12).distinct().count() == 1) {
                found.add(topic.getFirst().word() / 12);
            }
        }
        assertThat(found).containsExactly(0, 1, 2, 3, 4);
        var first = cuts.getFirst().metrics();
        var last = cuts.getLast().metrics();
        assertThat(last.get(TopicModeling.LIKELIHOOD)).isGreaterThan(first.get(TopicModeling.LIKELIHOOD));
        assertThat(last.get(TopicModeling.LIKELIHOOD)).isCloseTo(likelihood(model, data), within(0.6));
        assertThat(last.get("totals.error")).isLessThan(workers == 1 ? 1e-9 : 0.2);
    }

    /** What the words' part of the likelihood and that of single-topic documents come to, roughly. */
    private static double likelihood(TopicModel model, Loaded data) {
        var scores = model.complete(data.examples());
        return scores.get("logLikelihood") - 0.5; // the topics themselves have to be said, too
    }

    @ParameterizedTest
    @CsvSource({
        "rotating, exact, 2, 1",
        "rotating:7, light, 3, 1",
        "ssp:0, light, 3, 1",
        "ssp:2, exact, 3, 1",
        "ssp:1, light, 4, 2",
        "ssp:2, exact, 4, 4",
        "essp:1, light, 4, 2",
        "essp:0, warp, 4, 4",
        "asp, rotation, 3, 3"
    })
    void countsAreThoseOfTheWords(String consistency, String sampler, int workers, int members) throws Exception {
        var data = data(100, 2);
        var options = options(7).with(TopicSampler.valueOf(sampler.toUpperCase(Locale.ROOT)));
        var likelihoods = new ArrayList<Double>();
        var run = Run.local(workers).with(Consistency.parse(consistency)).listening(event -> {
            if (event instanceof RunEvent.CutReached cut) {
                likelihoods.add(cut.metrics().getOrDefault(TopicModeling.LIKELIHOOD, 0.0));
            }
        });
        var nodes = new InNodes(
                members,
                run,
                member -> new TopicModeling(options).prepare(data, member).join());
        var training = new TopicModeling(options).prepare(data, members == 1 ? run : run.with(nodes));
        var model = training.run().model();
        assertThat(likelihoods.getLast()).isGreaterThan(likelihoods.getFirst());
        var due = WordBlocks.count(Corpus.of(data));
        for (int w = 0; w < WORDS; w++) {
            long sum = 0;
            for (int i = model.starts()[w]; i < model.starts()[w + 1]; i++) {
                sum += model.countOf()[i];
            }
            assertThat(sum).isEqualTo(due[w]);
        }
    }

    @Test
    void aRunIsTheSameAmongMembers() throws Exception {
        var data = data(80, 3);
        var due = train(data, 6, Run.local(4));
        assertThat(bits(train(data, 6, Run.local(4)))).isEqualTo(bits(due));
        for (int members = 2; members <= 4; members += 2) {
            var run = Run.local(4);
            var nodes = new InNodes(
                    members,
                    run,
                    member ->
                            new TopicModeling(options(6)).prepare(data, member).join());
            assertThat(bits(train(data, 6, run.with(nodes)))).isEqualTo(bits(due));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cut", "begin"})
    void aRunThatIsResumedHasTheSameBits(String when) throws Exception {
        var data = data(60, 4);
        var due = train(data, 13, Run.local(3));
        var checkpoints = Checkpoints.in(Storage.local(folder.resolve("kept")));
        var stopping = new AtomicReference<Job>();
        var run = Run.local(3).with(checkpoints).listening(event -> {
            if (when.equals("cut") ? event instanceof RunEvent.CutReached : event instanceof RunEvent.StageStarted) {
                stopping.get().stop();
            }
        });
        var first = new TopicModeling(options(13)).prepare(data, run);
        stopping.set(first.job());
        assertThat(first.run().outcome().status()).isEqualTo(Outcome.Status.STOPPED);
        var is = train(data, 13, Run.local(3).with(checkpoints.resuming()));
        assertThat(bits(is)).isEqualTo(bits(due));
    }

    /** What is in files and not in memory makes no difference but one of time. */
    @ParameterizedTest
    @EnumSource(TopicSampler.class)
    void blocksOfTheModelMayBeInFiles(TopicSampler sampler) throws Exception {
        var data = data(80, 10);
        var options = options(7).with(sampler);
        var cut = new AtomicReference<RunEvent.CutReached>();
        var run = Run.local(2).with(new Consistency.Rotating(12));
        var due = new TopicModeling(options).prepare(data, run).run().model();
        var pooled = new TopicModeling(options).with(new TopicMemory(1800, 0, folder.resolve("pool")));
        var heard = run.listening(event -> {
            if (event instanceof RunEvent.CutReached reached) {
                cut.set(reached);
            }
        });
        assertThat(bits(pooled.prepare(data, heard).run().model())).isEqualTo(bits(due));
        assertThat(cut.get().metrics().get("blocks.loaded")).isGreaterThan(12);
        // where all come from another member, and go to another
        var nodes = new InNodes(2, run, member -> pooled.prepare(data, member).join());
        assertThat(bits(pooled.prepare(data, heard.with(nodes)).run().model())).isEqualTo(bits(due));
        assertThat(cut.get().metrics().get("blocks.loaded")).isGreaterThan(2);
        var kept = Checkpoints.in(Storage.local(folder.resolve("pooled")));
        assertThat(bits(pooled.prepare(data, run.with(kept)).run().model())).isEqualTo(bits(due));
    }

    @ParameterizedTest
    @EnumSource(TopicSampler.class)
    void documentsMayBeInFiles(TopicSampler sampler) throws Exception {
        var data = data(300, 11);
        var options = new TopicOptions(2 * TOPICS, 20, 0, 0.01).with(sampler);
        var memory = new TopicMemory(4000, 2000 * TopicMemory.BYTES_OF_WORD, folder.resolve("documents"));
        var cuts = new ArrayList<RunEvent.CutReached>();
        var learner = new TopicModeling(options).with(memory);
        var is = learner.prepare(data, Run.local(2).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut) {
                        cuts.add(cut);
                    }
                }))
                .run()
                .model();
        assertThat(Arrays.stream(is.totals()).asLongStream().sum())
                .isEqualTo(Arrays.stream(WordBlocks.count(Corpus.of(data))).sum());
        assertThat(cuts.getLast().metrics().get(TopicModeling.LIKELIHOOD))
                .isGreaterThan(cuts.getFirst().metrics().get(TopicModeling.LIKELIHOOD));
        var inMemory =
                new TopicModeling(options).prepare(data, Run.local(2)).run().model();
        var other = data(100, 12).examples();
        assertThat(is.complete(other).get("perplexity"))
                .isCloseTo(inMemory.complete(other).get("perplexity"), withinPercentage(15));
        var nodes = new InNodes(
                2, Run.local(2), member -> learner.prepare(data, member).join());
        assertThat(bits(learner.prepare(data, Run.local(2).with(nodes)).run().model()))
                .isEqualTo(bits(is));
        assertThatThrownBy(() ->
                        learner.prepare(data, Run.local(2).with(Checkpoints.in(Storage.local(folder.resolve("none"))))))
                .hasMessageContaining("--checkpoint-every 0, or leave --out-of-core out");
    }

    /** Topics that few documents have get a smaller prior, and all workers and lives find the same. */
    @Test
    void priorsAreFound() throws Exception {
        var data = data(200, 8);
        var options = new TopicOptions(12, 30, 0, 0.01);
        var model = new TopicModeling(options).prepare(data, Run.local(3)).run().model();
        float least = Float.MAX_VALUE;
        float most = 0;
        for (float alpha : model.alpha()) {
            least = Math.min(least, alpha);
            most = Math.max(most, alpha);
        }
        assertThat(least).isPositive();
        assertThat(most).isGreaterThan(1.2f * least);
        var nodes = new InNodes(
                3,
                Run.local(3),
                member -> new TopicModeling(options).prepare(data, member).join());
        var among = new TopicModeling(options)
                .prepare(data, Run.local(3).with(nodes))
                .run()
                .model();
        assertThat(among.alpha()).isEqualTo(model.alpha());
        assertThat(bits(among)).isEqualTo(bits(model));
        var evenly = new TopicModeling(new TopicOptions(12, 30, 2, 0.01))
                .prepare(data, Run.local(3))
                .run()
                .model();
        var other = data(100, 9).examples();
        assertThat(model.complete(other).get("perplexity"))
                .isLessThan(evenly.complete(other).get("perplexity"));
    }

    @Test
    void psiIsTheDerivativeOfLogGamma() {
        for (double x : new double[] {0.01, 0.3, 1, 2.5, 7, 40, 1e4}) {
            double h = 1e-5 * x;
            assertThat(Priors.psi(x))
                    .isCloseTo((LogGamma.of(x + h) - LogGamma.of(x - h)) / (2 * h), within(1e-4 / x + 1e-6));
            for (long n : new long[] {0, 1, 10, 100, 1000}) {
                assertThat(Priors.rise(x, n)).isCloseTo(Priors.psi(x + n) - Priors.psi(x), within(1e-8 * (1 + 1 / x)));
                assertThat(new LogGamma(x).rise(n))
                        .isCloseTo(
                                LogGamma.of(x + n) - LogGamma.of(x), within(1e-9 * (1 + Math.abs(LogGamma.of(x + n)))));
            }
        }
    }

    @Test
    void aModelIsSavedAndLoaded() throws Exception {
        var data = data(50, 5);
        var model = train(data, 5, Run.local(1));
        var file = Place.of(folder.resolve("topics.safetensors"));
        model.save(file);
        var loaded = TopicModel.load(file);
        assertThat(bits(loaded)).isEqualTo(bits(model));
        assertThat(loaded.complete(data.examples())).isEqualTo(model.complete(data.examples()));
        assertThat(loaded.probability(3, 2)).isEqualTo(model.probability(3, 2));
    }

    @Test
    void wordsOfATopicHaveThatTopicAlone() throws Exception {
        var data = data(300, 6);
        var models = new ArrayList<TopicModel>(); // a chain may stay where two groups of words share a topic
        for (int seed = 1; seed <= 5; seed++) {
            models.add(train(data, 40, Run.local(1).withSeed(seed)));
        }
        var model = Collections.min(
                models,
                Comparator.comparing(some -> some.complete(data.examples()).get("perplexity")));
        var inference = model.inference();
        for (int group = 0; group < TOPICS; group++) {
            var mixture = inference
                    .document()
                    .word(12 * group, 10)
                    .word(12 * group + 1, 10)
                    .mixture();
            assertThat(Arrays.stream(mixture).sum()).isCloseTo(1, within(1e-6));
            assertThat(Arrays.stream(mixture).max().orElse(0)).isGreaterThan(0.9);
        }
        assertThat(Arrays.stream(inference.document().mixture()).max().orElse(0))
                .isCloseTo(0.2, within(1e-6));
    }

    @Test
    void whatIsNoCountIsRefused() {
        var packer = new Examples.Packer();
        packer.feature(0, 1).feature(1, 0.5f).example(0, 1);
        var data = new Loaded(packer.pack(2), Schema.ofFeatures("libsvm", List.of(), List.of(), 2), Reading.of("made"));
        assertThatThrownBy(() -> new TopicModeling(options(1)).prepare(data, Run.local(1)))
                .hasMessageStartingWith("document 1 has 0.5 of word '1': lda counts words");
    }

    // The sampler

    enum Kind {
        EXACT_BY_VECTORS,
        EXACT,
        ROTATION,
        LIGHT,
        WARP
    }

    /** Of a few words, all topics that they may have, each with its probability, against how often a long chain has them. */
    @ParameterizedTest
    @EnumSource(names = "WARP", mode = EnumSource.Mode.EXCLUDE)
    void theChainsDistributionIsTheExactOne(Kind kind) {
        int draws = 200_000;
        var due = exact();
        var seen = seen(kind, draws);
        double chi = 0;
        int freedom = 0;
        for (int s = 0; s < due.length; s++) {
            double expected = due[s] * draws;
            if (expected >= 5) {
                chi += (seen[s] - expected) * (seen[s] - expected) / expected;
                freedom++;
            }
        }
        // some 6 deviations above what is expected of independent draws, of which these are nearly as many
        assertThat(chi).isLessThan(1.15 * freedom + 6 * Math.sqrt(2.0 * freedom));
    }

    /** Of counts that are a sweep old, the distribution is near. */
    @Test
    void theDistributionOfDelayedCountsIsNear() {
        int draws = 200_000;
        var due = exact();
        var seen = seen(Kind.WARP, draws);
        double distance = 0;
        for (int s = 0; s < due.length; s++) {
            distance += Math.abs(seen[s] / (double) draws - due[s]) / 2;
        }
        assertThat(distance).isLessThan(0.15);
    }

    private static final int[][] FEW = {{0, 0, 1}, {1, 2}, {2, 0}}; // words by document
    private static final float[] FEW_ALPHA = {0.3f, 0.7f, 0.5f};
    private static final double FEW_BETA = 0.4;
    private static final int FEW_WORDS = 7;

    /** How often a chain has each state: the topics of all words. */
    private static int[] seen(Kind kind, int draws) {
        int topics = FEW_ALPHA.length;
        var places = new char[FEW_WORDS];
        int n = 0;
        for (int[] document : FEW) {
            for (int word : document) {
                places[n++] = (char) word;
            }
        }
        var starts = new int[] {0, 3, 5, 7};
        var words = new Assignments(
                starts, new int[FEW_WORDS], new int[kind == Kind.WARP ? FEW_WORDS : 0], new Assignments.Block[] {
                    new Assignments.Block(new int[] {0, 1, 2}, starts, new int[] {0, 3, 5}, places)
                });
        var rows = new CountRows(3, topics);
        var sampler = switch (kind) {
            case EXACT_BY_VECTORS -> Sampler.of(TopicSampler.EXACT, words, FEW_ALPHA, FEW_BETA, 3);
            case EXACT -> new ExactSampler(words, FEW_ALPHA, FEW_BETA, 3, new ScalarProducts());
            case ROTATION -> Sampler.of(TopicSampler.ROTATION, words, FEW_ALPHA, FEW_BETA, 3);
            case LIGHT -> Sampler.of(TopicSampler.LIGHT, words, FEW_ALPHA, FEW_BETA, 3);
            case WARP -> Sampler.of(TopicSampler.WARP, words, FEW_ALPHA, FEW_BETA, 3);
        };
        sampler.refresh(new int[topics]);
        sampler.draw(0, rows, true, 1);
        var seen = new int[(int) Math.pow(topics, FEW_WORDS)];
        int between = 3; // sweeps: so that one says little of the next
        for (int i = 0; i < draws * between; i++) {
            sampler.beginPass(RandomNumbers.mix(-i));
            sampler.draw(0, rows, false, RandomNumbers.mix(i));
            if (i % between == 0) {
                int state = 0;
                for (int topic : words.topics()) {
                    state = topics * state + topic;
                }
                seen[state]++;
            }
        }
        return seen;
    }

    private static double[] exact() {
        int[][] documents = FEW;
        float[] alpha = FEW_ALPHA;
        double beta = FEW_BETA;
        int topics = alpha.length;
        int states = (int) Math.pow(topics, FEW_WORDS);
        var all = new double[states];
        double sum = 0;
        for (int s = 0; s < states; s++) {
            int left = s;
            int n = Arrays.stream(documents).mapToInt(d -> d.length).sum();
            var topicOf = new int[n];
            for (int i = n - 1; i >= 0; i--) {
                topicOf[i] = left % topics;
                left /= topics;
            }
            double log = 0;
            var byWord = new int[3][topics];
            int at = 0;
            for (int[] document : documents) {
                var counts = new int[topics];
                for (int word : document) {
                    counts[topicOf[at]]++;
                    byWord[word][topicOf[at++]]++;
                }
                for (int k = 0; k < topics; k++) {
                    log += LogGamma.of(counts[k] + alpha[k]);
                }
            }
            for (int k = 0; k < topics; k++) {
                int total = 0;
                for (int w = 0; w < 3; w++) {
                    log += LogGamma.of(byWord[w][k] + beta);
                    total += byWord[w][k];
                }
                log -= LogGamma.of(total + 3 * beta);
            }
            all[s] = Math.exp(log);
            sum += all[s];
        }
        for (int s = 0; s < states; s++) {
            all[s] /= sum;
        }
        return all;
    }

    /** Vectors yield what one number after the other does, to the last bit. */
    @Test
    void productsAreTheSameByVectors() {
        if (!Products.hasVectors()) {
            return; // there are none
        }
        var random = new SplittableRandom(7);
        for (int i = 0; i < 3000; i++) {
            int topics = 1 + random.nextInt(300);
            int n = random.nextInt(topics + 1);
            var mass = new float[topics + Products.SUMS];
            for (int k = 0; k < topics; k++) {
                mass[k] = (float) random.nextDouble();
            }
            var narrow = new int[n + 40];
            var wide = new int[2 * (n + 40)];
            for (int e = 0; e < narrow.length; e++) { // what is behind the entries does not count
                int topic = random.nextInt(topics);
                int count = random.nextInt(4);
                narrow[e] = count == 0 ? 0 : (topic << 16) | count;
                wide[e] = topic;
                wide[n + 40 + e] = count;
            }
            var one = new ScalarProducts();
            var other = new VectorProducts();
            var due = new float[topics + Products.SUMS];
            var is = new float[topics + Products.SUMS];
            var dueSums = new float[Products.SUMS];
            var isSums = new float[Products.SUMS];
            one.narrow(narrow, 3, n, mass, due, dueSums, -1);
            assertThat(other.narrow(narrow, 3, n, mass, is, isSums, -1)).isEqualTo(-1);
            assertThat(Arrays.copyOf(is, n)).isEqualTo(Arrays.copyOf(due, n));
            assertThat(isSums).isEqualTo(dueSums);
            one.wide(wide, 3, n + 40, n, mass, due, dueSums, -1);
            other.wide(wide, 3, n + 40, n, mass, is, isSums, -1);
            assertThat(isSums).isEqualTo(dueSums);
            one.dense(wide, 3, n, mass, due, dueSums);
            other.dense(wide, 3, n, mass, is, isSums);
            assertThat(isSums).isEqualTo(dueSums);
        }
    }
}
