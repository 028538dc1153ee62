package orrery.app.apps.factor;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import orrery.app.apps.Application;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.HoldOutFlags;
import orrery.app.flags.RatingFlags;
import orrery.app.flags.UsageException;
import orrery.app.run.Shown;
import orrery.data.DataException;
import orrery.data.Ratings;
import orrery.data.Read;
import orrery.data.Reading;
import orrery.engine.stage.Run;
import orrery.engine.train.Trained;
import orrery.engine.train.Training;
import orrery.learn.Layout;
import orrery.learn.factor.FactorModel;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;
import orrery.store.Json;
import orrery.store.Place;

/** mf. */
public final class FactorApplication implements Application {
    @Override
    public String name() {
        return "mf";
    }

    @Override
    public String summary() {
        return "factorises ratings: what users think of items";
    }

    @Override
    public String data() {
        return "ratings (user, item, rating in CSV, TSV, ::, blanks), or movielens-small";
    }

    @Override
    public String counted() {
        return "ratings";
    }

    @Override
    public List<String> examples() {
        return List.of("train mf ratings.csv --split 0.1", "train mf u1.base --test u1.test");
    }

    @Override
    public String format() {
        return FactorModel.FORMAT;
    }

    @Override
    public Flags flags() {
        var reading = new RatingFlags();
        var holdOut = new HoldOutFlags();
        var factors = new FactorFlags();
        var descent = new FactorFlags.Descent();
        return new Flags() {
            @Override
            public List<FlagGroup> groups() {
                return List.of(
                        new FlagGroup(FlagGroup.DATA, reading),
                        new FlagGroup(FlagGroup.DATA, holdOut),
                        new FlagGroup(FlagGroup.MODEL, factors),
                        new FlagGroup(FlagGroup.OPTIMISER, descent));
            }

            @Override
            public Application.Task<FactorModel> task(Given given) {
                holdOut.check();
                reading.options();
                return new Task(factors.options(descent), factors.layout(), holdOut, reading);
            }
        };
    }

    private static final class Task implements Application.Task<FactorModel> {
        private final FactorOptions options;
        private final MatrixFactorization learner;
        private final HoldOutFlags holdOut;
        private final RatingFlags reading;
        private Reading read = Reading.of("ratings");
        private Optional<Ratings> train = Optional.empty();
        private Optional<Ratings> test = Optional.empty();

        Task(FactorOptions options, Layout layout, HoldOutFlags holdOut, RatingFlags reading) {
            this.options = options;
            learner = new MatrixFactorization(options, layout);
            this.holdOut = holdOut;
            this.reading = reading;
        }

        private Ratings ratings(String name) throws IOException {
            Read<Ratings> found = reading.data().ratings(name, reading.options());
            read = found.reading();
            return found.value();
        }

        @Override
        public String read(String name, long seed) throws IOException {
            if (holdOut.test != null) {
                var other = ratings(holdOut.test);
                var all = ratings(name);
                train = Optional.of(all);
                test = Optional.of(other.numberedLike(all));
                return all + "; test: " + other.size() + strangers(test.get());
            }
            var all = ratings(name);
            if (holdOut.split == null) {
                train = Optional.of(all);
                return all.toString();
            }
            var split = all.split(holdOut.split, seed);
            if (split.test().size() == 0 || split.train().size() == 0) {
                throw new DataException("--split " + holdOut.split + " leaves "
                        + split.train().size() + " ratings to train on and "
                        + split.test().size() + " to test");
            }
            train = Optional.of(split.train());
            test = Optional.of(split.test());
            return split.train() + "; test: " + split.test().size();
        }

        private static String strangers(Ratings test) {
            long strange = 0;
            for (int i = 0; i < test.size(); i++) {
                strange += test.users()[i] < 0 || test.items()[i] < 0 ? 1 : 0;
            }
            return strange == 0 ? "" : ", " + strange + " of them with a user or item that the training data lacks";
        }

        @Override
        public Reading reading() {
            return read;
        }

        @Override
        public String dataSum() {
            return train.orElseThrow().sum();
        }

        @Override
        public Training<FactorModel> prepare(Run run) {
            return learner.prepare(train.orElseThrow(), test, run);
        }

        @Override
        public boolean isPlanned(Run run) {
            return !run.consistency().rotates() && !learner.isKeyed(train.orElseThrow(), run);
        }

        @Override
        public Map<String, Object> results(FactorModel model) {
            var results = new LinkedHashMap<String, Object>();
            results.put("train", model.score(train.orElseThrow()));
            results.put("test", test.map(model::score).orElse(Map.of()));
            return results;
        }

        @Override
        public List<String> warnings(Trained<FactorModel> trained, Map<String, Object> results) {
            for (var part : List.of("test", "train")) {
                if (results.get(part) instanceof Map<?, ?> metrics
                        && metrics.get("rmse") instanceof Double rmse
                        && metrics.get("baselineRmse") instanceof Double baseline
                        && rmse >= baseline) {
                    return List.of(String.format(
                            Locale.ROOT,
                            "the model is no better than the mean rating on the %s data (rmse %.4f, mean %.4f): %s",
                            part,
                            rmse,
                            baseline,
                            part.equals("test")
                                    ? "it has too many factors or too small a penalty for so few ratings; try --l2 "
                                            + 3 * options.l2() + " or --rank " + Math.max(2, options.rank() / 8)
                                    : "try another --rate (it was " + options.rate() + ") or more --passes"));
                }
            }
            return List.of();
        }

        @Override
        public void print(PrintWriter out, FactorModel model, Map<String, Object> results) {
            Shown.metrics(out, "train", results.get("train"));
            Shown.metrics(out, "test", results.get("test"));
        }
    }

    @Override
    public Saved open(Place model) throws IOException {
        var factors = FactorModel.load(model);
        var reading = new RatingFlags();
        var known = columns(factors.provenance().getOrDefault("read", ""));
        return new Saved() {
            @Override
            public List<Object> options() {
                return List.of(reading);
            }

            @Override
            public void show(PrintWriter out, int top) {
                out.printf(
                        Locale.ROOT,
                        "# factors of %,d users and %,d items, rank %d, mean rating %.3f%n",
                        factors.userCount(),
                        factors.itemCount(),
                        factors.rank(),
                        factors.mean());
                out.println("recommend by: orrery recommend MODEL USER");
            }

            @Override
            public void predict(String data, boolean probabilities, PrintWriter out) throws IOException {
                if (probabilities) {
                    throw new UsageException("ratings have no probabilities; leave --probabilities out");
                }
                var pairs = reading.data()
                        .ratings(data, reading.options().like(known).withoutValues())
                        .value();
                factors.predict(pairs, (i, predicted) -> out.println(predicted));
                out.flush();
            }

            @Override
            public Optional<Measured> measure(String data) throws IOException {
                var found = reading.data().ratings(data, reading.options().like(known));
                var ratings = found.value();
                return Optional.of(new Measured(
                        ratings.toString(),
                        found.reading(),
                        Map.of("ratings", (long) ratings.size()),
                        factors.scoreLike(ratings)));
            }
        };
    }

    /** The names that columns had in the training data, by what they are. */
    private static Map<String, String> columns(String read) throws IOException {
        var columns = new LinkedHashMap<String, String>();
        if (!read.isEmpty() && Json.object(read, "provenance").get("columns") instanceof List<?> list) {
            for (var entry : list) {
                if (entry instanceof Map<?, ?> column
                        && !String.valueOf(column.get("name")).matches("[0-9]+")) {
                    columns.put(String.valueOf(column.get("role")), String.valueOf(column.get("name")));
                }
            }
        }
        return columns;
    }
}
