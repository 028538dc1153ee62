package orrery.app.apps.topic;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import orrery.app.apps.Application;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.HoldOutFlags;
import orrery.app.flags.UsageException;
import orrery.app.run.Shown;
import orrery.data.Corpus;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.engine.train.Trained;
import orrery.engine.train.Training;
import orrery.learn.topic.TopicModel;
import orrery.learn.topic.TopicModeling;
import orrery.learn.topic.TopicOptions;
import orrery.store.Place;
import orrery.store.Printable;

/** lda. */
public final class TopicApplication implements Application {
    /** Of more documents topics, places and lists are in memory, but not the documents themselves: 8 bytes a count. */
    private static final long MOST_COUNTS_IN_MEMORY = 1 << 23;

    private static final int SHOWN_TOPICS = 20;
    private static final int SHOWN_WORDS = 8;

    @Override
    public String name() {
        return "lda";
    }

    @Override
    public String summary() {
        return "finds the topics of documents by latent Dirichlet allocation";
    }

    @Override
    public String data() {
        return "counts of words (docword, libsvm, lda-c), or texts (CSV, TSV, Parquet, a folder)";
    }

    @Override
    public String counted() {
        return "words";
    }

    @Override
    public List<String> examples() {
        return List.of(
                "train lda jdk-words --topics 50",
                "train lda reviews.csv --text review --topics 50",
                "train lda docword.kos.txt --vocabulary vocab.kos.txt --topics 100 --split 0.1");
    }

    @Override
    public String format() {
        return TopicModel.FORMAT;
    }

    @Override
    public Flags flags() {
        var reading = new DocumentFlags();
        var holdOut = new HoldOutFlags();
        var topics = new TopicFlags();
        var search = new TopicFlags.Search();
        var memory = new MemoryFlags();
        return new Flags() {
            @Override
            public List<FlagGroup> groups() {
                return List.of(
                        new FlagGroup(FlagGroup.DATA, reading),
                        new FlagGroup(FlagGroup.DATA, holdOut),
                        new FlagGroup(FlagGroup.DATA, memory),
                        new FlagGroup(FlagGroup.MODEL, topics),
                        new FlagGroup(FlagGroup.OPTIMISER, search));
            }

            @Override
            public Application.Task<TopicModel> task(Given given) {
                holdOut.check();
                reading.options();
                memory.check(holdOut);
                return new Task(topics.options(search), reading, holdOut, memory);
            }
        };
    }

    private static final class Task implements Application.Task<TopicModel> {
        private final TopicModeling learner;
        private final TopicOptions options;
        private final DocumentFlags reading;
        private final HoldOutFlags holdOut;
        private final MemoryFlags memory;
        private Optional<Corpus> train = Optional.empty();
        private Optional<Examples> test = Optional.empty();
        private double likelihood = Double.NaN; // of the last cut

        Task(TopicOptions options, DocumentFlags reading, HoldOutFlags holdOut, MemoryFlags memory) {
            this.options = options;
            this.memory = memory;
            learner = new TopicModeling(options).with(memory.memory());
            this.reading = reading;
            this.holdOut = holdOut;
        }

        @Override
        public String read(String name, long seed) throws IOException {
            if (memory.outOfCore) {
                train = Optional.of(reading.data().corpus(name, reading.options(), memory.folder()));
            } else {
                var all = reading.data().documents(name, reading.options());
                train = Optional.of(Corpus.of(all));
                if (holdOut.split != null) {
                    var parts = all.examples().split(holdOut.split, seed);
                    if (parts.test().size() == 0 || parts.train().size() == 0) {
                        throw new DataException("--split " + holdOut.split + " of "
                                + all.examples().size() + " documents leaves none on one side");
                    }
                    train = Optional.of(Corpus.of(new Loaded(parts.train(), all.schema(), all.reading())));
                    test = Optional.of(parts.test());
                }
            }
            if (holdOut.test != null) {
                test = Optional.of(reading.data()
                        .documentsLike(holdOut.test, train.get().schema(), reading.options())
                        .examples());
            }
            if (!memory.outOfCore && train.get().counts() > MOST_COUNTS_IN_MEMORY) {
                train = Optional.of(train.get().inFile(memory.folder()));
            }
            var of = train.get();
            return said(of.documents(), of.words(), of.counts())
                    + test.map(some -> "; test: " + said(some.size(), some.features(), some.nonZeros()))
                            .orElse("");
        }

        private static String said(long documents, int words, long counts) {
            return documents + " documents, " + words + " words, " + counts + " counts";
        }

        @Override
        public Reading reading() {
            return train.orElseThrow().reading();
        }

        @Override
        public String dataSum() {
            return train.orElseThrow().sum();
        }

