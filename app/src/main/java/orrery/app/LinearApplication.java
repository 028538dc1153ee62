package orrery.app;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.data.Spilled;
import orrery.data.Stream;
import orrery.engine.Run;
import orrery.learn.Training;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.SvrgOptions;
import orrery.store.Place;

/** lr, svm, softmax, least-squares. */
final class LinearApplication implements Application<LinearModel> {
    private final LinearLearner learner;
    private final Optional<SvrgOptions> svrg;
    private final HoldOutFlags holdOut;
    private final DataFlags reading;
    private Optional<Stream> stream = Optional.empty(); // of libsvm files
    private Optional<Spilled> spilled = Optional.empty(); // of columns
    private Sets sets = new Sets(Optional.empty(), Optional.empty(), Optional.empty());

    private static final String ANYWHERE = ""; // all members must deal out pieces alike, wherever they are

    private static final String SORTED =
            "; examples with the same label lie together and are used in that order, from which little is learned:"
                    + " shuffle the lines first";

    private record Sets(Optional<Loaded> train, Optional<Examples> validation, Optional<Examples> test) {}

    LinearApplication(LinearLearner learner, Optional<SvrgOptions> svrg, HoldOutFlags holdOut, DataFlags reading) {
        this.svrg = svrg;
        this.learner = learner;
        this.holdOut = holdOut;
        this.reading = reading;
        holdOut.check();
        if (holdOut.stream
                && (reading.log1p
                        || reading.normalize
                        || reading.group != null
                        || learner.options().balanced())) {
            throw new UsageException("--stream is not for --log1p, --normalize, --group and --balanced");
        }
        if (holdOut.stream && (svrg.isPresent() || learner.options().patience() > 0)) {
            throw new UsageException("--stream reads each example once a pass, in one order: not for "
                    + (svrg.isPresent() ? "--solver svrg" : "--early-stop"));
        }
    }

    @Override
    public String read(String name, long seed) throws IOException {
        if (holdOut.stream) {
            return survey(name, seed);
        }
        var data = reading.data();
        var options = reading.options();
        var all = data.read(name, options);
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
            tested = Optional.of(
                    data.readLike(holdOut.test, schema, options, true).examples());
        }
        Optional<Examples> validating = Optional.empty();
        if (holdOut.validation != null) {
            validating = Optional.of(
                    data.readLike(holdOut.validation, schema, options, true).examples());
        } else if (learner.options().patience() > 0) {
            var parts = training.split(0.1, seed + 1);
            training = parts.train();
            validating = Optional.of(parts.test());
        }
        if (training.size() == 0) {
            throw new DataException(name + ": no example is left to train on");
        }
        sets = new Sets(Optional.of(new Loaded(training, schema)), validating, tested);
        return training + tested.map(t -> "; test: " + t).orElse("");
    }

    private String survey(String name, long seed) throws IOException {
        String seen;
        Schema schema;
        if (reading.data().isOfColumns(name, reading.options())) {
            var all = spill(name, seed);
            spilled = Optional.of(all);
            seen = all.toString();
            schema = all.schema();
        } else if (!reading.isLibsvm()) {
            throw new UsageException("--stream reads columns from one file, which " + name + " is not");
        } else {
            var all = surveyLibsvm(name);
            stream = Optional.of(all);
            seen = all + (all.areSorted() ? SORTED : "");
            schema = all.schema();
        }
        Optional<Examples> tested = Optional.empty();
        if (holdOut.test != null) {
            tested = Optional.of(reading.data()
                    .readLike(holdOut.test, schema, reading.options(), true)
                    .examples());
        }
        sets = new Sets(Optional.empty(), Optional.empty(), tested);
        return seen + tested.map(t -> "; test: " + t).orElse("");
    }

    private static Stream surveyLibsvm(String name) throws IOException {
        try {
            return Stream.survey(
                    files(new Place(name)), Stream.PIECE, Runtime.getRuntime().availableProcessors());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private Spilled spill(String name, long seed) throws IOException {
        var folder = Path.of(System.getProperty("java.io.tmpdir"));
        try {
            return reading.data()
                    .spill(name, reading.options(), learner.options().batch(), folder, seed);
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("No space left")) {
                throw new IOException(
                        folder + " has no space for the packed examples; another folder is set by"
                                + " ORRERY_JAVA_OPTS=-Djava.io.tmpdir=DIR",
                        e);
            }
            throw e;
        }
    }

    @Override
    public void close() {
        spilled.ifPresent(Spilled::close);
    }

    /** A file, or all that are in a folder. */
    private static List<Place> files(Place place) throws IOException {
        if (place.isFile()) {
            return List.of(place);
        }
        var names = place.folder().list("").stream()
                .filter(name -> !name.startsWith(".") && !name.startsWith("_"))
                .toList();
        if (names.isEmpty()) {
            throw new FileNotFoundException(place + ": no such file, and no folder with files");
        }
        return names.stream().map(place::resolve).toList();
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
    public Training<LinearModel> prepare(Run run) throws DataException {
        if (stream.isPresent()) {
            return learner.prepare(stream.get(), Collections.nCopies(run.workers(), ANYWHERE), run);
        }
        if (spilled.isPresent()) {
            return learner.prepare(spilled.get(), run);
        }
        if (svrg.isPresent()) {
            return learner.prepare(train(), sets.validation(), svrg.get(), run);
        }
        return learner.prepare(train(), sets.validation(), run);
    }

    @Override
    public boolean isPlanned() {
        return false;
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
        Train.printMetrics(out, "train", results.get("train"));
        Train.printMetrics(out, "test", results.get("test"));
    }
}
