package orrery.app.apps.linear;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import orrery.app.apps.Application;
import orrery.app.flags.DataFlags;
import orrery.app.flags.HoldOutFlags;
import orrery.app.flags.StreamFlags;
import orrery.app.flags.UsageException;
import orrery.app.run.Shown;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.data.Spilled;
import orrery.data.Stream;
import orrery.engine.stage.Run;
import orrery.engine.train.Trained;
import orrery.engine.train.Training;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.Solver;

/** A training of a linear model. */
final class LinearTask implements Application.Task<LinearModel> {
    private static final String ANYWHERE = ""; // all members must deal out pieces alike, wherever they are
    private static final double LEAST_AUC = 0.6; // above this, a model separates the classes even if the commonest wins
    private static final double RISE = 1.02; // of the loss from pass to pass

    private final LinearLearner learner;
    private final Optional<Solver> solver;
    private final HoldOutFlags holdOut;
    private final StreamFlags streaming;
    private final DataFlags flags;
    private Optional<Stream> stream = Optional.empty(); // of libsvm files
    private Optional<Spilled> spilled = Optional.empty(); // of columns
    private Reading reading = Reading.of("");
    private Sets sets = new Sets(Optional.empty(), Optional.empty(), Optional.empty());

    private record Sets(Optional<Loaded> train, Optional<Examples> validation, Optional<Examples> test) {}

    LinearTask(
            LinearLearner learner,
            Optional<Solver> solver,
            HoldOutFlags holdOut,
            StreamFlags streaming,
            DataFlags flags) {
        this.solver = solver;
        this.learner = learner;
        this.holdOut = holdOut;
        this.streaming = streaming;
        this.flags = flags;
        if (streaming.stream
                && (flags.log1p
                        || flags.normalize
                        || flags.group != null
                        || learner.options().balanced())) {
            throw new UsageException("--stream is not for --log1p, --normalize, --group and --balanced");
        }
        if (streaming.stream && (solver.isPresent() || learner.options().patience() > 0)) {
            throw new UsageException("--stream reads each example once a pass, in one order: not for "
                    + (solver.isPresent() ? "--solver " + solver.get().name() : "--early-stop"));
        }
    }

    @Override
    public String read(String name, long seed) throws IOException {
        if (streaming.stream) {
            return survey(name, seed);
        }
        var data = flags.data();
        var options = flags.options();
        var all = data.read(name, options);
        reading = all.reading();
        var schema = all.schema();
        var training = all.examples();
        Optional<Examples> tested = Optional.empty();
        if (holdOut.split != null) {
            var parts = training.split(holdOut.split, seed);
            training = parts.train();
            if (parts.test().size() == 0) {
                throw new UsageException("--split " + holdOut.split + " holds out none of "
                        + all.examples().size() + " examples");
            }
            tested = Optional.of(parts.test());
        } else if (holdOut.test != null) {
            tested = Optional.of(like(holdOut.test, schema));
        }
        Optional<Examples> validating = Optional.empty();
        if (streaming.validation != null) {
            validating = Optional.of(like(streaming.validation, schema));
        } else if (learner.options().patience() > 0) {
            var parts = training.split(0.1, seed + 1);
            training = parts.train();
            validating = Optional.of(parts.test());
        }
        if (training.size() == 0) {
            throw new DataException(name + ": no example is left to train on");
        }
        sets = new Sets(Optional.of(new Loaded(training, schema, reading)), validating, tested);
        return training + tested.map(t -> "; test: " + t).orElse("");
    }

    /** Other data, read as the training data; what is worth a note of it is noted. */
    private Examples like(String name, Schema schema) throws IOException {
        var other = flags.data().readLike(name, schema, flags.options(), true);
        for (var note : other.reading().notes()) {
            reading = reading.with(name + ": " + note);
        }
        return other.examples();
    }

    private String survey(String name, long seed) throws IOException {
        String seen;
        Schema schema;
        if (flags.data().isOfColumns(name, flags.options())) {
            var all = spill(name, seed);
            spilled = Optional.of(all);
            reading = all.reading();
            seen = all.toString();
            schema = all.schema();
        } else if (!flags.isLibsvm()) {
            throw new UsageException("--stream reads columns from one file, which " + name + " is not");
        } else {
            var all = surveyLibsvm(name);
            stream = Optional.of(all);
            reading = Reading.of("libsvm");
            if (all.areSorted()) {
                reading = reading.with("examples with the same label lie together and are used in that order, from"
                        + " which little is learned: shuffle the lines first");
            }
            seen = all.toString();
            schema = all.schema();
        }
        Optional<Examples> tested = Optional.empty();
        if (holdOut.test != null) {
            tested = Optional.of(like(holdOut.test, schema));
        }
        sets = new Sets(Optional.empty(), Optional.empty(), tested);
        return seen + tested.map(t -> "; test: " + t).orElse("");
    }