        @Override
        public Training<TopicModel> prepare(Run run) throws IOException {
            return learner.prepare(train.orElseThrow(), run.listening(event -> {
                if (event instanceof RunEvent.CutReached cut) {
                    likelihood = cut.metrics().getOrDefault(TopicModeling.LIKELIHOOD, Double.NaN);
                }
            }));
        }

        @Override
        public String consistency(Run run) {
            return run.consistency().rotates() ? run.consistency().toString() : "rotating";
        }

        @Override
        public Map<String, Object> results(TopicModel model) {
            var results = new LinkedHashMap<String, Object>();
            var ofTrain = new LinkedHashMap<String, Object>();
            ofTrain.put("logLikelihood", likelihood);
            results.put("train", ofTrain);
            test.ifPresent(documents -> results.put("test", model.complete(documents)));
            return results;
        }

        @Override
        public void print(PrintWriter out, TopicModel model, Map<String, Object> results) {
            Shown.metrics(out, "train", results.get("train"));
            Shown.metrics(out, "test", results.getOrDefault("test", Map.of()));
            TopicApplication.show(out, model, SHOWN_TOPICS, SHOWN_WORDS);
        }

        @Override
        public List<String> warnings(Trained<TopicModel> trained, Map<String, Object> results) {
            int words = trained.model().words();
            return options.topics() > words
                    ? List.of("there are more topics than the " + words + " words; try --topics "
                            + Math.max(2, words / 10))
                    : List.of();
        }
    }

    /** The largest topics, a line each: how many words have it, then its words. */
    static void show(PrintWriter out, TopicModel model, int topics, int words) {
        var largest = model.bySize().subList(0, Math.min(topics, model.topics()));
        var top = model.top(largest, words);
        for (int i = 0; i < largest.size(); i++) {
            int k = largest.get(i);
            out.println("topic " + k + " (" + String.format(Locale.ROOT, "%,d", model.totals()[k]) + "): "
                    + top.get(i).stream()
                            .map(entry -> Printable.of(entry.text()))
                            .collect(Collectors.joining(" ")));
        }
        if (model.topics() > topics) {
            out.println("and " + (model.topics() - topics) + " smaller ones");
        }
    }

    @Override
    public Saved open(Place model) throws IOException {
        var topics = TopicModel.load(model);
        var reading = new DocumentFlags();
        return new Saved() {
            @Override
            public List<Object> options() {
                return List.of(reading);
            }

            @Override
            public Optional<Schema> schema() {
                return Optional.of(topics.schema());
            }

            private String range(float[] alpha) {
                float least = alpha[0];
                float most = alpha[0];
                for (float a : alpha) {
                    least = Math.min(least, a);
                    most = Math.max(most, a);
                }
                return least == most ? String.valueOf(least) : String.format(Locale.ROOT, "%.4g to %.4g", least, most);
            }

            private Loaded read(String data) throws IOException {
                return reading.data().documentsLike(data, topics.schema(), reading.options());
            }

            @Override
            public void show(PrintWriter out, int top) {
                out.printf(
                        Locale.ROOT,
                        "# %d topics, %,d words, alpha %s, beta %s%n",
                        topics.topics(),
                        topics.words(),
                        range(topics.alpha()),
                        topics.beta());
                TopicApplication.show(out, topics, topics.topics(), top);
            }

            // the topics of each document, the largest first, that have a hundredth of it or more
            @Override
            public void predict(String data, boolean probabilities, PrintWriter out) throws IOException {
                if (probabilities) {
                    throw new UsageException(
                            "topics are printed with their parts of the document; leave --probabilities out");
                }
                var documents = read(data).examples();
                var inference = topics.inference();
                var cursor = documents.cursor();
                for (long d = 0; d < documents.size(); d++) {
                    cursor.move(d);
                    inference.document();
                    for (int k = cursor.from(); k < cursor.to(); k++) {
                        inference.word(cursor.indices()[k], (long) cursor.values()[k]);
                    }
                    out.println(line(inference.mixture()));
                }
                out.flush();
            }

            private String line(double[] mixture) {
                return java.util.stream.IntStream.range(0, mixture.length)
                        .filter(k -> mixture[k] >= 0.01)
                        .boxed()
                        .sorted(java.util.Comparator.comparingDouble(k -> -mixture[k]))
                        .map(k -> String.format(Locale.ROOT, "%d:%.4f", k, mixture[k]))
                        .collect(Collectors.joining(" "));
            }

            @Override
            public Optional<Measured> measure(String data) throws IOException {
                var loaded = read(data);
                return Optional.of(Measured.of(loaded, topics.complete(loaded.examples())));
            }
        };
    }
}