    private Stream surveyLibsvm(String name) throws IOException {
        try {
            return Stream.survey(
                    flags.data().places(name),
                    flags.options(),
                    Stream.PIECE,
                    Runtime.getRuntime().availableProcessors());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private Spilled spill(String name, long seed) throws IOException {
        var folder = Path.of(System.getProperty("java.io.tmpdir"));
        return flags.data().spill(name, flags.options(), learner.options().batch(), folder, seed);
    }

    @Override
    public Reading reading() {
        return reading;
    }

    @Override
    public void close() {
        spilled.ifPresent(Spilled::close);
    }

    private Loaded train() {
        return sets.train().orElseThrow();
    }

    @Override
    public String dataSum() {
        return stream.map(Stream::sum)
                .or(() -> spilled.map(all -> all.examples().sum()))
                .orElseGet(() -> train().examples().sum());
    }

    @Override
    public Map<String, String> sums(String data) throws IOException {
        return stream.isPresent() ? stream.get().sums() : Application.Task.super.sums(data);
    }

    @Override
    public Training<LinearModel> prepare(Run run) throws DataException {
        if (stream.isPresent()) {
            return learner.prepare(stream.get(), Collections.nCopies(run.workers(), ANYWHERE), run);
        }
        if (spilled.isPresent()) {
            return learner.prepare(spilled.get(), run);
        }
        if (solver.isPresent()) {
            return learner.prepare(train(), sets.validation(), solver.get(), run);
        }
        return learner.prepare(train(), sets.validation(), run);
    }

    @Override
    public Map<String, Object> results(LinearModel model) {
        var results = new LinkedHashMap<String, Object>();
        if (sets.train().isPresent()) {
            results.put("nonZeros", train().examples().nonZeros());
            results.put("train", model.score(train().examples()).ordered());
        }
        results.put("test", sets.test().map(t -> model.score(t).ordered()).orElse(Map.of()));
        return results;
    }

    @Override
    public void print(PrintWriter out, LinearModel model, Map<String, Object> results) {
        Shown.metrics(out, "train", results.get("train"));
        Shown.metrics(out, "test", results.get("test"));
    }

    // Whether anything was learned

    @Override
    public List<String> warnings(Trained<LinearModel> trained, Map<String, Object> results) {
        var warnings = new ArrayList<String>();
        for (var part : List.of("test", "train")) {
            if (warnings.isEmpty() && results.get(part) instanceof Map<?, ?> metrics) {
                noBetter(part, metrics).ifPresent(warnings::add);
            }
        }
        rising(trained).ifPresent(warnings::add);
        return warnings;
    }

    private Optional<String> noBetter(String part, Map<?, ?> metrics) {
        if (metrics.get("rmse") instanceof Double rmse
                && metrics.get("baselineRmse") instanceof Double baseline
                && rmse >= baseline) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "the model is no better than the mean of the training data on the %s data (rmse %s, mean %s): %s",
                    part,
                    Shown.number(rmse),
                    Shown.number(baseline),
                    cause(part)));
        }
        if (metrics.get("accuracy") instanceof Double accuracy
                && metrics.get("baselineAccuracy") instanceof Double baseline
                && accuracy <= baseline
                && !(metrics.get("auc") instanceof Double auc && auc >= LEAST_AUC)) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "the model is no better than the commonest class on the %s data (accuracy %.4f, commonest class %.4f): %s",
                    part,
                    accuracy,
                    baseline,
                    cause(part)));
        }
        return Optional.empty();
    }

    private static String cause(String part) {
        return part.equals("test")
                ? "the features may tell nothing of the label, or too much of the training data was learned by heart;"
                        + " try --l2 1e-4, --early-stop 3 or fewer --passes"
                : "the features may tell nothing of the label, or the steps are too small or too large; try --passes 50,"
                        + " or another --rate";
    }

    private static Optional<String> rising(Trained<LinearModel> trained) {
        var losses = new ArrayList<Double>();
        for (var cut : trained.outcome().cuts()) {
            var loss =
                    cut.metrics().getOrDefault("progressiveLoss", cut.metrics().get("loss"));
            if (loss != null) {
                losses.add(loss);
            }
        }
        int n = losses.size();
        if (n < 3 || losses.get(n - 1) <= RISE * losses.get(1) || losses.get(n - 1) <= RISE * losses.get(n - 2)) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "the loss rose from pass to pass (from %s to %s): the rate is too large; try --rate a tenth of it",
                Shown.number(losses.get(1)),
                Shown.number(losses.get(n - 1))));
    }
}
